"""What lies in each function's asset, and that it runs from nothing but that."""

import re
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from infra import function_code
from infra.dependencies import native_platform
from tests.infra.conftest import ROOT

VERBS = ["bootstrap", "compact", "evaluate", "gate", "ingest", "manage", "predict", "register", "roll_out", "snapshot"]
LIMIT = 262_144_000  # Lambda's, unzipped, layers included

# What lies in each asset at its top; our own code is listed below.
BOTO3 = {"boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3"}
NUMPY = {"numpy", "numpy.libs"}
DUCKDB = {"duckdb", "_duckdb.abi3.so"}
LIBRARIES = {
    "bootstrap": BOTO3,
    "compact": BOTO3 | NUMPY | DUCKDB,
    "evaluate": BOTO3 | NUMPY | DUCKDB,
    "gate": BOTO3 | NUMPY | DUCKDB | {"onnxruntime"},
    "ingest": BOTO3 | NUMPY | {"orjson"},
    "manage": BOTO3 | NUMPY | DUCKDB | {"orjson"},
    "predict": {*NUMPY, "onnxruntime", "orjson"},
    "register": BOTO3,
    "roll_out": BOTO3,
    "snapshot": BOTO3 | NUMPY | DUCKDB,
}
SERVICES = {
    "bootstrap": {"dynamodb", "lambda"},
    "compact": {"dynamodb", "logs", "s3"},
    "evaluate": {"cloudwatch", "dynamodb", "events", "s3"},
    "gate": {"dynamodb", "events", "lambda", "s3"},
    "ingest": {"dynamodb"},
    "manage": {"dynamodb", "kms", "lambda", "logs", "s3", "ssm", "stepfunctions"},
    "register": {"dynamodb", "kms", "s3"},
    "roll_out": {"cloudwatch", "dynamodb", "events", "kms", "lambda", "s3"},
    "snapshot": {"dynamodb", "s3", "stepfunctions"},
}
# Rooms of `functions/` that a function may ship files of, beside its own and the words that all share.
SHIPPED = {verb: rf"functions/({verb}|domain|adapters)/" for verb in VERBS}


# What Lambda and the template put into the environment of a predict that has no release yet.
ENVIRONMENT = {
    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    "AWS_REGION": "eu-central-1",
    "MODEL": "flights",
    "MODEL_DIR": "/opt/model",
    "STREAM": "predictions",
}


def names_in(asset: Path) -> list[str]:
    with zipfile.ZipFile(asset) as archive:
        return archive.namelist()


def unzipped_size(asset: Path) -> int:
    with zipfile.ZipFile(asset) as archive:
        return sum(entry.file_size for entry in archive.infolist())


@pytest.fixture(params=VERBS)
def verb(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def asset(verb: str) -> Path:
    """The asset for Lambda, from the project's cache."""
    return function_code.build(verb)


@pytest.fixture
def unpacked(asset: Path, tmp_path: Path) -> Path:
    """The asset for this very machine, unpacked."""
    native = function_code.build(asset.name.partition("-")[0], native_platform())
    with zipfile.ZipFile(native) as archive:
        archive.extractall(tmp_path / "task")
    return tmp_path / "task"


def run_python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run code on a Python that sees nothing but its own library and what the code puts on its path."""
    command = [sys.executable, "-I", "-S", "-W", "error", "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=ENVIRONMENT, cwd="/")


def test_nothing_lies_in_an_asset_but_pinned_libraries_and_our_own_code(verb: str, asset: Path) -> None:
    tops = {name.partition("/")[0].removesuffix(".py") for name in names_in(asset)}
    libraries = {top for top in tops if not top.endswith(".dist-info")}
    assert libraries - {"__pycache__"} == LIBRARIES[verb] | {"functions"}


def test_each_library_is_of_the_version_that_is_tested(verb: str, asset: Path) -> None:
    shipped = {name.split("/")[0].removesuffix(".dist-info") for name in names_in(asset) if ".dist-info/" in name}
    pinned = (ROOT / ".ci" / "requirements.lock").read_text().splitlines()
    tested = {line.partition(" ")[0].replace("==", "-").replace("_", "-").lower() for line in pinned if "==" in line}
    assert {each.replace("_", "-").lower() for each in shipped} <= tested
    assert len(shipped) == len(LIBRARIES[verb] - {"numpy.libs", "_duckdb.abi3.so"})


def test_of_our_own_code_only_what_the_handler_reaches(verb: str, asset: Path) -> None:
    own = [name for name in names_in(asset) if name.startswith("functions/") and "__pycache__" not in name]
    assert f"functions/{verb}/handler.py" in own
    assert all(name == "functions/__init__.py" or re.match(SHIPPED[verb], name) for name in own)
    assert not any("functions/retrain/" in name or "model_folder" in name or "requirements.txt" in name for name in own)


def test_predict_ships_no_adapter_that_needs_boto3(asset: Path, verb: str) -> None:
    adapters = {name for name in names_in(asset) if re.fullmatch(r"functions/adapters/\w+\.py", name)}
    with_boto3 = {name for name in adapters if "import boto3" in (ROOT / name).read_text()}
    assert bool(with_boto3) is (verb != "predict")


def test_botocore_knows_only_the_services_that_are_used(asset: Path, verb: str) -> None:
    folders = {match[1] for name in names_in(asset) if (match := re.match(r"botocore/data/([^/]+)/", name))}
    assert folders == SERVICES.get(verb, set())


def test_an_asset_holds_no_tests_no_headers_and_no_tools(asset: Path) -> None:
    unwanted = re.compile(r"/tests?/|\.pyi$|\.h$|\.a$|^bin/|^onnxruntime/(tools|transformers|quantization)/|f2py")
    assert [name for name in names_in(asset) if unwanted.search(name)] == []


def test_libraries_keep_their_licences(asset: Path) -> None:
    licensed = {name.split("/")[0] for name in names_in(asset) if re.search(r"dist-info/.*(LICEN|METADATA)", name)}
    assert len(licensed) == len({name.split("/")[0] for name in names_in(asset) if ".dist-info/" in name})


@pytest.mark.parametrize(
    ("verb", "most"),
    [
        ("bootstrap", 15_000_000),
        ("compact", 140_000_000),
        ("evaluate", 140_000_000),
        ("gate", 210_000_000),
        ("ingest", 65_000_000),
        ("manage", 145_000_000),
        ("predict", 130_000_000),
        ("roll_out", 15_000_000),
        ("snapshot", 140_000_000),
    ],
)
def test_each_asset_is_lean(asset: Path, most: int) -> None:
    assert unzipped_size(asset) <= most < LIMIT


def test_each_handler_imports_from_its_asset_alone(verb: str, unpacked: Path) -> None:
    code = f"""
import sys
sys.path.insert(0, sys.argv[1])
import importlib
module = importlib.import_module("functions.{verb}.handler")
assert callable(module.handler)
outside = [name for name, module in sys.modules.items() if "site-packages" in (getattr(module, "__file__", None) or "")]
assert not outside, outside
"""
    done = run_python(code, str(unpacked))
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_each_module_of_ours_imports_from_its_asset_alone(verb: str, unpacked: Path) -> None:
    """Also those that a handler imports late."""
    modules = [
        path.relative_to(unpacked).with_suffix("").as_posix().replace("/", ".")
        for path in sorted((unpacked / "functions").rglob("*.py"))
        if path.name != "__init__.py"
    ]
    code = "import sys, importlib\nsys.path.insert(0, sys.argv[1])\nfor n in sys.argv[2:]: importlib.import_module(n)"
    done = run_python(code, str(unpacked), *modules)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("verb", ["predict", "gate"])
def test_onnxruntime_answers_from_the_trimmed_asset(unpacked: Path) -> None:
    from onnx import TensorProto, helper

    tensor = helper.make_tensor_value_info
    graph = helper.make_graph(
        [helper.make_node("Neg", ["x"], ["y"])],
        "negate",
        [tensor("x", TensorProto.FLOAT, [None, 1])],
        [tensor("y", TensorProto.FLOAT, [None, 1])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    path = unpacked.parent / "model.onnx"
    path.write_bytes(model.SerializeToString())
    code = """
import sys
sys.path.insert(0, sys.argv[1])
import numpy, onnxruntime
session = onnxruntime.InferenceSession(sys.argv[2])
print(session.run(None, {"x": numpy.array([[1.5], [-2]], dtype=numpy.float32)})[0].tolist())
"""
    done = run_python(code, str(unpacked), str(path))
    assert (done.stdout, done.stderr) == ("[[-1.5], [2.0]]\n", "")


@pytest.mark.parametrize("verb", sorted(SERVICES))
def test_boto3_makes_its_clients_from_the_trimmed_asset(unpacked: Path, verb: str) -> None:
    code = """
import sys
sys.path.insert(0, sys.argv[1])
import boto3
for service in sys.argv[2:]:
    client = boto3.client(service, "eu-central-1", aws_access_key_id="a", aws_secret_access_key="b")
    print(client.meta.endpoint_url)
"""
    done = run_python(code, str(unpacked), *sorted(SERVICES[verb]))
    assert done.stderr == ""
    assert len(done.stdout.split()) == len(SERVICES[verb])


@pytest.mark.parametrize("verb", ["compact", "evaluate", "snapshot", "gate"])
def test_duckdb_writes_and_reads_parquet_and_hands_over_arrays_from_the_trimmed_asset(unpacked: Path) -> None:
    code = """
import sys
sys.path.insert(0, sys.argv[1])
import duckdb
con = duckdb.connect()
con.execute(f"copy (select range x, range % 2 = 0 even from range(10)) to '{sys.argv[2]}' (format parquet, codec zstd)")
print(con.execute(f"select sum(x) total from '{sys.argv[2]}' where even").fetchnumpy()["total"].tolist())
"""
    done = run_python(code, str(unpacked), str(unpacked.parent / "rows.parquet"))
    assert (done.stdout, done.stderr) == ("[20.0]\n", "")


def test_every_source_has_bytecode_that_python_takes_without_looking_at_it(asset: Path) -> None:
    with zipfile.ZipFile(asset) as archive:
        names = archive.namelist()
        sources = {name for name in names if name.endswith(".py")}
        compiled = {name for name in names if name.endswith(".pyc")}
        assert len(sources) == len(compiled)
        for name in compiled:
            (flags,) = struct.unpack("<I", archive.read(name)[4:8])
            assert name.endswith(".cpython-313.pyc")
            assert flags == 0b01, f"{name} is checked against its source at import"


def test_entries_are_dated_alike_and_readable_by_all(asset: Path) -> None:
    with zipfile.ZipFile(asset) as archive:
        for entry in archive.infolist():
            assert entry.date_time == (1980, 1, 1, 0, 0, 0)
            assert entry.external_attr >> 16 in {0o100644, 0o100755}
