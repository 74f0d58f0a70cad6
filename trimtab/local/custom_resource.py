"""CloudFormation custom resources: a real event to their function, and its answer by PUT to a URL of ours."""

import json
import threading
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from functions.domain.errors import UnavailableError
from trimtab.local.invocation import Result
from trimtab.local.resources.resource_type import Made
from trimtab.local.stacks import Resource

ANSWER_S = 60.0
PREFIX = "/_local/answers/"
Run = Callable[[str, bytes], Result]


class CustomResources:
    """`put` and `delete` as for other resources; `answer` takes what a function PUTs to its ResponseURL."""

    def __init__(self, endpoint: str, account: str, region: str, run: Run) -> None:
        self._endpoint, self._account, self._region, self._run = endpoint, account, region, run
        self._answers: dict[str, dict[str, Any]] = {}
        self._changed = threading.Condition()

    def answer(self, path: str, body: bytes) -> bool:
        """An answer came; False when nobody waits for it or it is no JSON object."""
        token = path.removeprefix(PREFIX)
        with self._changed:
            if token not in self._answers:
                return False
            try:
                answer = json.loads(body)
            except ValueError:
                return False
            self._answers[token] = answer
            self._changed.notify_all()
            return isinstance(answer, dict)

    def put(self, stack: str, logical: str, kind: str, properties: dict[str, Any], existing: Resource | None) -> Made:
        """Create or update. Raises UnavailableError: the function failed, or answered FAILED, or not at all."""
        more: dict[str, Any] = {"RequestType": "Create"}
        if existing is not None:
            more = {
                "RequestType": "Update",
                "PhysicalResourceId": existing.physical_id,
                "OldResourceProperties": _as_strings(existing.properties),
            }
        answer = self._ask(stack, logical, kind, properties, more)
        physical_id = str(answer.get("PhysicalResourceId") or f"{stack}-{logical}")
        return Made(physical_id, dict(answer.get("Data") or {}))

    def delete(self, stack: str, logical: str, resource: Resource) -> None:
        """Ask the function to delete it."""
        more = {"RequestType": "Delete", "PhysicalResourceId": resource.physical_id}
        self._ask(stack, logical, resource.type, resource.properties, more)

    def _ask(
        self, stack: str, logical: str, kind: str, properties: dict[str, Any], more: dict[str, Any]
    ) -> dict[str, Any]:
        token = uuid4().hex
        event = {
            **more,
            "ResponseURL": f"{self._endpoint}{PREFIX}{token}",
            "StackId": f"arn:aws:cloudformation:{self._region}:{self._account}:stack/{stack}/local",
            "RequestId": str(uuid4()),
            "LogicalResourceId": logical,
            "ResourceType": kind,
            "ResourceProperties": _as_strings(properties),
        }
        with self._changed:
            self._answers[token] = {}
        try:
            result = self._run(properties["ServiceToken"], json.dumps(event).encode())
            if result.error:
                raise UnavailableError(f"{stack}/{logical}: its function failed: {result.payload.decode()[:500]}")
            with self._changed:
                self._changed.wait_for(lambda: bool(self._answers[token]), ANSWER_S)
                answer = self._answers[token]
        finally:
            with self._changed:
                del self._answers[token]
        if not answer:
            raise UnavailableError(f"{stack}/{logical}: its function did not answer in {ANSWER_S:.0f} s")
        if answer.get("Status") != "SUCCESS":
            raise UnavailableError(f"{stack}/{logical}: its function answered: {answer.get('Reason', answer)}")
        return answer


def _as_strings(value: Any) -> Any:
    """Scalars as CloudFormation passes them: text."""
    if isinstance(value, dict):
        return {key: _as_strings(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_strings(item) for item in value]
    if isinstance(value, bool):
        return str(value).lower()
    return value if value is None else str(value)
