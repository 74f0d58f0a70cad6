"""What sets `roll_out` off beside people: its schedule, the gate's word and verdicts on the stage's bus, and alarms."""

import json
from collections.abc import Mapping
from typing import Any

from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from functions.domain.rollback import BLAMED_ALARMS
from infra.caller_role import caller_role, schedule_group
from infra.stage import StageContext


class RolloutTriggers(Construct):
    """One schedule and three rules a stage. An event that `roll_out` fails on is run twice more by Lambda's own queue,
    and one that its target did not take is tried again for an hour: every run is safe to repeat.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        stage: StageContext,
        function: lambda_.IFunction,
        bus: events.IEventBus,
    ) -> None:
        super().__init__(scope, construct_id)
        self._stage = stage
        self._function = function
        self._on_schedule()
        passed = {"detail-type": ["Gate"], "detail": {"decision": ["passed"]}}
        self._on("Gate", "A challenger that passed the gate is rolled out", {"source": ["trimtab"], **passed}, bus)
        back = {"detail-type": ["Verdict"], "detail": {"verdict": ["ROLL_BACK"]}}
        self._on("Verdict", "A verdict takes the live release back", {"source": ["trimtab"], **back}, bus)
        self._on("Alarm", "An alarm takes a release back that has just been rolled out", self._alarms(), None)

    def _alarms(self) -> dict[str, Any]:
        """Alarms of any model that a release can be the cause of, going off."""
        prefixes = [{"prefix": f"{self._stage.names.alarm(what)}-"} for what in BLAMED_ALARMS]
        return {
            "source": ["aws.cloudwatch"],
            "detail-type": ["CloudWatch Alarm State Change"],
            "detail": {"alarmName": prefixes, "state": {"value": ["ALARM"]}},
        }

    def _on(self, what: str, description: str, pattern: Mapping[str, Any], bus: events.IEventBus | None) -> None:
        rule = events.CfnRule(
            self,
            f"On{what}",
            event_bus_name=None if bus is None else bus.event_bus_name,
            description=description,
            event_pattern=pattern,
            state="ENABLED",
            targets=[
                events.CfnRule.TargetProperty(
                    id="roll-out",
                    arn=self._function.function_arn,
                    retry_policy=events.CfnRule.RetryPolicyProperty(
                        maximum_retry_attempts=10, maximum_event_age_in_seconds=3_600
                    ),
                )
            ],
        )
        lambda_.CfnPermission(
            self,
            f"Let{what}",
            action="lambda:InvokeFunction",
            function_name=self._function.function_name,
            principal="events.amazonaws.com",
            source_arn=rule.attr_arn,
        )

    def _on_schedule(self) -> None:
        minutes = self._stage.settings.roll_out_minutes
        scheduler.CfnSchedule(
            self,
            "Schedule",
            name=self._stage.names.function("roll_out"),
            description="Goes on with the rollouts of all models",
            schedule_expression="cron(* * * * ? *)" if minutes == 1 else _cron(minutes),
            schedule_expression_timezone="UTC",
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=self._function.function_arn,
                role_arn=self._role().role_arn,
                input=json.dumps({"action": "reconcile", "time": "<aws.scheduler.scheduled-time>", "by": "schedule"}),
                # The next one is due before long: an attempt that was lost is not made again.
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_retry_attempts=0, maximum_event_age_in_seconds=60
                ),
            ),
        )

    def _role(self) -> iam.Role:
        return caller_role(
            self,
            "Role",
            service="scheduler",
            source=schedule_group(self),
            description="What the schedule of roll_out may do",
            may=iam.PolicyStatement(
                sid="GoOn", actions=["lambda:InvokeFunction"], resources=[self._function.function_arn]
            ),
        )


def _cron(minutes: int) -> str:
    """Each so many minutes, from midnight UTC on; whole hours at 25 past, when the hour's table is made and judged."""
    if minutes < 60:
        return f"cron(*/{minutes} * * * ? *)"
    return f"cron(25 */{minutes // 60} * * ? *)"
