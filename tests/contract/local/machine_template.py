"""A state machine as CDK emits it, and what starts it: a rule and schedules, through roles that may or may not."""

import json
from typing import Any

from tests.contract.local.template import ACCOUNT, REGION, Resources, base_resources, function
from tests.contract.local.time_template import rule, schedule

MACHINE = "tiny-correct"
ARN = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{MACHINE}"
STEP = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:step"
RETRY = [{"ErrorEquals": ["TransientError"], "IntervalSeconds": 20, "MaxAttempts": 2, "BackoffRate": 2}]


def invoke(step: str, asked: str, **more: Any) -> dict[str, Any]:
    """A task that invokes the function `step`; `asked` is the path of what it does."""
    payload = {
        "step": step,
        "asked.$": asked,
        "execution.$": "$$.Execution.Name",
        "started.$": "$$.Execution.StartTime",
    }
    task = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "OutputPath": "$.Payload"}
    return {**task, "Parameters": {"FunctionName": STEP, "Payload": payload}, **more}


def definition() -> str:
    """First -> (stop | wait an hour | go on) -> Second, a plain function -> Shape; an error is recorded, and fails."""
    caught = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Record"}]
    states = {
        "First": invoke("first", "$.first", Retry=RETRY, Catch=caught, Next="Decide"),
        "Decide": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.decision", "StringEquals": "stop", "Next": "Done"},
                {"Variable": "$.decision", "StringEquals": "wait", "Next": "Hour"},
            ],
            "Default": "Second",
        },
        "Hour": {"Type": "Wait", "Seconds": 3600, "Next": "Second"},
        "Second": {"Type": "Task", "Resource": STEP, "Parameters": {"step": "second"}, "Next": "Shape"},
        "Shape": {"Type": "Pass", "Parameters": {"last.$": "$.step"}, "Next": "Done"},
        "Done": {"Type": "Succeed"},
        "Record": invoke("record", "$.recorded", Next="Failed"),
        "Failed": {"Type": "Fail", "Error": "Failed", "Cause": "see the record"},
    }
    return json.dumps({"StartAt": "First", "States": states})


def joined(text: str) -> Any:
    """The definition as CDK writes it: pieces, with the function's ARN as an expression between them."""
    pieces: list[Any] = []
    for piece in text.split(STEP):
        pieces += [piece, {"Fn::GetAtt": ["Step", "Arn"]}]
    return {"Fn::Join": ["", pieces[:-1]]}


def role(service: str, *resources: Any) -> Resources:
    """A role for a service that may start these state machines."""
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": f"{service}.amazonaws.com"}}
    may = {"Effect": "Allow", "Action": "states:StartExecution", "Resource": list(resources) or ["arn:aws:states:::no"]}
    policies = [{"PolicyName": "start", "PolicyDocument": {"Version": "2012-10-17", "Statement": [may]}}]
    properties = {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]}, "Policies": policies}
    return {"Type": "AWS::IAM::Role", "Properties": properties}


def state_machine(**properties: Any) -> Resources:
    """The state machine."""
    given = {
        "StateMachineName": MACHINE,
        "StateMachineType": "STANDARD",
        "DefinitionString": joined(definition()),
        "RoleArn": {"Fn::GetAtt": ["MachineRole", "Arn"]},
        "TracingConfiguration": {"Enabled": True},
        "LoggingConfiguration": {
            "Level": "ALL",
            "IncludeExecutionData": False,
            "Destinations": [{"CloudWatchLogsLogGroup": {"LogGroupArn": {"Fn::GetAtt": ["StepLogs", "Arn"]}}}],
        },
        "Tags": [{"Key": "trimtab", "Value": "tiny"}],
    }
    return {"Type": "AWS::StepFunctions::StateMachine", "Properties": {**given, **properties}}


def machine_resources() -> Resources:
    """The base with the machine, a rule and schedules that start it, and one whose role does not let it."""
    machine, may, may_not = (
        {"Ref": "Machine"},
        {"Fn::GetAtt": ["SchedulerRole", "Arn"]},
        {"Fn::GetAtt": ["OtherRole", "Arn"]},
    )
    slow = '{"first": {"sleep": 0.4}, "time": "<aws.scheduler.scheduled-time>"}'

    def started(expression: str, name: str, text: str, role_arn: Any) -> Resources:
        made = schedule(expression, machine, text, Name=name)
        made["Properties"]["Target"]["RoleArn"] = role_arn
        return made

    verdict = {
        "Arn": machine,
        "Id": "Target0",
        "RoleArn": {"Fn::GetAtt": ["RuleRole", "Arn"]},
        "InputTransformer": {
            "InputPathsMap": {"model": "$.detail.model", "time": "$.time"},
            "InputTemplate": '{"model": <model>, "time": <time>, "first": {"decision": "stop"}}',
        },
    }
    unlet = {**verdict, "RoleArn": {"Fn::GetAtt": ["SchedulerRole", "Arn"]}}
    return {
        **base_resources(),
        "StepLogs": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/aws/lambda/step"}},
        "Step": function("step", "step", Timeout=5),
        "MachineRole": role("states"),
        "RuleRole": role("events", machine),
        "SchedulerRole": role("scheduler", machine),
        "OtherRole": role("scheduler"),
        "Machine": state_machine(),
        "Verdicts": rule({"source": ["trimtab"]}, [verdict]),
        "Unlet": rule({"source": ["unlet"]}, [unlet]),
        "Weekly": started("cron(30 1 ? * MON *)", "weekly", slow, may),
        "After": schedule("cron(31 1 ? * MON *)", {"Fn::GetAtt": ["Step", "Arn"]}, '{"step": "after"}', Name="after"),
        "Unable": started("cron(0 3 ? * TUE *)", "unable", "{}", may_not),
    }  # fmt: skip
