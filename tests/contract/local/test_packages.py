"""What a function is made of: its zip, layers that carry libraries and files, and images, which do not run here."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.local.cloud import LocalCloud, running
from tests.contract.local.template import ASSETS, Resources, base_resources, function, write_assembly, zipped

FIRST = zipped(
    {
        "python/library.py": 'NAME = "of the first layer"\n',
        "python/handlers.py": "raise ImportError('a layer stands behind the function itself')\n",
        "data/note.txt": "first",
    }
)
SECOND = zipped({"python/lib/python3.13/site-packages/library.py": 'NAME = "installed"\n', "data/later.txt": "x"})
IMAGE = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/{ASSETS}:abc"


def layer(asset: str) -> Resources:
    """A layer as CDK emits it."""
    content = {"S3Bucket": ASSETS, "S3Key": f"${{{asset}}}"}
    properties = {"Content": content, "CompatibleRuntimes": ["python3.13"], "Description": asset}
    return {"Type": "AWS::Lambda::LayerVersion", "Properties": properties}


def resources() -> Resources:
    """Functions with one layer, with two, and from an image."""
    variables = {"Environment": {"Variables": {"DATA": "/opt/data/note.txt"}}}
    image = function("image", "handler", PackageType="Image", Code={"ImageUri": IMAGE})
    for name in ("Handler", "Runtime"):
        del image["Properties"][name]
    return {
        **base_resources(),
        "First": layer("FIRST"),
        "Second": layer("SECOND"),
        "One": function("one", "from_layer", Layers=[{"Ref": "First"}], **variables),
        "Two": function("two", "from_layer", Layers=[{"Ref": "First"}, {"Ref": "Second"}], **variables),
        "Image": image,
    }


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    folder = tmp_path_factory.mktemp("packages")
    images = {"abc": {"source": {"directory": "image"}, "destinations": {}}}
    assets = {"FIRST": FIRST, "SECOND": SECOND}
    assembly = write_assembly(folder / "assembly", resources(), assets=assets, images=images)
    with running(folder / "state", assembly) as cloud:
        yield cloud


def invoke(cloud: LocalCloud, name: str) -> Any:
    return json.loads(cloud.client("lambda").invoke(FunctionName=name)["Payload"].read())


def test_a_layers_libraries_are_imported_after_the_functions_own_code(cloud: LocalCloud) -> None:
    answer = invoke(cloud, "one")
    assert (answer["library"], answer["data"], answer["later"]) == ("of the first layer", "first", False)
    task, *layers = dict.fromkeys(place for place in answer["path"] if "/lambda/code/" in place)
    assert [place.partition("/code/")[2].partition("/")[2] for place in layers] == [
        "python/lib/python3.13/site-packages", "python",
    ]  # fmt: skip
    assert answer["place"] == f"{layers[1]}/library.py"
    assert Path(task, "handlers.py").exists()


def test_several_layers_lie_in_one_folder_as_they_do_below_opt(cloud: LocalCloud) -> None:
    answer = invoke(cloud, "two")
    assert (answer["library"], answer["data"], answer["later"]) == ("installed", "first", True)


def test_a_function_from_an_image_is_made_and_says_that_it_does_not_run(cloud: LocalCloud) -> None:
    lambda_ = cloud.client("lambda")
    shown = lambda_.get_function_configuration(FunctionName="image")
    assert shown["PackageType"] == "Image"
    assert "Handler" not in shown
    with pytest.raises(ClientError, match="container image, which the local cloud does not run"):
        lambda_.invoke(FunctionName="image")
    lambda_.invoke(FunctionName="image", InvocationType="Event")
    (failure,) = cloud.control("settle", {})[1]["failures"]
    assert "package it as a zip" in failure
    missing = {entry["what"]: entry["why"] for entry in cloud.control("status")[1]["not_done"]}
    assert missing["functions from container images"] == "made, not run: a call fails and says so"


def test_a_template_may_change_a_function_from_an_image_to_a_zip_and_back(cloud: LocalCloud, tmp_path: Path) -> None:
    assets = {"FIRST": FIRST, "SECOND": SECOND}
    zipped_function = {**resources(), "Image": function("image", "handler")}
    for number, (wanted, kind) in enumerate(((zipped_function, "Zip"), (resources(), "Image"))):
        assembly = write_assembly(tmp_path / str(number), wanted, assets=assets)
        assert cloud.control("deploy", {"assembly": str(assembly)})[0] == 200
        assert cloud.client("lambda").get_function_configuration(FunctionName="image")["PackageType"] == kind
        if kind == "Zip":
            assert invoke(cloud, "image")["event"] == {}
