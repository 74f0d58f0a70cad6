"""Where a stage says what it found and did: its event bus, and the topic that tells people."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import Aws, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.stage import StageContext


@dataclass(frozen=True, slots=True)
class Tale:
    """Events that people are told of: which, and in what words; `<part>` is what stands at that path of the event."""

    name: str
    description: str
    detail_type: str
    detail: Mapping[str, list[str]]
    parts: Mapping[str, str]
    text: str


_TALES = (
    Tale(
        "Verdicts",
        "Verdicts that somebody must act on go to the alert topic",
        "Verdict",
        {"verdict": ["RETRAIN", "ROLL_BACK"]},
        {
            "model": "$.detail.model",
            "verdict": "$.detail.verdict",
            "end": "$.detail.window.end",
            "reason": "$.detail.reasons[0]",
            "report": "$.detail.report",
        },
        "<verdict> of model <model>, by what was seen until <end>. "
        "<reason>. The report is <report> in the data bucket; `trimtab report <model>` opens it.",
    ),
    Tale(
        "Refusals",
        "Challengers that the gate refused go to the alert topic",
        "Gate",
        {"decision": ["refused"]},
        {"model": "$.detail.model", "reason": "$.detail.reasons[0]", "report": "$.detail.report"},
        "the gate refused a challenger of model <model>: <reason>. What was live still is. "
        "Every number is in <report> of the artifact bucket; `trimtab compare <model>` shows them.",
    ),
    Tale(
        "Rollouts",
        "Rollouts that did not go as they should go to the alert topic",
        "Rollout",
        {"what": ["rolled_back", "moved_by_hand", "failed"]},
        {
            "model": "$.detail.model",
            "what": "$.detail.what",
            "release": "$.detail.release",
            "reason": "$.detail.reason",
        },
        "<what>: release <release> of model <model>. <reason>. `trimtab status <model>` shows what is live.",
    ),
)


class Alerts(Construct):
    """One bus and one topic a stage, and the rules that tell people of what asks for something to be done.

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
            description=f"What was found of and done with the models of stage {stage.name}",
        )
        self.topic = sns.Topic(self, "Topic", topic_name=stage.names.alert_topic, enforce_ssl=True)
        for number, address in enumerate(stage.settings.alert_emails, start=1):
            sns.CfnSubscription(
                self, f"Email{number}", topic_arn=self.topic.topic_arn, protocol="email", endpoint=address
            )
        # A topic with a policy has lost the default one, which let this account's alarms publish.
        self._let_publish("cloudwatch", "alarm:*")
        self._let_publish("events", f"rule/{stage.names.event_bus}/*")
        for tale in _TALES:
            self._tell(tale)

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

    def _tell(self, tale: Tale) -> None:
        text = f"Trimtab, stage {self._stage.name}: {tale.text}"
        events.CfnRule(
            self,
            tale.name,
            event_bus_name=self.bus.event_bus_name,
            description=tale.description,
            event_pattern={
                "source": ["trimtab"],
                "detail-type": [tale.detail_type],
                "detail": {key: list(values) for key, values in tale.detail.items()},
            },
            state="ENABLED",
            targets=[
                events.CfnRule.TargetProperty(
                    id="alerts",
                    arn=self.topic.topic_arn,
                    input_transformer=events.CfnRule.InputTransformerProperty(
                        input_paths_map=dict(tale.parts), input_template=json.dumps(text)
                    ),
                )
            ],
        )
