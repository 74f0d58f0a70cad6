"""What the template asks for and the local cloud does not do: a short list with reasons, printed at each deployment."""

from collections.abc import Callable, Iterable
from typing import Any

from trimtab.local.stacks import Resource, Stack

Asks = Callable[[dict[str, Any]], bool]


def _has(*path: str) -> Asks:
    def asks(properties: dict[str, Any]) -> bool:
        value: Any = properties
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        return bool(value)

    return asks


def _has_managed_rules(properties: dict[str, Any]) -> bool:
    return any("ManagedRuleGroupStatement" in rule["Statement"] for rule in properties.get("Rules") or [])


# Type, what is asked, how it is called, why it is not done.
NOT_DONE: tuple[tuple[str, Asks, str, str], ...] = (
    ("AWS::IAM::Role", lambda p: True, "rights of roles",
     "judged at the gateway, where roles are assumed, where a rule or schedule starts a state machine; not elsewhere"),
    ("AWS::S3::BucketPolicy", lambda p: True, "resource policies", "kept, not judged"),
    ("AWS::S3::Bucket", _has("LifecycleConfiguration"), "S3 lifecycle rules", "stored, nothing expires here"),
    ("AWS::S3::Bucket", _has("LoggingConfiguration"), "S3 server access logs", "moto writes none"),
    ("AWS::DynamoDB::Table", _has("PointInTimeRecoverySpecification"), "DynamoDB point-in-time recovery",
     "copy the state folder instead"),
    ("AWS::DynamoDB::Table", _has("TimeToLiveSpecification"), "DynamoDB time to live", "stored, nothing expires here"),
    ("AWS::Lambda::Function", lambda p: True, "memory and CPU of functions", "a function takes what it needs"),
    ("AWS::Lambda::Function", lambda p: p.get("PackageType") == "Image", "functions from container images",
     "made, not run: a call fails and says so"),
    ("AWS::Lambda::Function", lambda p: (p.get("TracingConfig") or {}).get("Mode") == "Active", "X-Ray traces",
     "trace ids are passed on, nothing collects them"),
    ("AWS::Lambda::Function", lambda p: (p.get("SnapStart") or {}).get("ApplyOn") == "PublishedVersions",
     "SnapStart snapshots", "its hooks run, but each environment initialises anew"),
    ("AWS::Lambda::Function", _has("KmsKeyArn"), "encryption at rest", "all lies in the state folder as it is"),
    ("AWS::StepFunctions::StateMachine", lambda p: True, "executions after a restart",
     "none goes on, and their history is gone"),
    ("AWS::StepFunctions::StateMachine", _has("LoggingConfiguration", "Destinations"), "logs of executions",
     "not written: GetExecutionHistory tells the same"),
    ("AWS::StepFunctions::StateMachine", _has("TracingConfiguration", "Enabled"), "X-Ray traces",
     "trace ids are passed on, nothing collects them"),
    ("AWS::Logs::LogGroup", _has("RetentionInDays"), "log retention", "a file begins anew at 64 MB"),
    ("AWS::KinesisFirehose::DeliveryStream", lambda p: True, "Firehose's error output and encryption",
     "what S3 does not take stays in the spool"),
    ("AWS::ApiGateway::Account", lambda p: True, "API Gateway's execution log", "the access log is written"),
    ("AWS::WAFv2::WebACL", _has_managed_rules, "WAF's managed rule groups", "AWS does not publish them"),
    ("AWS::WAFv2::WebACL", _has("VisibilityConfig"), "WAF's metrics and samples", "refusals are in the request lines"),
    ("AWS::Scheduler::Schedule", _has("Target", "DeadLetterConfig"), "dead-letter queues",
     "what fails for good is a line of the cloud's output"),
    ("AWS::Events::Rule", lambda p: any("DeadLetterConfig" in target for target in p.get("Targets") or []),
     "dead-letter queues", "what fails for good is a line of the cloud's output"),
    ("AWS::Events::EventBus", _has("DeadLetterConfig"), "dead-letter queues",
     "what fails for good is a line of the cloud's output"),
    ("AWS::Events::EventBus", _has("KmsKeyIdentifier"), "encryption at rest", "all lies in the state folder as it is"),
    ("AWS::Events::EventBusPolicy", lambda p: True, "resource policies", "kept, not judged"),
    ("AWS::SNS::Topic", _has("KmsMasterKeyId"), "encryption at rest", "all lies in the state folder as it is"),
    ("AWS::SNS::TopicPolicy", lambda p: True, "resource policies", "kept, not judged"),
    ("AWS::SNS::Subscription", lambda p: str(p.get("Protocol")).startswith("email"), "mail",
     "each message is a line of the cloud's output and of logs/sns/TOPIC.log"),
    ("AWS::SNS::Subscription", _has("RedrivePolicy"), "dead-letter queues",
     "what fails for good is a line of the cloud's output"),
    ("AWS::CloudWatch::Dashboard", lambda p: True, "dashboards", "kept, not drawn"),
)  # fmt: skip


def not_done(stacks: Iterable[Stack]) -> list[dict[str, str]]:
    """`{"what", "why"}` for each that some resource asks for, once."""
    resources: list[Resource] = [resource for stack in stacks for resource in stack.resources.values()]
    found: dict[str, str] = {}
    for kind, asks, what, why in NOT_DONE:
        if any(resource.type == kind and asks(resource.properties) for resource in resources):
            found.setdefault(what, why)
    return [{"what": what, "why": why} for what, why in found.items()]
