"""Where a stage says what it found: the event bus of verdicts, and the topic that tells people."""

import json

from aws_cdk import Aws, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.stage import StageContext

_TOLD = ("RETRAIN", "ROLL_BACK")  # verdicts that somebody must act on
# What the mail says, and where in an event `Verdict` it stands.
_PARTS = {
    "model": "$.detail.model",
    "verdict": "$.detail.verdict",
    "end": "$.detail.window.end",
    "reason": "$.detail.reasons[0]",
    "report": "$.detail.report",
}


class Alerts(Construct):
    """One bus and one topic a stage, and the rule that tells people of verdicts that ask for something to be done.

    The topic has no key of its own: AWS's own key for SNS keeps CloudWatch's alarms out, and a customer key would add
    its price and its grants to hide texts that name models and numbers, and nothing of a client's.
    """

    def __init__(self, scope: Construct, construct_id: str, stage: StageContext) -> None:
        super().__init__(scope, construct_id)
        self._stage = stage
        self.bus = events.EventBus(
            self,
            "Bus",
            event_bus_name=stage.names.event_bus,
            description=f"Verdicts on the models of stage {stage.name}",
        )
        self.topic = sns.Topic(self, "Topic", topic_name=stage.names.alert_topic, enforce_ssl=True)
        for number, address in enumerate(stage.settings.alert_emails, start=1):
            sns.CfnSubscription(
                self, f"Email{number}", topic_arn=self.topic.topic_arn, protocol="email", endpoint=address
            )
        # A topic with a policy has lost the default one, which let this account's alarms publish.
        self._let_publish("cloudwatch", "alarm:*")
        self._let_publish("events", f"rule/{stage.names.event_bus}/*")
        self._tell_verdicts()

    def _let_publish(self, service: str, source: str) -> None:
        stack = Stack.of(self)
        sources = f"arn:{Aws.PARTITION}:{service}:{stack.region}:{stack.account}:{source}"
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid=f"Publish{service.title()}",
                principals=[iam.ServicePrincipal(f"{service}.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={"ArnLike": {"aws:SourceArn": sources}},
            )
        )

    def _tell_verdicts(self) -> None:
        text = (
            "Trimtab, stage " + self._stage.name + ": <verdict> of model <model>, by what was seen until <end>. "
            "<reason>. The report is <report> in the data bucket; `trimtab report <model>` opens it."
        )
        events.CfnRule(
            self,
            "Verdicts",
            event_bus_name=self.bus.event_bus_name,
            description="Verdicts that somebody must act on go to the alert topic",
            event_pattern={"source": ["trimtab"], "detail-type": ["Verdict"], "detail": {"verdict": list(_TOLD)}},
            state="ENABLED",
            targets=[
                events.CfnRule.TargetProperty(
                    id="alerts",
                    arn=self.topic.topic_arn,
                    input_transformer=events.CfnRule.InputTransformerProperty(
                        input_paths_map=_PARTS, input_template=json.dumps(text)
                    ),
                )
            ],
        )
