"""A model's own stack: what answers, what is logged, what clients reach."""

import json
from typing import Any

from tests.infra.conftest import Assembly, Template, flat


def test_each_folder_under_models_is_a_stack_with_an_api_of_its_own(production: Assembly) -> None:
    assert production.stacks == ["trimtab-prod-model-flights", "trimtab-prod-model-tides", "trimtab-prod-platform"]
    names = {
        production.template(f"trimtab-prod-model-{m}").only("AWS::ApiGateway::RestApi")["Name"]
        for m in ("flights", "tides")
    }
    assert names == {"trimtab-prod-api-flights", "trimtab-prod-api-tides"}


def test_predict_runs_from_its_asset_without_a_model(flights: Template) -> None:
    function = flights.function("predict")
    assert function["FunctionName"] == "trimtab-prod-predict-flights"
    assert (function["Runtime"], function["Architectures"]) == ("python3.13", ["x86_64"])
    assert "Layers" not in function
    variables = {key: flat(value) for key, value in function["Environment"]["Variables"].items()}
    assert variables == {"MODEL": "flights", "STREAM": "<ServingLogStream>", "MODEL_DIR": "/opt/model"}


def test_predict_is_traced_and_logs_plain_lines(flights: Template) -> None:
    function = flights.function("predict")
    assert function["TracingConfig"] == {"Mode": "Active"}
    assert function["LoggingConfig"]["LogFormat"] == "Text"
    assert flat(function["LoggingConfig"]["LogGroup"]) == "<ServingPredictLogs>"


def test_a_models_own_wishes_reach_its_function(flights: Template, tides: Template) -> None:
    def wishes(template: Template) -> tuple[Any, ...]:
        function = template.function("predict")
        return tuple(
            function.get(key) for key in ("MemorySize", "Timeout", "SnapStart", "ReservedConcurrentExecutions")
        )

    assert wishes(flights) == (1024, 10, None, None)
    assert wishes(tides) == (2048, 20, {"ApplyOn": "PublishedVersions"}, 5)


def test_no_template_makes_an_alias_or_a_version(assembly: Assembly) -> None:
    for stack in assembly.stacks:
        template = assembly.template(stack)
        assert not template.of_type("AWS::Lambda::Alias")
        assert not template.of_type("AWS::Lambda::Version")


def test_the_alias_is_made_by_bootstrap_once_and_stays(flights: Template) -> None:
    (alias,) = flights.of_type("Custom::LiveAlias").values()
    properties = {key: flat(value) for key, value in alias["Properties"].items()}
    assert properties == {
        "ServiceToken": "arn:<AWS::Partition>:lambda:<AWS::Region>:<AWS::AccountId>:function:trimtab-prod-bootstrap",
        "FunctionName": "<ServingPredictFunction>",
    }
    assert alias["DeletionPolicy"] == alias["UpdateReplacePolicy"] == "Retain"


def test_api_gateway_may_invoke_the_alias_alone_and_only_once_it_is_there(flights: Template) -> None:
    (permission,) = flights.of_type("AWS::Lambda::Permission").values()
    (alias,) = flights.of_type("Custom::LiveAlias")
    properties = {key: flat(value) for key, value in permission["Properties"].items()}
    assert properties == {
        "Action": "lambda:InvokeFunction",
        "FunctionName": "<ServingPredictFunction.Arn>:live",
        "Principal": "apigateway.amazonaws.com",
        "SourceArn": "arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:<HttpApi>/prod/*/*",
    }
    assert permission["DependsOn"] == [alias]


def test_predictions_are_delivered_gzipped_by_model_and_hour(flights: Template) -> None:
    stream = flights.only("AWS::KinesisFirehose::DeliveryStream")
    target = stream["ExtendedS3DestinationConfiguration"]
    assert stream["DeliveryStreamName"] == "trimtab-prod-predictions-flights"
    assert stream["DeliveryStreamType"] == "DirectPut"
    assert stream["DeliveryStreamEncryptionConfigurationInput"] == {"KeyType": "AWS_OWNED_CMK"}
    assert target["Prefix"] == "raw/predictions/model=flights/!{timestamp:yyyy/MM/dd/HH}/"
    assert target["ErrorOutputPrefix"].startswith("failed/predictions/model=flights/!{firehose:error-output-type}/")
    assert target["CompressionFormat"] == "GZIP"
    assert target["BufferingHints"] == {"IntervalInSeconds": 60, "SizeInMBs": 5}
    assert target["CloudWatchLoggingOptions"]["Enabled"] is True
    assert "ProcessingConfiguration" not in target, "records bring their own line feed"


def test_each_log_group_is_kept_as_long_as_the_stage_says(assembly: Assembly) -> None:
    days = {"prod": 365, "local": 7}["prod" if "prod" in assembly.stacks[0] else "local"]
    for stack in assembly.stacks:
        groups = assembly.template(stack).all("AWS::Logs::LogGroup")
        assert groups
        assert {group["RetentionInDays"] for group in groups} == {days}


def test_clients_find_url_and_key_in_parameters(flights: Template, tides: Template) -> None:
    def parameters(template: Template) -> dict[str, str]:
        return {each["Name"]: flat(each["Value"]) for each in template.all("AWS::SSM::Parameter")}

    url = "https://<HttpApi>.execute-api.<AWS::Region>.<AWS::URLSuffix>/<HttpApiDeploymentStageprod>"
    assert parameters(flights) == {
        "/trimtab/prod/models/flights/url": url,
        "/trimtab/prod/models/flights/api_key_id": "<AccessKey>",
    }
    assert parameters(tides) == {"/trimtab/prod/models/tides/url": url}
    assert sorted(flights.document["Outputs"]) == ["ApiKeyId", "Url"]


def test_local_names_are_those_that_the_local_cloud_expects(local: Assembly) -> None:
    manifest = json.loads((local.folder / "manifest.json").read_text())["artifacts"]
    assert manifest["trimtab-local-platform"]["environment"] == "aws://123456789012/us-east-1"
    template = local.template("trimtab-local-platform")
    names = {bucket["BucketName"] for bucket in template.all("AWS::S3::Bucket")}
    assert "trimtab-local-data-123456789012-us-east-1" in names
