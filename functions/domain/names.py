"""Names of what a stage owns in AWS, said once: CDK creates by them, functions and command line find by them."""

from dataclasses import dataclass
from typing import Literal

RecordKind = Literal["predictions", "labels", "observations"]

METRIC_NAMESPACE = "Trimtab"  # of all metrics that functions write
AUDIT_INDEX, ABOUT = "audit-by-model", "about"  # the registry's index over the audit chain, and its key
# The local cloud is a stage like any other, in an account and a region of its own: moto's.
LOCAL_STAGE, LOCAL_ACCOUNT, LOCAL_REGION = "local", "123456789012", "us-east-1"


@dataclass(frozen=True, slots=True)
class Names:
    """Physical names in one stage of one account, e.g. `Names("local", "123456789012", "us-east-1")`."""

    stage: str
    account: str
    region: str

    @property
    def platform_stack(self) -> str:
        return f"trimtab-{self.stage}-platform"

    def model_stack(self, model: str) -> str:
        return f"trimtab-{self.stage}-model-{model}"

    @property
    def registry_table(self) -> str:
        return f"trimtab-{self.stage}-registry"

    @property
    def data_bucket(self) -> str:
        return f"trimtab-{self.stage}-data-{self.account}-{self.region}"

    @property
    def artifact_bucket(self) -> str:
        return f"trimtab-{self.stage}-artifacts-{self.account}-{self.region}"

    @property
    def access_log_bucket(self) -> str:
        return f"trimtab-{self.stage}-access-logs-{self.account}-{self.region}"

    @property
    def audit_bucket(self) -> str:
        """Where heads of the audit chain are sealed."""
        return f"trimtab-{self.stage}-audit-{self.account}-{self.region}"

    def function(self, verb: str, model: str | None = None) -> str:
        """The Lambda function of a folder of `functions/`: `roll_out`, or `predict` of one model."""
        parts = ["trimtab", self.stage, verb.replace("_", "-"), *([model] if model else [])]
        return "-".join(parts)

    def state_machine(self, model: str) -> str:
        """The state machine that corrects one model: snapshot, retrain, gate."""
        return self.function("correct", model)

    def state_machine_arn(self, model: str) -> str:
        return f"arn:aws:states:{self.region}:{self.account}:stateMachine:{self.state_machine(model)}"

    def execution_arn(self, model: str, execution: str) -> str:
        return f"arn:aws:states:{self.region}:{self.account}:execution:{self.state_machine(model)}:{execution}"

    def record_stream(self, kind: RecordKind, model: str) -> str:
        """The Firehose stream of one kind of records of one model."""
        return f"trimtab-{self.stage}-{kind}-{model}"

    @property
    def event_bus(self) -> str:
        """Where verdicts are published."""
        return f"trimtab-{self.stage}"

    @property
    def alert_topic(self) -> str:
        """Where alarms are told to people."""
        return f"trimtab-{self.stage}-alerts"

    def alarm(self, what: str, model: str | None = None) -> str:
        """An alarm of one model, or of what all share: `no-traffic` of `flights`."""
        return self.function(what, model)

    def dashboard(self, model: str | None = None) -> str:
        """The dashboard of one model, or of all."""
        return self.function("model", model) if model else f"trimtab-{self.stage}"

    @property
    def signing_key(self) -> str:
        """The alias of the KMS key that versions are signed with when they are registered."""
        return f"alias/trimtab-{self.stage}-registration"

    def model_layer(self, model: str) -> str:
        return f"trimtab-{self.stage}-model-{model}"

    def model_parameter(self, model: str, key: str) -> str:
        """SSM parameter with what only a deployment knows: `url`, `api_key_id`."""
        return f"/trimtab/{self.stage}/models/{model}/{key}"

    @property
    def management_url_parameter(self) -> str:
        """SSM parameter with the management API's URL."""
        return f"/trimtab/{self.stage}/manage/url"

    @property
    def management_api_parameter(self) -> str:
        """SSM parameter with the id of the management API: policies about one model name it."""
        return f"/trimtab/{self.stage}/manage/api_id"

    def access(self, role: str, model: str | None = None) -> str:
        """The IAM policy of a role, over one model or over all; people's roles have the latter's name."""
        return self.function(role, model)
