"""A model's settings in the registry, where its functions find them: brought there by a custom resource."""

from aws_cdk import CustomResource
from constructs import Construct

from functions.adapters.model_settings import ModelSettings
from functions.domain.canonical_json import canonical_json
from functions.domain.errors import MisconfiguredError
from infra.lambda_function import function_arn
from infra.stage import StageContext

LARGEST = 200_000  # bytes: an event of Lambda's, and an item of DynamoDB's, hold little more


class DeployedSettings(Construct):
    """What the functions need of model.toml, as one text: CloudFormation would make text of each number in it."""

    def __init__(self, scope: Construct, construct_id: str, stage: StageContext, settings: ModelSettings) -> None:
        super().__init__(scope, construct_id)
        self.resource = CustomResource(
            self,
            "Config",
            resource_type="Custom::ModelConfig",
            service_token=function_arn(self, stage.names.function("bootstrap")),
            properties={"Config": settings_text(settings)},
        )


def settings_text(settings: ModelSettings) -> str:
    """A model's settings as canonical JSON.

    Raises:
        MisconfiguredError: they are too large to travel; only very many categories make them so.
    """
    text = canonical_json(settings.config.to_document())
    if len(text.encode()) > LARGEST:
        raise MisconfiguredError(
            f"models/{settings.model.name}/model.toml: its features take {len(text.encode()):,} bytes and may take "
            f"{LARGEST:,}: leave the longest categories out"
        )
    return text
