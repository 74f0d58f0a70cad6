"""A model's own stack: what answers, what is logged, what clients reach."""

import json
from typing import Any

import pytest

from functions.adapters.model_folder import load_settings, parse_settings
from functions.domain.errors import MisconfiguredError
from functions.domain.model_config import ModelConfig
from infra.deployed_settings import settings_text
from tests.infra.conftest import ROOT, Assembly, Template, flat


def test_each_folder_under_models_is_a_stack_with_an_api_of_its_own(production: Assembly) -> None:
    models = ["flights", "tides", "waves"]
    assert production.stacks == [*(f"trimtab-prod-model-{model}" for model in models), "trimtab-prod-platform"]
    names = [
        production.template(f"trimtab-prod-model-{model}").only("AWS::ApiGateway::RestApi")["Name"] for model in models
    ]
    assert names == [f"trimtab-prod-api-{model}" for model in models]


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
    (permission,) = [
        each for key, each in flights.of_type("AWS::Lambda::Permission").items() if key.startswith("HttpInvokeLive")
    ]
    (alias,) = flights.of_type("Custom::LiveAlias")
    properties = {key: flat(value) for key, value in permission["Properties"].items()}
    assert properties == {
        "Action": "lambda:InvokeFunction",
        "FunctionName": "<ServingPredictFunction.Arn>:live",
        "Principal": "apigateway.amazonaws.com",
        "SourceArn": "arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:<HttpApi>/prod/*/*",
    }
    assert permission["DependsOn"] == [alias]


@pytest.mark.parametrize("kind", ["predictions", "labels", "observations"])
def test_records_are_delivered_gzipped_by_kind_model_and_hour(flights: Template, kind: str) -> None:
    streams = {each["DeliveryStreamName"]: each for each in flights.all("AWS::KinesisFirehose::DeliveryStream")}
    assert len(streams) == 3
    stream = streams[f"trimtab-prod-{kind}-flights"]
    target = stream["ExtendedS3DestinationConfiguration"]
    assert stream["DeliveryStreamType"] == "DirectPut"
    assert stream["DeliveryStreamEncryptionConfigurationInput"] == {"KeyType": "AWS_OWNED_CMK"}
    assert target["Prefix"] == f"raw/{kind}/model=flights/!{{timestamp:yyyy/MM/dd/HH}}/"
    assert target["ErrorOutputPrefix"].startswith(f"failed/{kind}/model=flights/!{{firehose:error-output-type}}/")
    assert target["CompressionFormat"] == "GZIP"
    assert target["BufferingHints"] == {"IntervalInSeconds": 60, "SizeInMBs": 5}
    assert target["CloudWatchLoggingOptions"]["Enabled"] is True
    assert "ProcessingConfiguration" not in target, "records bring their own line feed"


def test_ingest_knows_its_model_its_streams_and_the_registry(flights: Template) -> None:
    function = flights.function("ingest")
    assert function["FunctionName"] == "trimtab-prod-ingest-flights"
    variables = {key: flat(value) for key, value in function["Environment"]["Variables"].items()}
    assert variables == {
        "MODEL": "flights",
        "STAGE": "prod",
        "REGISTRY_TABLE": "trimtab-prod-registry",
        "LABEL_STREAM": "<IngestionLabelsStream>",
        "OBSERVATION_STREAM": "<IngestionObservationsStream>",
    }


def test_settings_travel_as_one_text_that_reads_back_as_they_are(flights: Template) -> None:
    resource = flights.only("Custom::ModelConfig")
    assert flat(resource["ServiceToken"]).endswith(":function:trimtab-prod-bootstrap")
    assert isinstance(resource["Config"], str)
    written = ModelConfig.from_document(json.loads(resource["Config"]))
    assert written == load_settings(ROOT / "models" / "flights").config


def test_settings_that_no_event_could_carry_are_refused() -> None:
    settings = parse_settings(
        {
            "model": {"name": "wide", "task": "regression"},
            "features": {"x": {"type": "string", "categories": [f"{number:050d}" for number in range(5_000)]}},
            "label": {"name": "y"},
            "train": {"external": True},
        },
        "model.toml",
    )
    with pytest.raises(MisconfiguredError, match=r"models/wide/model\.toml: its features take .* bytes"):
        settings_text(settings)


def test_a_hosted_elsewhere_model_has_no_predict_no_alias_and_no_key(waves: Template) -> None:
    handlers = {each["Handler"] for each in waves.all("AWS::Lambda::Function")}
    assert handlers == {"functions.ingest.handler.handler"}
    streams = {each["DeliveryStreamName"] for each in waves.all("AWS::KinesisFirehose::DeliveryStream")}
    assert streams == {"trimtab-prod-labels-waves", "trimtab-prod-observations-waves"}
    assert not any(waves.of_type(f"AWS::ApiGateway::{kind}") for kind in ("ApiKey", "UsagePlan", "UsagePlanKey"))
    assert not waves.of_type("Custom::LiveAlias")


def test_a_model_hosted_elsewhere_is_judged_as_any_other(waves: Template) -> None:
    assert ModelConfig.from_document(json.loads(waves.only("Custom::ModelConfig")["Config"])).external
    assert len(waves.of_type("AWS::Scheduler::Schedule")) == 2
    assert len(waves.of_type("AWS::CloudWatch::Dashboard")) == 1
    assert {each["Name"] for each in waves.all("AWS::SSM::Parameter")} == {"/trimtab/prod/models/waves/url"}


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
