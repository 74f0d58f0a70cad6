"""Resources that live by the clock: schedules, a bus with rules, alarms, a topic, a dashboard, and functions to run."""

from typing import Any

from tests.contract.local.template import Resources, base_resources, function

BUS, TOPIC = "tiny-events", "tiny-alerts"


def schedule(expression: str, target: Any, text: str = "{}", **more: Any) -> Resources:
    """A schedule as CDK emits it."""
    role = {"Fn::GetAtt": ["Role", "Arn"]}
    retries = {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185}
    properties = {
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "ScheduleExpression": expression,
        "ScheduleExpressionTimezone": "Etc/UTC",
        "State": "ENABLED",
        "Target": {"Arn": target, "RoleArn": role, "Input": text, "RetryPolicy": retries},
    }
    return {"Type": "AWS::Scheduler::Schedule", "Properties": {**properties, **more}}


def rule(pattern: Any, targets: list[Any], bus: Any = None) -> Resources:
    """A rule with a pattern."""
    properties = {"EventPattern": pattern, "State": "ENABLED", "Targets": targets}
    return {"Type": "AWS::Events::Rule", "Properties": properties | ({"EventBusName": bus} if bus else {})}


def permission(of: str, principal: str, source: Any) -> Resources:
    properties = {
        "FunctionName": {"Fn::GetAtt": [of, "Arn"]},
        "Action": "lambda:InvokeFunction",
        "Principal": principal,
        "SourceArn": source,
    }
    return {"Type": "AWS::Lambda::Permission", "Properties": properties}


def alarm(name: str, **properties: Any) -> Resources:
    """An alarm of one-minute periods that tells the topic."""
    given = {
        "AlarmName": name,
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "AlarmActions": [{"Ref": "Topic"}],
        "OKActions": [{"Ref": "Topic"}],
        "TreatMissingData": "notBreaching",
        **properties,
    }
    return {"Type": "AWS::CloudWatch::Alarm", "Properties": given}


def time_resources() -> Resources:
    """The base with what the tests of time need. The function `told` prints what it is given."""
    told = {"Fn::GetAtt": ["Told", "Arn"]}
    of_work = [{"Name": "FunctionName", "Value": "work"}]
    share = [
        {"Id": "share", "Expression": "IF(FILL(n, 0) > 1, e / n, 0)", "ReturnData": True},
        *(
            {
                "Id": name,
                "MetricStat": {
                    "Metric": {"Namespace": "AWS/Lambda", "MetricName": metric, "Dimensions": of_work},
                    "Period": 60,
                    "Stat": "Sum",
                },
                "ReturnData": False,
            }
            for name, metric in (("e", "Errors"), ("n", "Invocations"))
        ),
    ]
    changed = {
        "source": ["aws.cloudwatch"],
        "detail-type": ["CloudWatch Alarm State Change"],
        "detail": {"previousState": {"value": [{"anything-but": "INSUFFICIENT_DATA"}]}},
    }
    return {
        **base_resources(),
        "ToldLogs": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/aws/lambda/told"}},
        "Told": function("told", "told", Timeout=5),
        "Group": {"Type": "AWS::Scheduler::ScheduleGroup", "Properties": {"Name": "tiny"}},
        "Hourly": schedule(
            "cron(5 * * * ? *)", told,
            '{"what": "hourly", "time": "<aws.scheduler.scheduled-time>", "arn": "<aws.scheduler.schedule-arn>"}',
            Name="hourly", GroupName={"Ref": "Group"},
        ),
        "Failing": schedule(
            "cron(0 6 * * ? *)", {"Fn::GetAtt": ["Work", "Arn"]}, '{"raise": "on purpose"}', Name="failing"
        ),
        "Off": schedule("rate(1 minute)", told, '{"what": "off"}', Name="off", State="DISABLED"),
        "Daily": {"Type": "AWS::Events::Rule", "Properties": {
            "Name": "daily", "ScheduleExpression": "cron(0 12 * * ? *)", "State": "ENABLED",
            "Targets": [{"Arn": told, "Id": "Target0"}]}},
        "DailyMay": permission("Told", "events.amazonaws.com", {"Fn::GetAtt": ["Daily", "Arn"]}),
        "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": BUS}},
        "BusPolicy": {"Type": "AWS::Events::EventBusPolicy", "Properties": {
            "EventBusName": {"Ref": "Bus"}, "StatementId": "a", "Statement": {"Effect": "Allow"}}},
        "Verdicts": rule(
            {"source": ["trimtab"], "detail": {"verdict": [{"anything-but": "KEEP"}]}},
            [
                {"Arn": told, "Id": "Target0", "InputTransformer": {
                    "InputPathsMap": {"detail-model": "$.detail.model", "time": "$.time"},
                    "InputTemplate": '{"what": "verdict", "model": <detail-model>, "said": "at <time>"}'}},
                {"Arn": {"Ref": "Topic"}, "Id": "Target1"},
            ],
            bus={"Ref": "Bus"},
        ),
        "VerdictsMay": permission("Told", "events.amazonaws.com", {"Fn::GetAtt": ["Verdicts", "Arn"]}),
        "Unlet": rule({"source": ["unlet"]}, [{"Arn": told, "Id": "Target0"}]),
        "Changes": rule(changed, [{"Arn": told, "Id": "Target0"}]),
        "ChangesMay": permission("Told", "events.amazonaws.com", {"Fn::GetAtt": ["Changes", "Arn"]}),
        "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": TOPIC}},
        "TopicPolicy": {"Type": "AWS::SNS::TopicPolicy", "Properties": {
            "Topics": [{"Ref": "Topic"}], "PolicyDocument": {"Version": "2012-10-17", "Statement": []}}},
        "Mail": {"Type": "AWS::SNS::Subscription", "Properties": {
            "TopicArn": {"Ref": "Topic"}, "Protocol": "email", "Endpoint": "you@example.org"}},
        "Errors": alarm("work-errors", Namespace="AWS/Lambda", MetricName="Errors", Statistic="Sum",
                        Dimensions=of_work, AlarmDescription="work fails"),
        "Share": alarm("work-share", Threshold=0.5, Metrics=share, AlarmActions=[told], OKActions=[]),
        "ShareMay": permission("Told", "lambda.alarms.cloudwatch.amazonaws.com", {"Fn::GetAtt": ["Share", "Arn"]}),
        "Slow": alarm("tiny-slow", Namespace="Tiny", MetricName="Latency", ExtendedStatistic="p90", Threshold=100,
                      Dimensions=[{"Name": "model", "Value": "m"}]),
        "Absent": alarm("tiny-absent", Namespace="Tiny", MetricName="Heartbeat", Statistic="SampleCount",
                        ComparisonOperator="LessThanThreshold", TreatMissingData="breaching", Period=3600,
                        WarmUpConfiguration={"WarmUpPeriodDurationInMinutes": 120}),
        "Board": {"Type": "AWS::CloudWatch::Dashboard", "Properties": {
            "DashboardName": "tiny", "DashboardBody": '{"widgets": []}'}},
    }  # fmt: skip
