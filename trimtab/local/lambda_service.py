"""The operations of the Lambda API that the local cloud answers, by their names in AWS's own model of it."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from trimtab.local import lambda_aliases, lambda_policies
from trimtab.local.invoker import Invoker
from trimtab.local.lambda_errors import invalid
from trimtab.local.lambda_functions import Functions
from trimtab.local.lambda_layers import Layers
from trimtab.local.lambda_records import LATEST, Function, shown, split_name

Asked = dict[str, Any]
Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class LambdaService:
    """`operation(name)` finds what answers an operation; each takes the parsed input and returns the output."""

    functions: Functions
    layers: Layers
    invoker: Invoker

    def operation(self, name: str) -> Callable[[Asked], Answer] | None:
        handlers: dict[str, Callable[[Asked], Answer]] = {
            "CreateFunction": lambda asked: shown(self.functions.create(asked)),
            "GetFunction": self._get_function,
            "GetFunctionConfiguration": lambda asked: shown(self._function(asked).configuration(_qualifier(asked))),
            "UpdateFunctionCode": self._update_code,
            "UpdateFunctionConfiguration": self._update_configuration,
            "DeleteFunction": self._delete_function,
            "ListFunctions": self._list_functions,
            "PublishVersion": lambda asked: shown(self.functions.publish(self._function(asked), asked)),
            "ListVersionsByFunction": self._list_versions,
            "CreateAlias": lambda asked: self._change(asked, lambda f: shown(lambda_aliases.create_alias(f, asked))),
            "UpdateAlias": lambda asked: self._change(asked, lambda f: shown(lambda_aliases.update_alias(f, asked))),
            "GetAlias": lambda asked: shown(lambda_aliases.get_alias(self._function(asked), asked["Name"])),
            "DeleteAlias": lambda asked: self._change(asked, lambda f: _drop(f.aliases, asked["Name"])),
            "ListAliases": self._list_aliases,
            "AddPermission": self._add_permission,
            "RemovePermission": self._remove_permission,
            "GetPolicy": lambda asked: dict(lambda_policies.get_policy(self._function(asked), _qualifier(asked))),
            "PutFunctionConcurrency": self._put_concurrency,
            "GetFunctionConcurrency": self._get_concurrency,
            "DeleteFunctionConcurrency": lambda asked: self._change(asked, _no_concurrency),
            "PutFunctionEventInvokeConfig": self._put_invoke_config,
            "TagResource": lambda asked: self._change(asked, lambda f: f.tags.update(asked["Tags"]) or {}),
            "UntagResource": lambda asked: self._change(asked, lambda f: _drop(f.tags, *asked["TagKeys"])),
            "ListTags": lambda asked: {"Tags": self._function(asked).tags},
            "PublishLayerVersion": self._publish_layer,
            "GetLayerVersion": lambda asked: self.layers.get(asked["LayerName"], int(asked["VersionNumber"])),
            "GetLayerVersionByArn": lambda asked: shown(self.layers.by_arn(asked["Arn"])),
            "ListLayerVersions": lambda asked: {"LayerVersions": self.layers.versions(asked["LayerName"])},
            "ListLayers": lambda asked: {"Layers": self.layers.latest()},
            "DeleteLayerVersion": self._delete_layer,
            "GetAccountSettings": lambda asked: {"AccountLimit": {"ConcurrentExecutions": 1000}, "AccountUsage": {}},
            "Invoke": self._invoke,
        }
        return handlers.get(name)

    def _function(self, asked: Asked) -> Function:
        value = asked.get("FunctionName") or asked["Resource"]
        name, _ = split_name(value)
        return self.functions.files.get(name, f"{self.functions.arn_prefix}function:{name}")

    def _change(self, asked: Asked, change: Callable[[Function], Answer]) -> Answer:
        function = self._function(asked)
        answer = change(function)
        self.functions.files.save(function)
        return answer

    def _get_function(self, asked: Asked) -> Answer:
        function = self._function(asked)
        answer: Answer = {"Configuration": shown(function.configuration(_qualifier(asked))), "Tags": function.tags}
        answer["Code"] = {"RepositoryType": "S3"}
        if function.concurrency is not None:
            answer["Concurrency"] = {"ReservedConcurrentExecutions": function.concurrency}
        return answer

    def _update_code(self, asked: Asked) -> Answer:
        function = self._function(asked)
        answer = shown(self.functions.update_code(function, asked))
        self.invoker.changed(function)
        return answer

    def _update_configuration(self, asked: Asked) -> Answer:
        function = self._function(asked)
        answer = shown(self.functions.update_configuration(function, asked))
        self.invoker.changed(function)
        return answer

    def _delete_function(self, asked: Asked) -> Answer:
        function, qualifier = self._function(asked), _qualifier(asked)
        self.functions.delete(function, qualifier)
        self.invoker.deleted(function.name, qualifier)
        return {"StatusCode": 204}

    def _list_functions(self, asked: Asked) -> Answer:
        found = [shown(function.latest) for function in self.functions.files]
        if asked.get("FunctionVersion") == "ALL":
            found += [shown(version) for f in self.functions.files for version in f.versions.values()]
        return {"Functions": found}

    def _list_versions(self, asked: Asked) -> Answer:
        function = self._function(asked)
        numbered = sorted(function.versions.values(), key=lambda version: int(version["Version"]))
        return {"Versions": [shown(version) for version in (function.latest, *numbered)]}

    def _list_aliases(self, asked: Asked) -> Answer:
        wanted = asked.get("FunctionVersion")
        aliases = self._function(asked).aliases.values()
        return {
            "Aliases": [
                shown(alias)
                for alias in aliases
                if wanted is None or wanted == alias["FunctionVersion"] or wanted in alias["_weights"]
            ]
        }

    def _add_permission(self, asked: Asked) -> Answer:
        qualifier = _qualifier(asked)
        statement = self._change(asked, lambda f: lambda_policies.add_permission(f, qualifier, asked))
        return {"Statement": json.dumps(statement)}

    def _remove_permission(self, asked: Asked) -> Answer:
        qualifier = _qualifier(asked)

        def remove(function: Function) -> Answer:
            lambda_policies.remove_permission(function, qualifier, asked)
            return {}

        return self._change(asked, remove)

    def _put_concurrency(self, asked: Asked) -> Answer:
        wanted = asked["ReservedConcurrentExecutions"]
        if not isinstance(wanted, int) or wanted < 0:
            raise invalid(f"ReservedConcurrentExecutions must be a number from 0, not {wanted}")

        def put(function: Function) -> Answer:
            function.concurrency = wanted
            return {"ReservedConcurrentExecutions": wanted}

        return self._change(asked, put)

    def _get_concurrency(self, asked: Asked) -> Answer:
        wanted = self._function(asked).concurrency
        return {} if wanted is None else {"ReservedConcurrentExecutions": wanted}

    def _put_invoke_config(self, asked: Asked) -> Answer:
        qualifier = _qualifier(asked) or LATEST
        kept = {key: value for key, value in asked.items() if key not in ("FunctionName", "Qualifier")}
        return self._change(asked, lambda f: f.invoke_configs.update({qualifier: kept}) or dict(kept))

    def _publish_layer(self, asked: Asked) -> Answer:
        content = asked["Content"]
        if content.get("ZipFile"):
            archive = content["ZipFile"]
        else:
            archive = self.functions.fetch(content["S3Bucket"], content["S3Key"], content.get("S3ObjectVersion"))
        kept = ("Description", "CompatibleRuntimes", "CompatibleArchitectures", "LicenseInfo")
        described = {key: asked[key] for key in kept if key in asked}
        code = self.functions.codes.add(archive)
        return self.layers.publish(asked["LayerName"], code, self.functions.now(), described)

    def _delete_layer(self, asked: Asked) -> Answer:
        self.layers.delete(asked["LayerName"], int(asked["VersionNumber"]))
        return {}

    def _invoke(self, asked: Asked) -> Answer:
        function, qualifier = self._function(asked), _qualifier(asked)
        payload = asked.get("Payload") or b"{}"
        kind = asked.get("InvocationType") or "RequestResponse"
        if kind == "DryRun":
            function.configuration(qualifier)
            return {"StatusCode": 204}
        if kind == "Event":
            under_way, arn = self.invoker.under_way, function.latest["FunctionArn"]
            self.invoker.send(
                function, qualifier, payload, str(uuid4()), lambda why: under_way.failed(f"{arn}, sent an event: {why}")
            )
            return {"StatusCode": 202}
        if kind != "RequestResponse":
            raise invalid(f"InvocationType must be RequestResponse, Event or DryRun, not {kind}")
        wants_tail = asked.get("LogType") == "Tail"
        context = asked.get("ClientContext")
        result = self.invoker.invoke(
            function,
            qualifier,
            payload,
            client_context=base64.b64decode(context).decode() if context else None,
            keep_tail=wants_tail,
        )
        answer: Answer = {"StatusCode": 200, "ExecutedVersion": result.version or LATEST, "Payload": result.payload}
        if result.error:
            answer["FunctionError"] = result.error
        if wants_tail:
            answer["LogResult"] = base64.b64encode(result.log_tail).decode()
        return answer


def _qualifier(asked: Asked) -> str | None:
    return split_name(asked.get("FunctionName") or asked["Resource"], asked.get("Qualifier"))[1]


def _drop(records: dict[str, Any], *keys: str) -> Answer:
    for key in keys:
        records.pop(key, None)
    return {}


def _no_concurrency(function: Function) -> Answer:
    function.concurrency = None
    return {}
