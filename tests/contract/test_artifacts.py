"""Artifacts in S3: what is read is checked, what is kept is written once."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from functions.adapters.artifacts import Artifacts, artifacts_client
from functions.domain.errors import CorruptArtifactError, InvalidRequestError, NotFoundError, UnavailableError
from functions.domain.release_artifact import MANIFEST, layer_zip
from tests.contract.fake_s3 import FakeS3
from tests.functions.roll_out.trained import MODEL, prefix_of, trained

BUCKET = "artifacts"
ARTIFACT = trained()
KEPT = f"artifacts/model={MODEL}/version=3/"


@pytest.fixture(params=["fake", "moto"])
def s3(request: pytest.FixtureRequest) -> Iterator[Any]:
    if request.param == "fake":
        yield FakeS3()
    else:
        with mock_aws():
            client = boto3.client("s3", region_name="us-east-1")
            client.create_bucket(Bucket=BUCKET)
            yield client


@pytest.fixture
def uploaded(s3: Any) -> Any:
    for name, body in ARTIFACT.files.items():
        s3.put_object(Bucket=BUCKET, Key=prefix_of(ARTIFACT) + name, Body=body)
    return s3


def body_of(s3: Any, key: str) -> bytes:
    body: bytes = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    return body


def test_an_upload_is_read_and_checked(uploaded: Any) -> None:
    assert Artifacts(uploaded, BUCKET).fetch(MODEL, prefix_of(ARTIFACT)) == ARTIFACT


@pytest.mark.parametrize("name", sorted(ARTIFACT.files))
def test_an_upload_with_a_changed_file_is_refused(uploaded: Any, name: str) -> None:
    uploaded.put_object(Bucket=BUCKET, Key=prefix_of(ARTIFACT) + name, Body=b"something else")
    with pytest.raises(CorruptArtifactError, match=name):
        Artifacts(uploaded, BUCKET).fetch(MODEL, prefix_of(ARTIFACT))


def test_only_uploads_are_read(uploaded: Any) -> None:
    with pytest.raises(InvalidRequestError, match="must be 'incoming/"):
        Artifacts(uploaded, BUCKET).fetch(MODEL, KEPT)


def test_an_upload_without_a_manifest_is_missing(s3: Any) -> None:
    with pytest.raises(NotFoundError, match=r"manifest\.json \(upload it again"):
        Artifacts(s3, BUCKET).fetch(MODEL, prefix_of(ARTIFACT))


def test_what_is_kept_is_the_five_files_and_the_layer(s3: Any) -> None:
    assert Artifacts(s3, BUCKET).keep(ARTIFACT, 3) == KEPT + "layer.zip"
    assert {name: body_of(s3, KEPT + name) for name in ARTIFACT.files} == ARTIFACT.files
    assert body_of(s3, KEPT + "layer.zip") == layer_zip(ARTIFACT)


def test_keeping_the_same_again_changes_nothing(s3: Any) -> None:
    artifacts = Artifacts(s3, BUCKET)
    assert artifacts.keep(ARTIFACT, 3) == artifacts.keep(ARTIFACT, 3)


def test_another_content_under_a_number_that_is_taken_is_refused(s3: Any) -> None:
    artifacts = Artifacts(s3, BUCKET)
    artifacts.keep(ARTIFACT, 3)
    with pytest.raises(CorruptArtifactError, match="holds other content than was registered"):
        artifacts.keep(trained(2), 3)
    assert body_of(s3, KEPT + MANIFEST) == ARTIFACT.files[MANIFEST]


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Artifacts, Stubber]]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "stub")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    client = artifacts_client()
    with Stubber(client) as stubber:
        yield Artifacts(client, BUCKET), stubber


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("NoSuchKey", NotFoundError),
        ("AccessDenied", NotFoundError),
        ("NoSuchBucket", NotFoundError),
        ("InternalError", UnavailableError),
    ],
)
def test_errors_of_a_read_are_translated(stub: tuple[Artifacts, Stubber], code: str, error: type[Exception]) -> None:
    artifacts, stubber = stub
    stubber.add_client_error("get_object", code)
    with pytest.raises(error, match=f"GetObject answered {code}"):
        artifacts.fetch(MODEL, prefix_of(ARTIFACT))


@pytest.mark.parametrize("code", ["ConditionalRequestConflict", "AccessDenied", "NoSuchBucket"])
def test_a_write_that_failed_is_told_and_not_taken_for_one_that_was_there(
    stub: tuple[Artifacts, Stubber], code: str
) -> None:
    artifacts, stubber = stub
    stubber.add_client_error("put_object", code)
    with pytest.raises(UnavailableError, match=f"PutObject answered {code}"):
        artifacts.keep(ARTIFACT, 3)
