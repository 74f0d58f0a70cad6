"""The role that CI takes to deploy a stage: for one environment of one repository, and for as long as a job runs."""

from aws_cdk import Aws, CfnOutput, Duration, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.access import DEPLOYER, management_paths
from infra.findings import accept_wildcard
from infra.stage import StageContext

ISSUER = "token.actions.githubusercontent.com"
# What `cdk bootstrap` made, by CDK's own names; CloudFormation's execution role is taken by CloudFormation alone.
_BOOTSTRAP_ROLES = ("deploy", "file-publishing", "image-publishing", "lookup")
_QUALIFIER = "hnb659fds"


class Deployer(Construct):
    """`trimtab-<stage>-deployer`: takes on the roles of `cdk bootstrap`, and calls what infra/access.py says.

    GitHub's provider is the account's, one for all stages, and is made once by hand (docs/on-aws.md). The boundary is
    the same as the rights: whatever somebody attaches to the role later, it can do no more.
    """

    def __init__(
        self, scope: Construct, construct_id: str, stage: StageContext, repository: str, api: apigateway.RestApi
    ) -> None:
        super().__init__(scope, construct_id)
        stack, name = Stack.of(self), stage.names.access(DEPLOYER.name)
        execute = f"arn:{Aws.PARTITION}:execute-api:{stack.region}:{stack.account}:{api.rest_api_id}/{stage.name}/"
        calls = [execute + path for path in management_paths(DEPLOYER)]
        bootstrap = f"arn:{Aws.PARTITION}:iam::{stack.account}:role/cdk-{_QUALIFIER}"
        policy = iam.ManagedPolicy(
            self,
            "Policy",
            managed_policy_name=name,
            description=f"CI {DEPLOYER.who}; also the boundary of its role",
            statements=[
                iam.PolicyStatement(
                    sid="Deploy",
                    actions=["sts:AssumeRole"],
                    resources=[f"{bootstrap}-{one}-role-{stack.account}-{stack.region}" for one in _BOOTSTRAP_ROLES],
                ),
                iam.PolicyStatement(sid="Call", actions=["execute-api:Invoke"], resources=calls),
            ],
        )
        for call in calls:
            if "*" in call:
                accept_wildcard(policy, call, "A pattern for whatever stands for a path's parameter.")
        role = iam.Role(
            self,
            "Role",
            role_name=name,
            description=f"GitHub's {repository}, environment {stage.name}: {DEPLOYER.who}",
            assumed_by=iam.WebIdentityPrincipal(
                f"arn:{Aws.PARTITION}:iam::{stack.account}:oidc-provider/{ISSUER}",
                {
                    "StringEquals": {
                        f"{ISSUER}:aud": "sts.amazonaws.com",
                        f"{ISSUER}:sub": f"repo:{repository}:environment:{stage.name}",
                    }
                },
            ),
            managed_policies=[policy],
            permissions_boundary=policy,
            max_session_duration=Duration.hours(1),
        )
        CfnOutput(self, "RoleArn", value=role.role_arn, description="GitHub's variable AWS_ROLE").override_logical_id(
            "DeployerRole"
        )
