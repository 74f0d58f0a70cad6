"""What an auditor reads to verify the audit chain on a machine of his own, trusting no function of the stage."""

from aws_cdk import aws_iam as iam

from infra.audit import Audit
from infra.registration import Registration
from infra.storage import Storage


def verification_rights(storage: Storage, audit: Audit, registration: Registration) -> list[iam.PolicyStatement]:
    """Rights to read the registry, the artifacts and the sealed heads, and to ask the key about signatures."""
    artifacts, sealed = storage.artifacts, audit.bucket
    return [
        iam.PolicyStatement(
            sid="ReadRegistry",
            actions=["dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"],
            resources=[storage.registry.table_arn],
        ),
        iam.PolicyStatement(
            sid="ReadArtifacts",
            actions=["s3:GetObject", "s3:ListBucket"],
            resources=[artifacts.bucket_arn, artifacts.arn_for_objects("*")],
        ),
        iam.PolicyStatement(
            sid="ReadHeads",
            actions=["s3:GetObjectVersion", "s3:ListBucketVersions"],
            resources=[sealed.bucket_arn, sealed.arn_for_objects("*")],
        ),
        iam.PolicyStatement(
            sid="CheckSignatures", actions=["kms:DescribeKey", "kms:Verify"], resources=[registration.key.key_arn]
        ),
    ]
