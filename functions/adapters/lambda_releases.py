"""Lambda's versions, layers and the `live` alias: how a release is published, tried and made live.

Every change names the revision that it was decided on (`RevisionId`), so that of two runs beside each other, or of a
run and a `cdk deploy`, the second one is refused instead of undoing the first.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import boto3
from botocore.config import Config

from functions.adapters.aws_errors import translated
from functions.domain.errors import ConflictError, CorruptArtifactError, NotFoundError, SmokeTestError, TrimtabError
from functions.domain.release_function import LIVE, NO_WEIGHTS, Alias, FunctionState

# Lambda's codes for "somebody else was first" and "an update is under way".
_REFUSED: Mapping[str, type[TrimtabError]] = {
    "ResourceNotFoundException": NotFoundError,
    "PreconditionFailedException": ConflictError,
    "ResourceConflictException": ConflictError,
}


def lambda_client() -> Any:
    """A Lambda client with this adapter's timeouts and retries; predict itself may take 29 s."""
    retries = {"mode": "standard", "total_max_attempts": 3}
    return boto3.client("lambda", config=Config(connect_timeout=3, read_timeout=35, retries=retries))


class LambdaReleases:
    """`domain.release_function.Releases` on AWS. Every call raises UnavailableError when Lambda does not answer."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def latest(self, function: str) -> FunctionState:
        """What would be published now.

        Raises:
            NotFoundError: there is no such function.
        """
        with translated(f"read {function}", _REFUSED):
            return FunctionState(self._client.get_function_configuration(FunctionName=function))

    def version(self, function: str, number: int) -> FunctionState:
        """A published version.

        Raises:
            NotFoundError: there is no such version.
        """
        with translated(f"read version {number} of {function}", _REFUSED):
            answer = self._client.get_function_configuration(FunctionName=function, Qualifier=str(number))
        return FunctionState(answer)

    def versions(self, function: str) -> Iterator[FunctionState]:
        """All published versions, in no order."""
        with translated(f"list the versions of {function}", _REFUSED):
            for page in self._client.get_paginator("list_versions_by_function").paginate(FunctionName=function):
                yield from (FunctionState(c) for c in page["Versions"] if c["Version"] != "$LATEST")

    def find_layer(self, layer: str, contract_digest: str, content_sha256: str) -> str | None:
        """ARN of the oldest version of a layer that was published for this contract and holds this very content."""
        description = _layer_description(contract_digest)
        found: list[tuple[int, str]] = []
        with translated(f"look for {description} in layer {layer}"):
            for page in self._client.get_paginator("list_layer_versions").paginate(LayerName=layer):
                for version in page["LayerVersions"]:
                    if version.get("Description") == description and self._holds(layer, version, content_sha256):
                        found.append((version["Version"], version["LayerVersionArn"]))
        return min(found)[1] if found else None

    def _holds(self, layer: str, version: Mapping[str, Any], content_sha256: str) -> bool:
        answer = self._client.get_layer_version(LayerName=layer, VersionNumber=version["Version"])
        return bool(answer["Content"]["CodeSha256"] == content_sha256)

    def publish_layer(self, layer: str, contract_digest: str, bucket: str, key: str, content_sha256: str) -> str:
        """Publish a zip of S3 as the layer's next version; returns its ARN.

        Raises:
            CorruptArtifactError: the zip was another one than that digest names; its layer version is deleted.
        """
        with translated(f"publish layer {layer}"):
            answer = self._client.publish_layer_version(
                LayerName=layer,
                Description=_layer_description(contract_digest),
                Content={"S3Bucket": bucket, "S3Key": key},
            )
        arn = str(answer["LayerVersionArn"])
        if answer["Content"]["CodeSha256"] != content_sha256:
            self.delete_layer(arn)
            raise CorruptArtifactError(f"s3://{bucket}/{key} was changed while it was published as a layer: not used")
        return arn

    def configure(self, function: str, revision: str, layers: Sequence[str], environment: Mapping[str, str]) -> None:
        """Set the layers and variables of `$LATEST`.

        Raises:
            ConflictError: it is of another revision by now, or an update is under way.
        """
        with translated(f"configure {function}", _REFUSED):
            self._client.update_function_configuration(
                FunctionName=function,
                RevisionId=revision,
                Layers=list(layers),
                Environment={"Variables": dict(environment)},
            )

    def publish(self, function: str, revision: str, code_sha256: str, description: str) -> int:
        """Publish `$LATEST`; returns the version's number, which is an old one where nothing changed since.

        Raises:
            ConflictError: it is of another revision or holds other code by now, or an update is under way.
        """
        with translated(f"publish {function}", {**_REFUSED, "InvalidParameterValueException": ConflictError}):
            answer = self._client.publish_version(
                FunctionName=function, RevisionId=revision, CodeSha256=code_sha256, Description=description
            )
        return int(answer["Version"])

    def alias(self, function: str) -> Alias | None:
        """What `live` points to; None where there is no such alias yet."""
        try:
            with translated(f"read {function}:{LIVE}", _REFUSED):
                return _alias(self._client.get_alias(FunctionName=function, Name=LIVE))
        except NotFoundError:
            return None

    def create_alias(self, function: str, number: int) -> Alias:
        """Create `live`.

        Raises:
            ConflictError: it exists already.
            NotFoundError: there is no such version.
        """
        with translated(f"create {function}:{LIVE}", _REFUSED):
            return _alias(self._client.create_alias(FunctionName=function, Name=LIVE, FunctionVersion=str(number)))

    def move_alias(
        self, function: str, number: int, revision: str, reason: str, weights: Mapping[str, float] = NO_WEIGHTS
    ) -> None:
        """Point `live` to a version, but for the shares of other versions; one call, all at once.

        `reason` becomes its description, so that it always changes.

        Raises:
            ConflictError: it is of another revision by now, and does not point there.
            NotFoundError: there is no such version.
        """
        try:
            with translated(f"move {function}:{LIVE} to {number}", _REFUSED):
                self._client.update_alias(
                    FunctionName=function,
                    Name=LIVE,
                    FunctionVersion=str(number),
                    Description=reason[:256],
                    RoutingConfig={"AdditionalVersionWeights": dict(weights)},
                    RevisionId=revision,
                )
        except ConflictError:  # also what a second attempt is told when only the answer to the first was lost
            now = self.alias(function)
            if now is None or now.version != str(number) or dict(now.weights) != dict(weights):
                raise

    def delete_version(self, function: str, number: int) -> None:
        """Delete a published version; one that is gone already is no error.

        Raises:
            ConflictError: an alias points to it.
        """
        try:
            with translated(f"delete version {number} of {function}", _REFUSED):
                self._client.delete_function(FunctionName=function, Qualifier=str(number))
        except NotFoundError:
            return

    def layer_versions(self, layer: str) -> list[str]:
        """ARNs of the versions of a layer that are there."""
        with translated(f"list the versions of layer {layer}"):
            pages = self._client.get_paginator("list_layer_versions").paginate(LayerName=layer)
            return [version["LayerVersionArn"] for page in pages for version in page["LayerVersions"]]

    def delete_layer(self, arn: str) -> None:
        """Delete a layer's version; functions that have it keep it, and one that is gone already is no error."""
        layer, number = arn.rsplit(":", 1)
        with translated(f"delete layer version {arn}"):
            self._client.delete_layer_version(LayerName=layer.rsplit(":", 1)[1], VersionNumber=int(number))

    def invoke(self, function: str, number: int, event: bytes) -> bytes:
        """Invoke a version by its number and return its answer.

        Raises:
            SmokeTestError: the function itself failed: it raised, timed out or could not start.
        """
        with translated(f"invoke version {number} of {function}", _REFUSED):
            response = self._client.invoke(FunctionName=function, Qualifier=str(number), Payload=event)
            answer: bytes = response["Payload"].read()
        if "FunctionError" in response:
            raise SmokeTestError(f"release {number} of {function} failed: {_message(answer)}")
        return answer


def _layer_description(contract_digest: str) -> str:
    return f"contract {contract_digest}"


def _alias(answer: Mapping[str, Any]) -> Alias:
    weights = (answer.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    return Alias(answer["AliasArn"], answer["FunctionVersion"], answer["RevisionId"], weights)


def _message(answer: bytes) -> str:
    try:
        return str(json.loads(answer)["errorMessage"])
    except (ValueError, KeyError, TypeError):
        return answer[:500].decode(errors="replace")
