"""A stage as the stacks see it: its settings, its names, and what follows from both."""

from dataclasses import dataclass

from aws_cdk import Aws, Environment, RemovalPolicy
from aws_cdk.aws_logs import RetentionDays

from functions.domain.names import Names
from infra.dependencies import Platform, lambda_platform, native_platform
from infra.settings import StageSettings

_RETENTION = {
    1: RetentionDays.ONE_DAY,
    3: RetentionDays.THREE_DAYS,
    5: RetentionDays.FIVE_DAYS,
    7: RetentionDays.ONE_WEEK,
    14: RetentionDays.TWO_WEEKS,
    30: RetentionDays.ONE_MONTH,
    60: RetentionDays.TWO_MONTHS,
    90: RetentionDays.THREE_MONTHS,
    120: RetentionDays.FOUR_MONTHS,
    150: RetentionDays.FIVE_MONTHS,
    180: RetentionDays.SIX_MONTHS,
    365: RetentionDays.ONE_YEAR,
    400: RetentionDays.THIRTEEN_MONTHS,
    545: RetentionDays.EIGHTEEN_MONTHS,
    731: RetentionDays.TWO_YEARS,
    1827: RetentionDays.FIVE_YEARS,
    3653: RetentionDays.TEN_YEARS,
}


@dataclass(frozen=True, slots=True)
class StageContext:
    """What each construct needs to know of the stage that it stands in."""

    settings: StageSettings

    @property
    def name(self) -> str:
        return self.settings.name

    @property
    def names(self) -> Names:
        """Physical names; account and region are CloudFormation's own words where the settings leave them open."""
        return Names(self.name, self.settings.account or Aws.ACCOUNT_ID, self.settings.region or Aws.REGION)

    @property
    def environment(self) -> Environment:
        return Environment(account=self.settings.account, region=self.settings.region)

    @property
    def removal(self) -> RemovalPolicy:
        return RemovalPolicy.RETAIN if self.settings.keep_data else RemovalPolicy.DESTROY

    @property
    def log_retention(self) -> RetentionDays:
        return _RETENTION[self.settings.log_days]

    def platform(self, architecture: str) -> Platform:
        """What a function's asset is built for: the local cloud runs it on this very machine."""
        return native_platform() if self.settings.is_local else lambda_platform(architecture)
