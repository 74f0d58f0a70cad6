"""`register`, and the key that it alone signs versions with."""

from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.findings import accept_wildcard
from infra.lambda_function import LambdaFunction, Runs
from infra.registry_rights import AUDIT_CHAIN, EVERY_MODEL, MODELS, registry_statement
from infra.stage import StageContext
from infra.storage import Storage

_UPLOADS, _VERSIONS = "incoming/*", "artifacts/*"
# What the account's administrators may do with the key: all but sign, and but hand that right on by a grant.
_ADMINISTRATION = (
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:EnableKey",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:GetPublicKey",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:RevokeGrant",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
    "kms:Verify",
)


class Registration(Construct):
    """The function, one for all models of a stage, and its key (ECDSA on NIST P-256)."""

    def __init__(self, scope: Construct, construct_id: str, stage: StageContext, storage: Storage) -> None:
        super().__init__(scope, construct_id)
        self._storage = storage
        self.key = kms.Key(
            self,
            "Key",
            description=f"Signs the versions of the models of stage {stage.name}",
            alias=stage.names.signing_key,
            key_spec=kms.KeySpec.ECC_NIST_P256,
            key_usage=kms.KeyUsage.SIGN_VERIFY,
            policy=iam.PolicyDocument(statements=[self._administration()]),
            removal_policy=stage.removal,
            pending_window=Duration.days(30),
        )
        self.register = LambdaFunction(
            self,
            "Register",
            stage,
            "register",
            description="Makes an uploaded artifact a version of its model: numbered, kept for good, signed",
            runs=Runs(memory=1024, timeout=Duration.minutes(2)),
            environment={
                "REGISTRY_TABLE": storage.registry.table_name,
                "ARTIFACT_BUCKET": storage.artifacts.bucket_name,
                "SIGNING_KEY": self.key.key_arn,
            },
            statements=self._rights(),
        )
        self._let_it_alone_sign()
        self._accept_findings()

    def verifying(self) -> iam.PolicyStatement:
        """The right to hold a signature against the key."""
        return iam.PolicyStatement(sid="VerifySignatures", actions=["kms:Verify"], resources=[self.key.key_arn])

    def asking(self) -> iam.PolicyStatement:
        """The right to have an upload registered."""
        arn = self.register.function.function_arn
        return iam.PolicyStatement(sid="AskToRegister", actions=["lambda:InvokeFunction"], resources=[arn])

    def _administration(self) -> iam.PolicyStatement:
        return iam.PolicyStatement(
            sid="AdministerAndVerify",
            principals=[iam.AccountPrincipal(Stack.of(self).account)],
            actions=list(_ADMINISTRATION),
            resources=["*"],  # in a key's policy that is the key
        )

    def _let_it_alone_sign(self) -> None:
        """Allowed by the key's own policy, and denied to everybody else whatever their own policies say."""
        role = self.register.role.role_arn  # which has no statement on the key: one of the two must stand first
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="RegisterSigns",
                principals=[iam.ArnPrincipal(role)],
                actions=["kms:Sign", "kms:Verify"],
                resources=["*"],
            )
        )
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="NobodyElseSigns",
                effect=iam.Effect.DENY,
                principals=[iam.AnyPrincipal()],
                actions=["kms:Sign", "kms:CreateGrant"],
                resources=["*"],
                conditions={"ArnNotEquals": {"aws:PrincipalArn": role}},
            )
        )

    def _rights(self) -> list[iam.PolicyStatement]:
        bucket, registry = self._storage.artifacts, self._storage.registry
        actions = ["dynamodb:GetItem", "dynamodb:PutItem"]
        return [
            iam.PolicyStatement(
                sid="ReadArtifacts",
                actions=["s3:GetObject"],
                resources=[bucket.arn_for_objects(_UPLOADS), bucket.arn_for_objects(_VERSIONS)],
            ),
            iam.PolicyStatement(
                sid="KeepArtifacts", actions=["s3:PutObject"], resources=[bucket.arn_for_objects(_VERSIONS)]
            ),
            registry_statement(registry, "RegisterVersions", actions, EVERY_MODEL, MODELS, AUDIT_CHAIN),
        ]

    def _accept_findings(self) -> None:
        for prefix in (_UPLOADS, _VERSIONS):
            reason = "Artifacts of all models lie under this prefix; what is outside it stays out of reach."
            accept_wildcard(self.register.role, self._storage.artifacts.arn_for_objects(prefix), reason)
