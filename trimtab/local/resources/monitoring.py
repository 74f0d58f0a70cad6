"""CloudWatch alarms and dashboards; SNS topics, their policies and subscriptions."""

import json
from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError

from functions.domain.errors import MisconfiguredError
from trimtab.local.alarm_definition import read_alarm
from trimtab.local.alarm_state import read_warm_up
from trimtab.local.resources.resource_type import Context, Made, Properties, ResourceType, known, tag_list, tags_if_any
from trimtab.local.stacks import Resource

ALARM = (
    "AlarmDescription", "ActionsEnabled", "AlarmActions", "OKActions", "InsufficientDataActions", "Namespace",
    "MetricName", "Dimensions", "Period", "Statistic", "ExtendedStatistic", "Unit", "EvaluationPeriods",
    "DatapointsToAlarm", "Threshold", "ComparisonOperator", "TreatMissingData", "EvaluateLowSampleCountPercentile",
    "Metrics", "WarmUpConfiguration",
)  # fmt: skip
PROTOCOLS = ("sqs", "http", "https", "email", "email-json")
SUBSCRIPTION = ("FilterPolicy", "FilterPolicyScope", "RawMessageDelivery", "RedrivePolicy")


def put_alarm(context: Context, name: str, properties: Properties, existing: Resource | None) -> Made:
    alarm = properties.get("AlarmName") or name
    asked = {key: properties[key] for key in ALARM if key in properties}
    read_alarm({"AlarmName": alarm, **asked})
    read_warm_up(asked.get("WarmUpConfiguration"))
    context.client("cloudwatch").put_metric_alarm(AlarmName=alarm, **_typed(asked), **tags_if_any(properties))
    return Made(alarm, {"Arn": context.arn("cloudwatch", f"alarm:{alarm}")})


def delete_alarm(context: Context, resource: Resource) -> None:
    context.client("cloudwatch").delete_alarms(AlarmNames=[resource.physical_id])


def _typed(asked: dict[str, Any]) -> dict[str, Any]:
    """Numbers as the API takes them; templates may hold them as text."""
    made = dict(asked)
    for key in ("Period", "EvaluationPeriods", "DatapointsToAlarm"):
        if key in made:
            made[key] = int(made[key])
    made["Threshold"] = float(made["Threshold"])
    return made


def put_dashboard(context: Context, name: str, properties: Properties, existing: Resource | None) -> Made:
    dashboard, body = properties.get("DashboardName") or name, properties["DashboardBody"]
    try:
        json.loads(body)
    except ValueError:
        raise MisconfiguredError(f"the body of dashboard {dashboard} is no JSON") from None
    context.client("cloudwatch").put_dashboard(DashboardName=dashboard, DashboardBody=body)
    return Made(dashboard, {})


def delete_dashboard(context: Context, resource: Resource) -> None:
    context.client("cloudwatch").delete_dashboards(DashboardNames=[resource.physical_id])


def put_topic(context: Context, name: str, properties: Properties, existing: Resource | None) -> Made:
    topic = properties.get("TopicName") or name
    if properties.get("FifoTopic"):
        raise MisconfiguredError(f"topic {topic}: the local cloud does no FIFO topics")
    if properties.get("Subscription"):
        raise MisconfiguredError(f"topic {topic}: write its subscriptions as resources of their own")
    sns = context.client("sns")
    arn = sns.create_topic(Name=topic, Tags=tag_list(properties))["TopicArn"]
    for key in ("DisplayName", "KmsMasterKeyId"):
        if key in properties:
            sns.set_topic_attributes(TopicArn=arn, AttributeName=key, AttributeValue=properties[key])
    return Made(arn, {"TopicArn": arn, "TopicName": topic})


def delete_topic(context: Context, resource: Resource) -> None:
    context.client("sns").delete_topic(TopicArn=resource.physical_id)


def put_topic_policy(context: Context, name: str, properties: Properties, existing: Resource | None) -> Made:
    policy = json.dumps(properties["PolicyDocument"])
    for topic in properties["Topics"]:
        context.client("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
    return Made(name, {"Id": name})


def delete_topic_policy(context: Context, resource: Resource) -> None:
    """It goes with its topic."""


def put_subscription(context: Context, name: str, properties: Properties, existing: Resource | None) -> Made:
    protocol = properties["Protocol"]
    if protocol not in PROTOCOLS:
        raise MisconfiguredError(f"the local cloud's topics reach {', '.join(PROTOCOLS)}: not {protocol}")
    if existing is not None:
        delete_subscription(context, existing)
    sns = context.client("sns")
    arn = sns.subscribe(
        TopicArn=properties["TopicArn"], Protocol=protocol, Endpoint=properties["Endpoint"], ReturnSubscriptionArn=True
    )["SubscriptionArn"]
    for key in SUBSCRIPTION:
        if value := properties.get(key):  # moto takes any RawMessageDelivery that is text for true
            text = value if isinstance(value, str) else json.dumps(value)
            sns.set_subscription_attributes(SubscriptionArn=arn, AttributeName=key, AttributeValue=text)
    return Made(arn, {"Arn": arn})


def delete_subscription(context: Context, resource: Resource) -> None:
    with suppress(ClientError):  # gone with its topic
        context.client("sns").unsubscribe(SubscriptionArn=resource.physical_id)


TYPES = {
    "AWS::CloudWatch::Alarm": ResourceType(known("AlarmName", *ALARM), put_alarm, delete_alarm),
    "AWS::CloudWatch::Dashboard": ResourceType(
        known("DashboardName", "DashboardBody"), put_dashboard, delete_dashboard
    ),
    "AWS::SNS::Topic": ResourceType(
        known("TopicName", "DisplayName", "KmsMasterKeyId", "FifoTopic", "Subscription"), put_topic, delete_topic
    ),
    "AWS::SNS::TopicPolicy": ResourceType(known("Topics", "PolicyDocument"), put_topic_policy, delete_topic_policy),
    "AWS::SNS::Subscription": ResourceType(
        known("TopicArn", "Protocol", "Endpoint", "Region", *SUBSCRIPTION), put_subscription, delete_subscription
    ),
}
