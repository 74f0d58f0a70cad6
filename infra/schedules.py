"""When a model's log is made a table, and when it is judged: both by the clock, in UTC."""

import json
from datetime import timedelta

from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct, IDependable

from functions.adapters.model_settings import ModelSettings
from functions.domain.durations import duration
from infra.caller_role import caller_role, schedule_group
from infra.lambda_function import function_arn
from infra.stage import StageContext

# An hour's last records reach S3 within the stream's buffer, at most a quarter of an hour; evaluate waits for compact.
_COMPACT_MINUTE, _EVALUATE_MINUTE = 5, 15
_HOUR, _DAY, _WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
# An attempt that Scheduler could not hand to Lambda is made again, while the next one has not replaced it.
_ATTEMPTS, _LONGEST_S = 10, 3_600


class Schedules(Construct):
    """The two schedules of a model, and the role that may invoke these two functions and nothing else.

    Scheduler hands an event to Lambda's own queue, which runs a failed event twice more; every run is safe to repeat.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        stage: StageContext,
        settings: ModelSettings,
        *,
        after: IDependable,
    ) -> None:
        super().__init__(scope, construct_id)
        self._stage = stage
        self._model = settings.model.name
        self._functions = {verb: function_arn(self, stage.names.function(verb)) for verb in ("compact", "evaluate")}
        self._role = self._make_role()
        every = duration(settings.evaluate.schedule)
        self._add("compact", cron(_COMPACT_MINUTE, compact_every(stage, every)), after)
        self._add("evaluate", cron(_EVALUATE_MINUTE, every), after)

    def _make_role(self) -> iam.Role:
        return caller_role(
            self,
            "Role",
            service="scheduler",
            source=schedule_group(self),
            description=f"What the schedules of {self._model} may do",
            may=iam.PolicyStatement(
                sid="Judge", actions=["lambda:InvokeFunction"], resources=list(self._functions.values())
            ),
        )

    def _add(self, verb: str, expression: str, after: IDependable) -> None:
        event = {"model": self._model, "time": "<aws.scheduler.scheduled-time>", "by": "schedule"}
        schedule = scheduler.CfnSchedule(
            self,
            verb.title(),
            name=self._stage.names.function(verb, self._model),
            description=f"Runs {verb} for model {self._model}",
            schedule_expression=expression,
            schedule_expression_timezone="UTC",
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=self._functions[verb],
                role_arn=self._role.role_arn,
                input=json.dumps(event),
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_retry_attempts=_ATTEMPTS, maximum_event_age_in_seconds=_LONGEST_S
                ),
            ),
        )
        schedule.node.add_dependency(after)


def compact_every(stage: StageContext, evaluated: timedelta) -> timedelta:
    """How often the table is brought up to date: as the stage says, and before each evaluation."""
    return min(timedelta(hours=stage.settings.compact_hours), evaluated)


def cron(minute: int, every: timedelta) -> str:
    """An EventBridge Scheduler expression: at this minute, each `every`, counted from midnight or Monday, UTC."""
    if every == _WEEK:
        return f"cron({minute} 0 ? * MON *)"
    if every == _DAY:
        return f"cron({minute} 0 * * ? *)"
    return f"cron({minute} */{every // _HOUR} * * ? *)"
