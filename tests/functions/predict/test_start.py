import hashlib
import os
import subprocess
import sys
import types
from pathlib import Path

import pytest

from functions.domain.errors import MisconfiguredError
from functions.predict.settings import Settings
from functions.predict.start import start
from tests.functions.predict.client import MemorySink, client_for, settings_for
from tests.functions.predict.small_models import ROW, write_model

ENVIRONMENT = {
    "MODEL": "visitors",
    "STREAM": "predictions",
    "AWS_REGION": "eu-west-1",
    "MODEL_DIR": "/opt/model",
    "MODEL_VERSION": "3",
    "CONTRACT_SHA256": "ab" * 32,
    "AWS_LAMBDA_FUNCTION_VERSION": "7",
}


def test_reads_its_settings_from_the_environment() -> None:
    settings = Settings.from_environment(ENVIRONMENT)
    assert settings == Settings(
        "visitors", "predictions", "eu-west-1", Path("/opt/model"), 3, "ab" * 32, release=7, snap_start=False
    )
    assert Settings.from_environment({**ENVIRONMENT, "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"}).snap_start


@pytest.mark.parametrize("name", sorted(ENVIRONMENT.keys() - {"CONTRACT_SHA256"}))
def test_a_missing_setting_stops_the_start_with_its_name(name: str) -> None:
    with pytest.raises(MisconfiguredError, match=name):
        Settings.from_environment({key: value for key, value in ENVIRONMENT.items() if key != name})


def test_a_version_that_is_no_number_stops_the_start() -> None:
    with pytest.raises(MisconfiguredError, match="MODEL_VERSION"):
        Settings.from_environment({**ENVIRONMENT, "MODEL_VERSION": "three"})


@pytest.mark.parametrize(
    "changes", [{"CONTRACT_SHA256": "", "MODEL_VERSION": ""}, {"AWS_LAMBDA_FUNCTION_VERSION": "$LATEST"}]
)
def test_without_a_release_everything_but_liveness_and_the_document_is_503(changes: dict[str, str]) -> None:
    client = client_for(Settings.from_environment({**ENVIRONMENT, **changes}))
    for path in ("/v2", "/v2/health/ready", "/v2/models/visitors", "/v2/models/visitors/versions/1/ready"):
        assert client.get(path).status == 503
        assert client.get(path).error == "'visitors' has no release yet; deploy one, then try again"
    assert client.predict([ROW]).status == 503
    assert client.get("/v2/health/live").json == {"live": True}
    assert client.get("/openapi.json").json["info"]["title"] == "Trimtab: visitors"
    assert client.get("/nope").status == 404


def _swap(folder: Path, name: str, data: bytes | None) -> None:
    if data is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(data)


@pytest.mark.parametrize("name", ["contract.json", "model.onnx"])
@pytest.mark.parametrize("data", [None, b"", b"{}"])
def test_a_file_that_is_not_the_releases_own_is_never_opened(
    tmp_path: Path, name: str, data: bytes | None, capsys: pytest.CaptureFixture[str]
) -> None:
    write_model(tmp_path)
    settings = settings_for(tmp_path)
    _swap(tmp_path, name, data)
    client = client_for(settings)
    answer = client.predict([ROW])
    assert answer.status == 503
    assert answer.error == "release 7 of 'visitors' is damaged; see its log"
    logged = capsys.readouterr().out
    assert "ERROR release 7 of visitors does not serve" in logged
    assert str(tmp_path / name) in logged


def test_a_contract_that_does_not_fit_its_graph_does_not_serve(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    contract = write_model(tmp_path).to_bytes()
    for old, new, told in (
        (b'"name":"income"', b'"name":"salary"', "the contract's features are other ones"),
        (b'"datatype":"INT64","name":"label"', b'"datatype":"FP32","name":"label"', "the contract has label as FP32"),
        (b'"type":"bool"', b'"type":"date"', "unknown type 'date'"),
        (b'"v":2}', b'"v":9}', "schema version 9"),
    ):
        assert old in contract
        (tmp_path / "contract.json").write_bytes(contract.replace(old, new))
        assert client_for(settings_for(tmp_path)).predict([ROW]).status == 503
        assert told in capsys.readouterr().out


def test_connects_while_the_model_opens(tmp_path: Path) -> None:
    write_model(tmp_path)
    client = client_for(settings_for(tmp_path))
    assert client.sink.warm.wait(timeout=10)
    assert client.sink.calls == ["warm_up"]


@pytest.fixture
def hooks(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The runtime's module for SnapStart, as far as it is used."""
    registered: list[object] = []
    module = types.ModuleType("snapshot_restore_py")
    module.register_after_restore = registered.append  # type: ignore[attr-defined]  # a module made by hand
    module.__spec__ = types.SimpleNamespace(name="snapshot_restore_py")  # type: ignore[assignment]  # find_spec asks
    monkeypatch.setitem(sys.modules, "snapshot_restore_py", module)
    return registered


def test_a_snapshot_connects_only_once_it_is_restored(tmp_path: Path, hooks: list[object]) -> None:
    write_model(tmp_path)
    sink = MemorySink()
    start(settings_for(tmp_path, snap_start=True), lambda _: sink)
    assert sink.calls == []
    assert hooks == [sink.reset, sink.warm_up]


FRESH = """
import sys
from functions.predict.handler import handler
answer = handler({"httpMethod": "POST", "resource": "/models/visitors/predict", "headers": None, "body": %r,
    "requestContext": {"requestId": "r", "requestTimeEpoch": 1}}, None)
assert answer["statusCode"] == 200, answer
print("MODULES", *sys.modules)
"""
UNWANTED = {"boto3", "botocore", "logging", "pydantic", "email", "http", "ssl", "urllib", "urllib3", "requests"}
UNWANTED |= {"sklearn", "scipy", "pandas", "onnx", "skl2onnx", "asyncio", "concurrent", "numpy.typing", "numpy.random"}


def test_imports_nothing_that_the_path_does_not_need(model_folder: Path) -> None:
    import orjson

    contract_sha256 = hashlib.sha256((model_folder / "contract.json").read_bytes()).hexdigest()
    environment = {
        "MODEL_DIR": str(model_folder),
        "CONTRACT_SHA256": contract_sha256,
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",  # nothing listens there: the record goes to the log
        "AWS_ACCESS_KEY_ID": "id",
        "AWS_SECRET_ACCESS_KEY": "key",
        "PATH": os.environ["PATH"],
    }
    ran = subprocess.run(
        [sys.executable, "-c", FRESH % orjson.dumps({"rows": [ROW]}).decode()],
        env={**ENVIRONMENT, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert "TRIMTAB_RECORD predictions {" in ran.stdout
    modules = set(ran.stdout.splitlines()[-1].split()[1:])
    assert not {name for name in modules if name in UNWANTED or name.split(".")[0] in UNWANTED}
    own = {name for name in modules if name.startswith(("functions.", "trimtab", "infra", "tests"))}
    assert not {
        name for name in own if not name.startswith(("functions.predict", "functions.domain", "functions.adapters"))
    }
    assert not {"functions.predict.openapi", "functions.adapters.model_folder"} & own
