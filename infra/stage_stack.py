"""What all stacks of a stage have in common."""

from aws_cdk import Stack, Tags
from constructs import Construct

from infra.stage import StageContext


class StageStack(Stack):
    """A stack in the stage's account and region, tagged, and protected where the stage keeps its data."""

    def __init__(self, scope: Construct, name: str, stage: StageContext, description: str) -> None:
        super().__init__(
            scope,
            name,
            stack_name=name,
            env=stage.environment,
            description=f"Trimtab, stage {stage.name}: {description}",
            termination_protection=stage.settings.keep_data,
        )
        Tags.of(self).add("application", "trimtab")
        Tags.of(self).add("stage", stage.name)
