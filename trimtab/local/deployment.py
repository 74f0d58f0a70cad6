"""Apply a cloud assembly: create what is new, change what changed, remove what the template no longer holds.

As CloudFormation, it compares with what was applied last, not with what is there. Each resource is noted as soon as it
is made: a deployment that was killed goes on where it was.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.domain.errors import MisconfiguredError, UnavailableError
from trimtab.local.assembly import Assembly, StackTemplate
from trimtab.local.custom_resource import CustomResources
from trimtab.local.intrinsics import Scope
from trimtab.local.resources.catalogue import NOT_RESOURCES, TYPES
from trimtab.local.resources.resource_type import Context, Made, generated_name
from trimtab.local.stacks import Resource, Stack, Stacks, properties_digest


@dataclass(frozen=True, slots=True)
class Deployment:
    """Applies assemblies through `context`. `rewrite` turns URLs of API Gateway into the local gateway's."""

    context: Context
    stacks: Stacks
    custom: CustomResources
    rewrite: Callable[[str, str], str]

    def apply(self, assembly: Assembly) -> dict[str, int]:
        """How many resources were created, changed, removed and left as they were.

        Raises:
            MisconfiguredError: a type, property or expression that the local cloud does not know; nothing is done then
                where the type is unknown.
            UnavailableError: a resource could not be made; the message names it.
        """
        for stack in assembly.stacks:
            _check_types(stack)
        counts: Counter[str] = Counter(created=0, changed=0, removed=0, unchanged=0)
        for template in assembly.stacks:
            self._apply_stack(template, counts)
        return dict(counts)

    def _apply_stack(self, template: StackTemplate, counts: Counter[str]) -> None:
        stack = self.stacks.get(template.name)
        scope = self._scope(template, stack)
        wanted: list[str] = []
        replaced: list[tuple[str, Resource]] = []
        for logical in template.in_order():
            resource = template.template["Resources"][logical]
            if resource["Type"] in NOT_RESOURCES:
                continue
            if "Condition" in resource and not scope.holds(resource["Condition"]):
                continue
            wanted.append(logical)
            before = stack.resources.get(logical)
            counts[self._apply_resource(stack, scope, logical, resource)] += 1
            if before is not None and before.physical_id != stack.resources[logical].physical_id:
                replaced.append((logical, before))
        for logical, old in replaced:
            with suppress(ClientError):  # as in CloudFormation, what can't be cleaned up stays behind
                self._delete(stack.name, logical, old)
        for logical in [name for name in reversed(stack.resources) if name not in wanted]:
            self._remove(stack, logical)
            counts["removed"] += 1
        stack.outputs = {name: scope.evaluate(o["Value"]) for name, o in template.template.get("Outputs", {}).items()}
        stack.exports = {
            scope.evaluate(output["Export"]["Name"]): stack.outputs[name]
            for name, output in template.template.get("Outputs", {}).items()
            if "Export" in output
        }
        self.stacks.save(stack)

    def _apply_resource(self, stack: Stack, scope: Scope, logical: str, resource: dict[str, Any]) -> str:
        kind = resource["Type"]
        where = f"{stack.name}/{logical} ({kind})"
        properties = scope.evaluate(resource.get("Properties", {}))
        existing = stack.resources.get(logical)
        if existing is not None and existing.type != kind:
            self._remove(stack, logical)
            existing = None
        if existing is not None and existing.digest == properties_digest(properties):
            return "unchanged"
        try:
            made = self._put(stack.name, logical, kind, properties, existing)
        except (ClientError, BotoCoreError) as error:
            raise UnavailableError(f"{where}: {' '.join(str(error).split())}") from error
        except MisconfiguredError as error:
            raise MisconfiguredError(f"{where}: {error}") from error
        except (KeyError, TypeError) as error:
            raise MisconfiguredError(f"{where}: a property is missing or malformed: {error!r}") from error
        retained = resource.get("DeletionPolicy") == "Retain"
        stack.resources[logical] = Resource(kind, made.physical_id, made.attributes, properties, retained)
        self.stacks.save(stack)
        return "created" if existing is None else "changed"

    def _put(self, stack: str, logical: str, kind: str, properties: dict[str, Any], existing: Resource | None) -> Made:
        if _is_custom(kind):
            return self.custom.put(stack, logical, kind, properties, existing)
        unknown = set(properties) - TYPES[kind].properties
        if unknown:
            raise MisconfiguredError(f"the local cloud does not know the property {', '.join(sorted(unknown))}")
        return TYPES[kind].put(self.context, generated_name(stack, logical), properties, existing)

    def _remove(self, stack: Stack, logical: str) -> None:
        resource = stack.resources.pop(logical)
        try:
            self._delete(stack.name, logical, resource)
        except (ClientError, BotoCoreError) as error:
            raise UnavailableError(f"{stack.name}/{logical} could not be removed: {error}") from error
        self.stacks.save(stack)

    def _delete(self, stack: str, logical: str, resource: Resource) -> None:
        if resource.retained:
            return
        if _is_custom(resource.type):
            self.custom.delete(stack, logical, resource)
        else:
            TYPES[resource.type].delete(self.context, resource)

    def _scope(self, template: StackTemplate, stack: Stack) -> Scope:
        context = self.context
        pseudo = {
            "AWS::AccountId": context.account,
            "AWS::Region": context.region,
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::StackName": template.name,
            "AWS::StackId": f"arn:aws:cloudformation:{context.region}:{context.account}:stack/{template.name}/local",
        }
        return Scope(
            stack=template.name,
            pseudo=pseudo,
            parameters=template.template.get("Parameters", {}),
            mappings=template.template.get("Mappings", {}),
            conditions=template.template.get("Conditions", {}),
            ref=lambda name: stack.resources[name].physical_id,
            attribute=lambda name, attribute: stack.resources[name].attributes[attribute],
            imported=self.stacks.export,
            parameter_store=self._parameter,
            rewrite=lambda text: self.rewrite(template.name, text),
        )

    def _parameter(self, name: str) -> str:
        try:
            answer = self.context.client("ssm").get_parameter(Name=name, WithDecryption=True)
        except ClientError as error:
            raise MisconfiguredError(f"the template reads the SSM parameter {name}: {error}") from error
        return str(answer["Parameter"]["Value"])


def _check_types(stack: StackTemplate) -> None:
    unknown = sorted(
        f"{resource['Type']} ({logical})"
        for logical, resource in stack.template.get("Resources", {}).items()
        if resource["Type"] not in TYPES and resource["Type"] not in NOT_RESOURCES and not _is_custom(resource["Type"])
    )
    if unknown:
        raise MisconfiguredError(f"{stack.name}: the local cloud does not know {', '.join(unknown)}")


def _is_custom(kind: str) -> bool:
    return kind.startswith("Custom::") or kind == "AWS::CloudFormation::CustomResource"
