"""The REST API of a model: routes, keys, limits, its own answers, its logs."""

import json
import re
from typing import Any

import pytest

from tests.infra.conftest import Template, flat

ROUTES = {
    "GET /v2",
    "GET /v2/health/live",
    "GET /v2/health/ready",
    "GET /v2/models/flights",
    "GET /v2/models/flights/ready",
    "POST /v2/models/flights/infer",
    "GET /v2/models/flights/versions/{version}",
    "GET /v2/models/flights/versions/{version}/ready",
    "POST /v2/models/flights/versions/{version}/infer",
    "POST /models/flights/predict",
    "GET /openapi.json",
}
SIGNED = {"POST /models/flights/labels", "POST /models/flights/observations"}
PUBLIC = {"GET /v2/health/live", "GET /openapi.json"}


def routes(template: Template) -> dict[str, dict[str, Any]]:
    """Each method's properties by `METHOD /path`."""
    resources = {
        key: (each["Properties"]["ParentId"], each["Properties"]["PathPart"])
        for key, each in template.of_type("AWS::ApiGateway::Resource").items()
    }

    def path(reference: dict[str, Any]) -> str:
        if "Fn::GetAtt" in reference:
            return ""
        parent, part = resources[reference["Ref"]]
        return f"{path(parent)}/{part}"

    return {
        f"{each['HttpMethod']} {path(each['ResourceId'])}": each for each in template.all("AWS::ApiGateway::Method")
    }


def stage(template: Template) -> dict[str, Any]:
    return template.only("AWS::ApiGateway::Stage")


def test_it_is_regional_and_takes_any_body_as_it_is(flights: Template) -> None:
    api = flights.only("AWS::ApiGateway::RestApi")
    assert api["EndpointConfiguration"] == {"Types": ["REGIONAL"]}
    assert api["BinaryMediaTypes"] == ["*/*"]


def test_it_has_these_routes_and_no_catch_all(flights: Template) -> None:
    assert set(routes(flights)) == ROUTES | SIGNED


def target(method: dict[str, Any]) -> str:
    """The function that a method reaches."""
    integration = method["Integration"]
    assert (integration["Type"], integration["IntegrationHttpMethod"]) == ("AWS_PROXY", "POST")
    return flat(integration["Uri"]).partition("/functions/")[2].removesuffix("/invocations")


def test_serving_reaches_the_alias_live_and_the_truth_reaches_ingest(flights: Template) -> None:
    for route, method in routes(flights).items():
        wanted = "<IngestionIngestFunction.Arn>" if route in SIGNED else "<ServingPredictFunction.Arn>:live"
        assert target(method) == wanted, route


def test_api_gateway_may_invoke_both_and_nothing_else_may(flights: Template) -> None:
    permissions = flights.all("AWS::Lambda::Permission")
    assert {flat(each["FunctionName"]) for each in permissions} == {target(m) for m in routes(flights).values()}
    for each in permissions:
        assert each["Principal"] == "apigateway.amazonaws.com"
        assert flat(each["SourceArn"]).endswith(":<HttpApi>/prod/*/*")


def test_all_but_health_and_description_ask_for_a_key_or_a_signature(flights: Template) -> None:
    by_key = {route for route, method in routes(flights).items() if method["ApiKeyRequired"]}
    by_signature = {route for route, method in routes(flights).items() if method["AuthorizationType"] == "AWS_IAM"}
    assert by_key == ROUTES - PUBLIC
    assert by_signature == SIGNED


def test_a_clients_key_opens_no_call_that_says_what_was_true(flights: Template, tides: Template) -> None:
    for template in (flights, tides):
        truths = [m for route, m in routes(template).items() if route.endswith(("/labels", "/observations"))]
        assert len(truths) == 2
        for method in truths:
            assert (method["AuthorizationType"], method["ApiKeyRequired"]) == ("AWS_IAM", False)


def test_a_model_hosted_elsewhere_has_the_calls_for_the_truth_and_their_description(waves: Template) -> None:
    found = routes(waves)
    assert set(found) == {route.replace("flights", "waves") for route in SIGNED} | {"GET /openapi.json"}
    assert {target(method) for method in found.values()} == {"<IngestionIngestFunction.Arn>"}
    assert found["GET /openapi.json"]["AuthorizationType"] == "NONE"
    assert len(waves.all("AWS::Lambda::Permission")) == 1


def test_with_iam_the_same_calls_are_signed_and_there_is_no_key(tides: Template) -> None:
    signed = {route for route, method in routes(tides).items() if method["AuthorizationType"] == "AWS_IAM"}
    assert signed == {route.replace("flights", "tides") for route in (ROUTES | SIGNED) - PUBLIC}
    assert not any(method["ApiKeyRequired"] for method in routes(tides).values())
    assert not any(tides.of_type(f"AWS::ApiGateway::{kind}") for kind in ("ApiKey", "UsagePlan", "UsagePlanKey"))


def test_named_rows_and_the_truth_must_name_their_content_type_and_bodies_are_left_to_the_functions(
    flights: Template,
) -> None:
    validator = flights.only("AWS::ApiGateway::RequestValidator")
    assert validator["ValidateRequestParameters"] is True
    assert not validator.get("ValidateRequestBody")
    for route, method in routes(flights).items():
        wanted = {"method.request.header.Content-Type": True} if route.startswith("POST /models/") else None
        assert method.get("RequestParameters") == wanted, route
        assert flat(method["RequestValidatorId"]) == "<HttpApiValidator>", route


def test_a_client_has_a_rate_a_burst_and_a_daily_quota(flights: Template) -> None:
    plan = flights.only("AWS::ApiGateway::UsagePlan")
    assert plan["Throttle"] == {"RateLimit": 200, "BurstLimit": 400}
    assert plan["Quota"] == {"Limit": 1_000_000, "Period": "DAY"}
    assert flat(plan["ApiStages"][0]["Stage"]) == "<HttpApiDeploymentStageprod>"
    key = flights.only("AWS::ApiGateway::UsagePlanKey")
    assert (flat(key["KeyId"]), flat(key["UsagePlanId"])) == ("<AccessKey>", "<AccessPlan>")


def test_methods_are_throttled_and_the_open_ones_more(flights: Template, tides: Template, waves: Template) -> None:
    def limits(template: Template) -> dict[str, tuple[float, int]]:
        settings = stage(template)["MethodSettings"]
        return {
            f"{each['HttpMethod']} {each['ResourcePath'].replace('~1', '/')}": (
                each["ThrottlingRateLimit"],
                each["ThrottlingBurstLimit"],
            )
            for each in settings
        }

    open_to_all = dict.fromkeys(["GET //v2/health/live", "GET //openapi.json"], (10, 20))
    assert limits(flights) == {"* /*": (200, 400), **open_to_all}
    assert limits(tides) == {"* /*": (7, 9), **open_to_all}
    assert limits(waves) == {"* /*": (3, 4), "GET //openapi.json": (10, 20)}


def test_it_is_traced_measured_and_logged_without_bodies(flights: Template) -> None:
    assert stage(flights)["StageName"] == "prod"
    assert stage(flights)["TracingEnabled"] is True
    (everything,) = [each for each in stage(flights)["MethodSettings"] if each["ResourcePath"] == "/*"]
    assert everything["LoggingLevel"] == "ERROR"
    assert everything["MetricsEnabled"] is True
    assert everything["DataTraceEnabled"] is False


def test_the_access_log_is_json_that_no_client_can_break(flights: Template) -> None:
    form = stage(flights)["AccessLogSetting"]["Format"]
    entry = json.loads(form)
    assert {"request_id", "ip", "api_key_id", "method", "path", "status", "milliseconds"} <= set(entry)
    assert not re.search(r"\$context\.(error\.message|requestOverride|identity\.userAgent)|\$input", form)


def test_the_execution_log_is_ours_before_the_stage_writes_to_it(flights: Template) -> None:
    (name,) = [key for key in flights.of_type("AWS::Logs::LogGroup") if key.startswith("HttpExecutionLog")]
    group = flights.document["Resources"][name]["Properties"]
    assert flat(group["LogGroupName"]) == "API-Gateway-Execution-Logs_<HttpApi>/prod"
    (made,) = flights.of_type("AWS::ApiGateway::Stage").values()
    assert name in made["DependsOn"]


# Every kind that API Gateway knows, and the code that a client sees; None keeps API Gateway's.
RESPONSES = {
    "ACCESS_DENIED": "403",
    "API_CONFIGURATION_ERROR": "500",
    "AUTHORIZER_CONFIGURATION_ERROR": "500",
    "AUTHORIZER_FAILURE": "500",
    "BAD_REQUEST_BODY": "400",
    "BAD_REQUEST_PARAMETERS": "400",
    "DEFAULT_4XX": None,
    "DEFAULT_5XX": None,
    "EXPIRED_TOKEN": "403",
    "INTEGRATION_FAILURE": "503",
    "INTEGRATION_TIMEOUT": "504",
    "INVALID_API_KEY": "403",
    "INVALID_SIGNATURE": "403",
    "MISSING_AUTHENTICATION_TOKEN": "403",
    "QUOTA_EXCEEDED": "429",
    "REQUEST_TOO_LARGE": "413",
    "RESOURCE_NOT_FOUND": "404",
    "THROTTLED": "429",
    "UNAUTHORIZED": "401",
    "UNSUPPORTED_MEDIA_TYPE": "415",
    "WAF_FILTERED": "403",
}


def responses(template: Template) -> dict[str, dict[str, Any]]:
    return {each["ResponseType"]: each for each in template.all("AWS::ApiGateway::GatewayResponse")}


def test_every_answer_of_the_gateways_own_has_a_sensible_code(flights: Template) -> None:
    assert {kind: each.get("StatusCode") for kind, each in responses(flights).items()} == RESPONSES


def test_every_answer_of_the_gateways_own_is_a_json_error_whatever_it_quotes(flights: Template) -> None:
    """What is filled in is `messageString` alone, which API Gateway quotes and escapes itself."""
    for kind, response in responses(flights).items():
        ((content_type, template),) = response["ResponseTemplates"].items()
        assert content_type == "application/json", kind
        filled = json.loads(template.replace("$context.error.messageString", r'"a \"hostile\" message"'))
        assert list(filled) == ["error"], kind
        assert filled["error"], kind
        assert "$" not in template.replace("$context.error.messageString", ""), kind


@pytest.mark.parametrize("kind", ["THROTTLED", "QUOTA_EXCEEDED", "INTEGRATION_FAILURE"])
def test_whoever_should_wait_is_told_how_long(flights: Template, kind: str) -> None:
    headers = responses(flights)[kind]["ResponseParameters"]
    assert re.fullmatch(r"'[1-9]\d*'", headers["gatewayresponse.header.Retry-After"])


def test_a_call_without_its_signature_is_told_how_to_sign_and_a_wrong_path_where_to_look(
    flights: Template, tides: Template
) -> None:
    """API Gateway can't tell the two apart."""
    for template in (flights, tides):
        response = responses(template)["MISSING_AUTHENTICATION_TOKEN"]
        said = json.loads(response["ResponseTemplates"]["application/json"])["error"]
        assert response["StatusCode"] == "403"
        assert "Signature Version 4 for execute-api" in said
        assert "/openapi.json lists what is" in said
