"""The platform stack, one a stage: what all models share."""

from aws_cdk import CfnOutput, RemovalPolicy
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.access_policies import StageAccess
from infra.alarms import SharedAlarms
from infra.alerts import Alerts
from infra.audit import Audit
from infra.correction import Correction
from infra.dashboard import SharedDashboard
from infra.deployer import Deployer
from infra.evaluation import Evaluation
from infra.findings import accept
from infra.firewall import Firewall
from infra.management import Management
from infra.registration import Registration
from infra.rollout import Rollout
from infra.rollout_triggers import RolloutTriggers
from infra.stage import StageContext
from infra.stage_stack import StageStack
from infra.storage import Storage
from infra.verification_rights import verification_rights


class PlatformStack(StageStack):
    """Storage, firewall, the functions that publish and judge, the management API, who is told, API Gateway's right to
    write logs.
    """

    def __init__(self, scope: Construct, stage: StageContext) -> None:
        super().__init__(scope, stage.names.platform_stack, stage, "storage, registry, roll-out, evaluation, firewall")
        self.storage = Storage(self, "Storage", stage)
        self.alerts = Alerts(self, "Alerts", stage)
        self.registration = Registration(self, "Registration", stage, self.storage)
        self.rollout = Rollout(self, "Rollout", stage, self.storage, self.alerts.bus, self.registration)
        RolloutTriggers(self, "RolloutTriggers", stage, self.rollout.roll_out.function, self.alerts.bus)
        self.evaluation = Evaluation(self, "Evaluation", stage, self.storage, self.alerts.bus)
        self.correction = Correction(self, "Correction", stage, self.storage, self.alerts.bus, self.registration)
        self.audit = Audit(self, "Audit", stage, self.storage)
        shared = SharedAlarms(self, "Alarms", stage)
        SharedDashboard(self, "Dashboard", stage, shared.arns)
        self.firewall = Firewall(self, "Firewall", stage)
        account = self._let_api_gateway_log()
        acl = self.firewall.web_acl.attr_arn
        self.management = Management(self, "Management", stage, self.storage, self.audit, self.registration, acl)
        self.management.http.api.deployment_stage.node.add_dependency(account)  # else it could not write its logs
        verify = verification_rights(self.storage, self.audit, self.registration)
        StageAccess(self, "Access", stage, self.management.http.api, verify, self.rollout.bootstrap.function)
        if stage.settings.deployer_repository is not None:
            Deployer(self, "Deployer", stage, stage.settings.deployer_repository, self.management.http.api)
        CfnOutput(self, "DataBucket", value=self.storage.data.bucket_name)
        CfnOutput(self, "ArtifactBucket", value=self.storage.artifacts.bucket_name)
        CfnOutput(self, "AuditBucket", value=self.audit.bucket.bucket_name)
        CfnOutput(self, "RegistryTable", value=self.storage.registry.table_name)
        CfnOutput(self, "RollOutFunction", value=self.rollout.roll_out.function.function_name)
        CfnOutput(self, "AlertTopic", value=self.alerts.topic.topic_arn)

    def _let_api_gateway_log(self) -> apigateway.CfnAccount:
        """One setting for the whole account and region: it stays when this stage goes, others may lean on it."""
        role = iam.Role(
            self,
            "ApiGatewayLogs",
            assumed_by=iam.ServicePrincipal("apigateway.amazonaws.com"),
            description="API Gateway writes its logs to CloudWatch",
            managed_policies=[
                iam.ManagedPolicy.from_aws_managed_policy_name("service-role/AmazonAPIGatewayPushToCloudWatchLogs")
            ],
        )
        accept(
            role,
            "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/"
            "AmazonAPIGatewayPushToCloudWatchLogs]",
            "API Gateway refuses an account role that can do less than this policy, on all log groups.",
        )
        account = apigateway.CfnAccount(self, "ApiGatewayAccount", cloud_watch_role_arn=role.role_arn)
        role.apply_removal_policy(RemovalPolicy.RETAIN)
        account.apply_removal_policy(RemovalPolicy.RETAIN)
        return account
