"""The roles of infra/access.py as IAM's managed policies: for a whole stage, and for each model.

A policy allows `execute-api:Invoke` on method and path, and denies nothing: who has two has what both allow.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import Aws, CfnOutput, CustomResource, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_ssm as ssm
from constructs import Construct, IDependable

from functions.adapters.model_settings import ModelSettings
from functions.domain.canonical_json import canonical_json, digest_of
from infra.access import AUDITOR, ROLES, Role, management_paths, serving_paths
from infra.findings import accept_wildcard
from infra.lambda_function import function_arn
from infra.routes import Route, signable_routes, signed_routes
from infra.stage import StageContext

ANY_API = "?" * 10  # ids of REST APIs have ten characters: it cannot reach into the path as a * would
_PARAMETER = "A pattern for whatever stands for a path's parameter; tests/infra/test_access.py proves what it allows."


class StageAccess(Construct):
    """A policy for each role over all models, `trimtab-<stage>-<role>`, and a role of the same name for people.

    Only an IAM user may assume it, and only under the user's own name: so a session's name says who it is. An auditor
    has the rights to `verify` besides.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        stage: StageContext,
        api: apigateway.RestApi,
        verify: Sequence[iam.PolicyStatement],
        bootstrap: IDependable,
    ) -> None:
        super().__init__(scope, construct_id)
        names = stage.names
        ssm.StringParameter(
            self,
            "ApiIdParameter",
            parameter_name=names.management_api_parameter,
            string_value=api.rest_api_id,
            description="The management API's id: policies for one model name it",
        )
        policies = {}
        for role in ROLES:
            serving = serving_paths(_pairs([route for route in signable_routes() if route.call in role.calls]))
            resources = [
                *_arns(self, stage, api.rest_api_id, management_paths(role)),
                *_arns(self, stage, ANY_API, serving),
            ]
            policies[role.name] = _policy(self, role, names.access(role.name), "all models", resources)
        self._let_verify(policies[AUDITOR], verify)
        roles = {role.name: self._role(stage, role, policies[role.name]) for role in ROLES if role.is_for_people}
        trust = {name: Stack.of(self).resolve(role.assume_role_policy) for name, role in roles.items()}
        _record(self, stage, "", policies, trust).node.add_dependency(bootstrap)

    def _let_verify(self, policy: iam.ManagedPolicy, rights: Sequence[iam.PolicyStatement]) -> None:
        policy.add_statements(*rights)
        for statement in rights:
            for resource in statement.resources:
                if "*" in resource:
                    accept_wildcard(policy, resource, "An audit is of all that was registered and sealed.")

    def _role(self, stage: StageContext, role: Role, policy: iam.ManagedPolicy) -> iam.Role:
        made = iam.Role(
            self,
            f"{_title(role.name)}Role",
            role_name=stage.names.access(role.name),
            description=f"Who has it {role.who}",
            assumed_by=iam.AccountRootPrincipal().with_conditions(
                {"StringEquals": {"sts:RoleSessionName": "${aws:username}"}}
            ),
            managed_policies=[policy],
        )
        CfnOutput(self, f"{_title(role.name)}RoleArn", value=made.role_arn)
        return made


class ModelAccess(Construct):
    """A policy for each role over one model, `trimtab-<stage>-<role>-<model>`."""

    def __init__(
        self, scope: Construct, construct_id: str, stage: StageContext, settings: ModelSettings, api: apigateway.RestApi
    ) -> None:
        super().__init__(scope, construct_id)
        model = settings.model.name
        # By its name, as all else of the platform: an export would keep the platform from ever replacing its API.
        management = ssm.StringParameter.value_for_string_parameter(self, stage.names.management_api_parameter)
        policies = {}
        for role in ROLES:
            serving = serving_paths(
                _pairs([route for route in signed_routes(settings) if route.call in role.calls]), model
            )
            resources = [
                *_arns(self, stage, management, management_paths(role, model)),
                *_arns(self, stage, api.rest_api_id, serving),
            ]
            if resources:  # clients with an API key need no policy
                policies[role.name] = _policy(self, role, stage.names.access(role.name, model), model, resources)
        _record(self, stage, model, policies, {})


def _pairs(routes: Sequence[Route]) -> list[tuple[str, str]]:
    return [(route.method, route.path) for route in routes]


def _arns(scope: Construct, stage: StageContext, api_id: str, paths: Sequence[str]) -> list[str]:
    stack = Stack.of(scope)
    prefix = f"arn:{Aws.PARTITION}:execute-api:{stack.region}:{stack.account}:{api_id}/{stage.name}/"
    return [prefix + path for path in paths]


def _policy(scope: Construct, role: Role, name: str, on: str, resources: Sequence[str]) -> iam.ManagedPolicy:
    policy = iam.ManagedPolicy(
        scope,
        _title(role.name),
        managed_policy_name=name,
        description=f"{role.name} of {on}: {role.who}",
        statements=[iam.PolicyStatement(sid="Call", actions=["execute-api:Invoke"], resources=list(resources))],
    )
    for resource in resources:
        if "*" in resource:
            accept_wildcard(policy, resource, _PARAMETER)
    return policy


def _record(
    scope: Construct,
    stage: StageContext,
    model: str,
    policies: Mapping[str, iam.ManagedPolicy],
    trust: Mapping[str, Mapping[str, Any]],
) -> CustomResource:
    """Let `bootstrap` hold the policies against those of the last deployment, so that a change stands in the audit."""
    resolve = Stack.of(scope).resolve
    documents = {
        **{name: digest_of(canonical_json(resolve(policy.document))) for name, policy in policies.items()},
        **{f"{name}: who may assume it": digest_of(canonical_json(document)) for name, document in trust.items()},
    }
    made = CustomResource(
        scope,
        "Table",
        resource_type="Custom::AccessTable",
        service_token=function_arn(scope, stage.names.function("bootstrap")),
        properties={"Model": model, "Policies": canonical_json(documents)},
    )
    made.node.add_dependency(*policies.values())  # what the audit says is done
    return made


def _title(name: str) -> str:
    return "".join(part.title() for part in name.split("-"))
