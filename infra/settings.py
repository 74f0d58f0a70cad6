"""What differs between stages, read from cdk.json's context `stages`; a stage is one deployment of everything."""

import os
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from functions.domain.errors import MisconfiguredError
from functions.domain.names import LOCAL_ACCOUNT, LOCAL_REGION, LOCAL_STAGE

# CloudWatch Logs keeps logs for one of these numbers of days, no other.
LogDays = Literal[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
]


class StageSettings(BaseModel):
    """One stage's settings.

    Attributes:
        name: the stage's name, part of every physical name and the path of every URL.
        log_days: how long logs are kept.
        keep_data: buckets, table and stacks are protected against deletion; otherwise they go with the stack.
        gateway_log_level: what API Gateway writes to its execution log.
        firewall_rate: requests that one address may send in five minutes before the firewall answers 429.
        stream_seconds, stream_mib: a record reaches S3 when one of them is reached.
        compact_hours: how many hours lie between two compactions of a model's log, where its evaluations don't ask for
            more. Each one starts a function; the local cloud's are 24, so that a replayed year takes minutes.
        roll_out_minutes: how many minutes lie between two looks at all models' rollouts; an alarm, a verdict and a
            person are heard at once. The local cloud's are 360, for the same reason.
        seal_hours: how many hours lie between two seals of the audit chain. The local cloud's are 24, as above.
        audit_retention_days: how long nobody, not even the account's owner, can delete a sealed head.
        alert_emails: who gets a mail when an alarm goes off or a verdict asks for something to be done; AWS asks each
            address once whether it wants to.
        deployer_repository: OWNER/REPOSITORY on GitHub whose environment of the stage's name may deploy the stage; None
            makes no role for it.
        account, region: where it is deployed to; None leaves it to the credentials at deployment.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9]{0,9}$")  # a stream's name, with it and a model's, has 64 characters
    log_days: LogDays
    keep_data: bool
    gateway_log_level: Literal["ERROR", "INFO"]
    firewall_rate: int = Field(ge=10, le=2_000_000_000)
    stream_seconds: int = Field(ge=60, le=900)
    stream_mib: int = Field(ge=1, le=128)
    compact_hours: Literal[1, 2, 3, 4, 6, 8, 12, 24]
    roll_out_minutes: Literal[1, 5, 15, 60, 180, 360]
    seal_hours: Literal[1, 2, 3, 4, 6, 8, 12, 24] = 1
    audit_retention_days: int = Field(default=395, ge=1, le=36_500)
    alert_emails: tuple[Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")], ...] = ()
    deployer_repository: str | None = Field(default=None, pattern=r"^[A-Za-z0-9-]+(@\d+)?/[A-Za-z0-9._-]+(@\d+)?$")
    account: str | None = Field(default=None, pattern=r"^\d{12}$")
    region: str | None = Field(default=None, pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")

    @property
    def is_local(self) -> bool:
        return self.name == LOCAL_STAGE


def stage_settings(
    context: Mapping[str, Any], stage: str, environment: Mapping[str, str] = os.environ
) -> StageSettings:
    """Read the settings of `stage` from cdk.json's context.

    Stage `local` has an account and a region of its own; the others take the command line's, or their settings'.

    Raises:
        MisconfiguredError: there is no such stage, or one of its settings is missing, unknown or wrong.
    """
    stages = context.get("stages")
    if not isinstance(stages, Mapping) or not stages:
        raise MisconfiguredError('cdk.json: context "stages" is missing: it holds the settings of each stage')
    if stage not in stages:
        raise MisconfiguredError(f'cdk.json: there is no stage "{stage}" in context "stages": choose {_listed(stages)}')
    account, region = environment.get("CDK_DEFAULT_ACCOUNT"), environment.get("CDK_DEFAULT_REGION")
    if stage == LOCAL_STAGE:
        account, region = LOCAL_ACCOUNT, LOCAL_REGION
    try:
        return StageSettings.model_validate({"account": account, "region": region, **stages[stage], "name": stage})
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise MisconfiguredError(f"cdk.json: stages.{stage}.{key}: {first['msg']}") from error


def _listed(names: Mapping[str, Any]) -> str:
    return " or ".join(sorted(names))
