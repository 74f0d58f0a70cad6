"""A stage as the stacks see it: its settings, its names, and what follows from both."""

from dataclasses import dataclass

from aws_cdk import Aws, Environment, RemovalPolicy

from functions.domain.names import Names
from infra.dependencies import Architecture, Platform, lambda_platform, native_platform
from infra.settings import StageSettings


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

    def platform(self, architecture: Architecture) -> Platform:
        """What a function's asset is built for: the local cloud runs it on this very machine."""
        return native_platform() if self.settings.is_local else lambda_platform(architecture)
