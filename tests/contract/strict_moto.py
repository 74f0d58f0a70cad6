"""moto's Lambda made strict through its client's own events. What moto 5.2.5 does not do, and this adds:

- `RevisionId` is neither answered, nor checked, nor changed: here each change gives a new one, an update gives a second
  one when it comes into effect (as AWS does), and a change that names an old one is refused;
- PublishVersion ignores `CodeSha256`; CreateAlias answers ConflictException where AWS says ResourceConflictException;
- an alias takes weights outside 0 to 1 and versions that do not exist, also as the second one;
- a version that an alias points to can be deleted, and the number of a deleted one is given out again: here a deleted
  version stays in moto, and nobody can see it;
- Invoke needs Docker: here `invoker` answers for the version's configuration.

Still missing: updates take no time and SnapStart stays off (the fake has both), `ClientRequestToken` of a DynamoDB
transaction does not make it idempotent.
"""

import io
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import boto3
from botocore.exceptions import ClientError

Invoker = Callable[[Mapping[str, Any], bytes], bytes]
_CHANGES = ("UpdateFunctionConfiguration", "UpdateFunctionCode")
_ALIASES = ("GetAlias", "CreateAlias", "UpdateAlias")


class StrictLambda:
    """One account's Lambda; `client()` makes clients that share the revisions."""

    def __init__(self, invoker: Invoker) -> None:
        self._plain = boto3.client("lambda", region_name="us-east-1")
        self._invoker = invoker
        self._count = 0
        self._revisions: dict[str, str] = {}
        self._settling: set[str] = set()
        self._deleted: set[tuple[str, str]] = set()

    def client(self) -> Any:
        client = boto3.client("lambda", region_name="us-east-1")
        client.meta.events.register("provide-client-params.lambda", self._remember)
        client.meta.events.register("before-call.lambda", self._check)  # right before the call, as a server checks
        client.meta.events.register("before-call.lambda", self._invoke)
        client.meta.events.register("before-call.lambda", self._delete)
        client.meta.events.register("after-call.lambda", self._answer)
        return client

    def _remember(self, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["asked"] = params

    def _check(self, model: Any, context: dict[str, Any], **_: Any) -> None:
        params = context["asked"]
        name = params.get("FunctionName", "")
        resource = f"{name}:live" if model.name in _ALIASES else name
        if "RevisionId" in params and params["RevisionId"] != self._revision(resource):
            raise _refused(model.name, "PreconditionFailedException", "the revision id is not the latest")
        if model.name == "PublishVersion" and "CodeSha256" in params:
            code = self._plain.get_function_configuration(FunctionName=name)["CodeSha256"]
            if code != params["CodeSha256"]:
                raise _refused(model.name, "InvalidParameterValueException", "CodeSHA256 is different")
        if model.name == "CreateAlias" and self._plain.list_aliases(FunctionName=name)["Aliases"]:
            raise _refused(model.name, "ResourceConflictException", "the alias exists")
        shares = params.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
        if any(not 0 <= weight <= 1 for weight in shares.values()):
            raise _refused(model.name, "InvalidParameterValueException", "weights are from 0 to 1")
        for version in (params.get("Qualifier"), params.get("FunctionVersion"), *shares):
            if version is not None and not self._is_there(name, version):
                raise _refused(model.name, "ResourceNotFoundException", f"there is no version {version}")

    def _is_there(self, name: str, version: str) -> bool:
        known = {found["Version"] for found in self._plain.list_versions_by_function(FunctionName=name)["Versions"]}
        return version in known and (name, version) not in self._deleted

    def _delete(self, model: Any, context: dict[str, Any], **_: Any) -> tuple[Any, dict[str, Any]] | None:
        """Deletes a version for everybody but moto."""
        if model.name != "DeleteFunction":
            return None
        name, version = context["asked"]["FunctionName"], context["asked"]["Qualifier"]
        for alias in self._plain.list_aliases(FunctionName=name)["Aliases"]:
            weights = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
            if version in (alias["FunctionVersion"], *weights):
                raise _refused(model.name, "ResourceConflictException", f"an alias points to version {version}")
        self._deleted.add((name, version))
        return SimpleNamespace(status_code=204), {"ResponseMetadata": {"HTTPStatusCode": 204}}

    def _answer(self, parsed: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        if parsed["ResponseMetadata"]["HTTPStatusCode"] >= 300:
            return
        name = context["asked"].get("FunctionName", "")
        if model.name in _CHANGES:
            parsed["RevisionId"] = self._change(name)
            self._settling.add(name)
        elif model.name in _ALIASES:
            resource = f"{name}:live"
            parsed["RevisionId"] = self._revision(resource) if model.name == "GetAlias" else self._change(resource)
        elif model.name == "GetFunctionConfiguration" and "Qualifier" not in context["asked"]:
            if name in self._settling:
                self._settling.remove(name)
                self._change(name)
            parsed["RevisionId"] = self._revision(name)
        elif model.name == "ListVersionsByFunction":
            parsed["Versions"] = [v for v in parsed["Versions"] if (name, v["Version"]) not in self._deleted]
        elif model.name in ("GetFunctionConfiguration", "PublishVersion"):
            parsed["RevisionId"] = f"version-{parsed['Version']}"

    def _invoke(self, model: Any, context: dict[str, Any], **_: Any) -> tuple[Any, dict[str, Any]] | None:
        if model.name != "Invoke":
            return None
        asked = context["asked"]
        configuration = self._plain.get_function_configuration(
            FunctionName=asked["FunctionName"], Qualifier=asked["Qualifier"]
        )
        answer: dict[str, Any] = {"StatusCode": 200, "ResponseMetadata": {"HTTPStatusCode": 200}}
        try:
            answer["Payload"] = io.BytesIO(self._invoker(configuration, asked["Payload"]))
        except RuntimeError as error:
            answer["FunctionError"] = "Unhandled"
            answer["Payload"] = io.BytesIO(f'{{"errorMessage": "{error}"}}'.encode())
        return SimpleNamespace(status_code=200), answer

    def _revision(self, resource: str) -> str:
        return self._revisions.setdefault(resource, "revision-0")

    def _change(self, resource: str) -> str:
        self._count += 1
        self._revisions[resource] = f"revision-{self._count}"
        return self._revisions[resource]


def _refused(operation: str, code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)
