"""A model's stack, one a model: what serves it. Its flood, its quota, its failure stay its own."""

from aws_cdk import Tags
from aws_cdk import aws_s3 as s3
from constructs import Construct

from functions.adapters.model_settings import ModelSettings
from infra.access import Access
from infra.http_api import HttpApi
from infra.platform_stack import PlatformStack
from infra.serving import Serving
from infra.stage import StageContext
from infra.stage_stack import StageStack


class ModelStack(StageStack):
    """predict, its prediction log, its REST API and who may call it.

    From the platform it takes the firewall's ARN as an import, and all else by name: what it doesn't import, the
    platform stays free to replace.
    """

    def __init__(self, scope: Construct, stage: StageContext, settings: ModelSettings, platform: PlatformStack) -> None:
        model = settings.model.name
        super().__init__(scope, stage.names.model_stack(model), stage, f"model {model}")
        self.add_stack_dependency(platform, "the alias is made by its bootstrap function, API Gateway logs by its role")
        Tags.of(self).add("model", model)
        data = s3.Bucket.from_bucket_name(self, "Data", stage.names.data_bucket)
        self.serving = Serving(self, "Serving", stage, settings, data)
        self.http = HttpApi(self, "Http", stage, settings, target=self.serving.live_arn, alias=self.serving.alias)
        self.http.stand_behind(platform.firewall.web_acl.attr_arn)
        self.access = Access(self, "Access", stage, settings, self.http)
