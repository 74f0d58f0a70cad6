"""Step Functions at the AWS endpoint and as the target of rules and schedules: named here, executions are moto's.

A rule or a schedule starts one through its target's role, which must let it.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from functions.domain.errors import MisconfiguredError
from trimtab.local.http_message import Request, Response
from trimtab.local.moto_app import Moto
from trimtab.local.role_rights import Caller, refusal

STATE_MACHINE_ARN = re.compile(r"^arn:aws:states:[a-z0-9-]+:\d{12}:stateMachine:[A-Za-z0-9_-]{1,80}$")
ACTION = "states:StartExecution"
INPUT_BYTES = 262_144
NAME = re.compile(r"^[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,80}$")
JSON = "application/x-amz-json-1.0"


def is_state_machine(arn: str) -> bool:
    """Whether an ARN names a state machine."""
    return STATE_MACHINE_ARN.match(arn) is not None


def check_state_machine_target(target: Mapping[str, Any]) -> None:
    """Raises MisconfiguredError: a state machine is started through a role, and the target has none."""
    if not target.get("RoleArn"):
        raise MisconfiguredError(
            f"the target {target['Arn']} has no RoleArn: a state machine is started through a role"
        )


@dataclass(frozen=True, slots=True)
class StateMachineTargets:
    """`answer` takes a caller's StartExecution, `start` a rule's or a schedule's."""

    moto: Moto
    account: str
    region: str

    def answer(self, request: Request) -> Response:
        """moto's answer to StartExecution, with what moto does not do: a name where none is given, and limits."""
        try:
            asked = json.loads(request.body)
            name, text = asked.setdefault("name", str(uuid4())), str(asked.get("input", "{}"))
        except (ValueError, AttributeError) as error:
            return _refused("SerializationException", f"malformed: {error}")
        if not NAME.match(str(name)):
            return _refused("InvalidName", f"Invalid Name: '{name}'")
        if len(text.encode()) > INPUT_BYTES:
            return _refused("InvalidExecutionInput", f"the input is larger than {INPUT_BYTES} bytes")
        return self.moto.call(replace(request, body=json.dumps(asked).encode()))

    def start(self, target: Mapping[str, Any], text: str, service: str, source_arn: str) -> str | None:
        """Begin an execution with the JSON text as its input; why it could not begin, or None."""
        arn, caller = str(target["Arn"]), Caller(service, self.account, source_arn)
        why = refusal(self.moto, self.account, str(target.get("RoleArn")), caller, ACTION, arn)
        if why is not None:
            return why
        scope = f"AWS4-HMAC-SHA256 Credential={self.account}/20130101/{self.region}/states/aws4_request"
        headers = [
            ("Host", "127.0.0.1"),
            ("Authorization", f"{scope}, SignedHeaders=host, Signature=0"),
            ("Content-Type", JSON),
            ("X-Amz-Target", "AWSStepFunctions.StartExecution"),
        ]
        body = json.dumps({"stateMachineArn": arn, "input": text}).encode()
        response = self.answer(Request("POST", "/", headers, body))
        if response.status != 200:
            answer = json.loads(response.body)
            return f"{arn}: {answer.get('message') or answer.get('Message') or answer}"
        return None


def _refused(code: str, message: str) -> Response:
    return Response(400, json.dumps({"__type": code, "message": message}).encode(), [("Content-Type", JSON)])
