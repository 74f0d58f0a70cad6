"""The management API in the template: its routes are the table of calls, and every one asks for a signature."""

import json
from typing import Any

import pytest

from functions.domain.management_calls import CALLS
from tests.infra.conftest import Template, flat
from tests.infra.test_http_api import routes, target


@pytest.fixture(scope="module")
def methods(platform: Template) -> dict[str, dict[str, Any]]:
    return routes(platform)


def test_its_routes_are_the_table_of_calls(methods: dict[str, dict[str, Any]]) -> None:
    assert set(methods) == {f"{call.method} {call.path}" for call in CALLS}


def test_every_route_asks_for_a_signature_and_reaches_manage(methods: dict[str, dict[str, Any]]) -> None:
    for route, method in methods.items():
        assert method["AuthorizationType"] == "AWS_IAM", route
        assert not method.get("ApiKeyRequired"), route
        assert target(method) == "<ManagementManageFunction.Arn>", route


def test_what_is_sent_must_name_its_content_type(methods: dict[str, dict[str, Any]]) -> None:
    for route, method in methods.items():
        wanted = {"method.request.header.Content-Type": True} if route.startswith("POST ") else None
        assert method.get("RequestParameters") == wanted, route


def test_a_body_is_text_and_each_refusal_is_json_in_words_of_this_api(platform: Template) -> None:
    assert "BinaryMediaTypes" not in platform.only("AWS::ApiGateway::RestApi")
    answers = {one["ResponseType"]: one for one in platform.all("AWS::ApiGateway::GatewayResponse")}
    timeout = json.loads(answers["INTEGRATION_TIMEOUT"]["ResponseTemplates"]["application/json"])
    assert timeout == {"error": "the management API took too long: ask for less at once"}
    unsigned = json.loads(answers["MISSING_AUTHENTICATION_TOKEN"]["ResponseTemplates"]["application/json"])
    assert "as every call here is" in unsigned["error"]


def test_it_is_throttled_logged_and_behind_the_firewall(platform: Template) -> None:
    stage = platform.only("AWS::ApiGateway::Stage")
    (settings,) = stage["MethodSettings"]
    assert (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]) == (50, 100)
    assert settings["DataTraceEnabled"] is False
    assert json.loads(stage["AccessLogSetting"]["Format"])["caller"] == "$context.identity.userArn"
    groups = [flat(group["LogGroupName"]) for group in platform.all("AWS::Logs::LogGroup")]
    assert "/trimtab/prod/manage/access" in groups
    assert any(name.startswith("API-Gateway-Execution-Logs_") for name in groups)
    assert len(platform.of_type("AWS::WAFv2::WebACLAssociation")) == 1


def test_the_stage_waits_for_the_accounts_right_to_log(platform: Template) -> None:
    (stage,) = platform.of_type("AWS::ApiGateway::Stage").values()
    assert "ApiGatewayAccount" in [name.rstrip("0123456789ABCDEF") for name in stage["DependsOn"]]


def test_its_url_is_where_people_look_for_it(platform: Template) -> None:
    (parameter,) = [one for one in platform.all("AWS::SSM::Parameter") if one["Name"] == "/trimtab/prod/manage/url"]
    url = flat(parameter["Value"])
    assert url.startswith("https://<ManagementHttpApi>.execute-api.")
    assert url.endswith("/<ManagementHttpApiDeploymentStageprod>")
    assert flat(platform.document["Outputs"]["ManagementUrl"]["Value"]) == url


def test_manage_answers_before_api_gateway_gives_up(platform: Template) -> None:
    function = platform.function("manage")
    assert (function["Timeout"], function["FunctionName"]) == (29, "trimtab-prod-manage")
    variables = {name: flat(value) for name, value in function["Environment"]["Variables"].items()}
    assert variables == {
        "STAGE": "prod",
        "REGISTRY_TABLE": "<StorageRegistry>",
        "DATA_BUCKET": "<StorageData>",
        "ARTIFACT_BUCKET": "<StorageArtifacts>",
        "AUDIT_BUCKET": "<AuditBucket>",
        "STATE_MACHINE": "arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:stateMachine:"
        "trimtab-prod-correct-{model}",
        "SIGNING_KEY": "<RegistrationKey.Arn>",
        "HOME": "/tmp",
    }
