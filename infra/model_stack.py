"""A model's stack, one a model: what serves it, what judges it. Its flood, its quota, its failure stay its own."""

from pathlib import Path

from aws_cdk import Tags
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3
from constructs import Construct

from functions.adapters.model_settings import ModelSettings
from infra.access_policies import ModelAccess
from infra.alarms import ModelAlarms
from infra.client_key import ClientKey
from infra.dashboard import ModelDashboard
from infra.deployed_settings import DeployedSettings
from infra.http_api import HttpApi
from infra.ingestion import Ingestion
from infra.platform_stack import PlatformStack
from infra.rest_api import Backend
from infra.retraining import Retraining, is_retrained
from infra.schedules import Schedules
from infra.serving import Serving
from infra.stage import StageContext
from infra.stage_stack import StageStack


class ModelStack(StageStack):
    """predict, ingest, the streams of their records, the REST API before both and who may call it; schedules, alarms.

    A model that is fitted here has what retrains it, too; one that is hosted elsewhere has no predict. From the
    platform the stack takes the firewall's ARN as an import, and all else by name: what it doesn't import, the platform
    stays free to replace.
    """

    def __init__(
        self, scope: Construct, stage: StageContext, settings: ModelSettings, folder: Path, platform: PlatformStack
    ) -> None:
        model = settings.model.name
        super().__init__(scope, stage.names.model_stack(model), stage, f"model {model}")
        self.add_stack_dependency(platform, "its bootstrap function, its role for API Gateway's logs, its topic")
        Tags.of(self).add("model", model)
        data = s3.Bucket.from_bucket_name(self, "Data", stage.names.data_bucket)
        registry = dynamodb.Table.from_table_name(self, "Registry", stage.names.registry_table)
        self.ingestion = Ingestion(self, "Ingestion", stage, settings, data, registry)
        backends = {"ingest": Backend(self.ingestion.ingest.function.function_arn)}
        if not settings.train.external:
            serving = Serving(self, "Serving", stage, settings, data)
            backends["predict"] = Backend(serving.live_arn, after=serving.alias)
        self.http = HttpApi(self, "Http", stage, settings, backends)
        self.http.stand_behind(platform.firewall.web_acl.attr_arn)
        self.client_key = ClientKey(self, "Access", stage, settings, self.http)  # a new id would be a new key
        ModelAccess(self, "Roles", stage, settings, self.http.api)
        deployed = DeployedSettings(self, "Settings", stage, settings)
        self.schedules = Schedules(self, "Schedules", stage, settings, after=deployed.resource)
        self.alarms = ModelAlarms(self, "Alarms", stage, settings)
        if is_retrained(settings):
            self.retraining = Retraining(self, "Retraining", stage, settings, folder, deployed.resource)
        ModelDashboard(self, "Dashboard", stage, settings, self.alarms.arns)
