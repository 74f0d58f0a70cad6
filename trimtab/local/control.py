"""The local cloud's own calls below /_local/: status, calls, deploy, clock, settle, flush, faults, stop, answers."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from functions.domain.errors import InvalidRequestError, TrimtabError
from trimtab.local.custom_resource import PREFIX, CustomResources
from trimtab.local.faults import Faults
from trimtab.local.firehose import Firehose, FirehoseError
from trimtab.local.front import CONTROL, json_answer
from trimtab.local.http_message import Request, Response


@dataclass(frozen=True, slots=True)
class Control:
    """`answer` takes a call; errors are `{"error": text}`."""

    custom: CustomResources
    firehose: Firehose
    faults: Faults
    status: Callable[[], dict[str, Any]]
    deploy: Callable[[Path], dict[str, Any]]
    move_clock: Callable[[dict[str, Any]], dict[str, Any]]
    settle: Callable[[dict[str, Any]], dict[str, Any]]
    stop: Callable[[], None]
    calls: Callable[[], dict[str, Any]]

    def answer(self, request: Request) -> Response:
        if request.method == "PUT" and request.raw_path.startswith(PREFIX):
            known = self.custom.answer(request.raw_path, request.body)
            return json_answer(200 if known else 403, {})
        try:
            return json_answer(200, self._call(request))
        except InvalidRequestError as error:
            return json_answer(400, {"error": str(error)})
        except (TrimtabError, FirehoseError) as error:
            return json_answer(409, {"error": str(error)})

    def _call(self, request: Request) -> dict[str, Any]:
        verb = request.raw_path.removeprefix(CONTROL)
        calls: dict[tuple[str, str], Callable[[dict[str, Any]], dict[str, Any]]] = {
            ("GET", "status"): lambda asked: self.status(),
            ("GET", "calls"): lambda asked: self.calls(),
            ("POST", "deploy"): self._deploy,
            ("POST", "clock"): self.move_clock,
            ("POST", "settle"): self.settle,
            ("POST", "flush"): lambda asked: {"objects": self.firehose.flush()},
            ("POST", "faults"): self.faults.set,
            ("POST", "stop"): self._stop,
        }
        if (request.method, verb) not in calls:
            known = ", ".join(f"{method} {CONTROL}{name}" for method, name in calls)
            raise InvalidRequestError(f"there is no {request.method} {request.raw_path}: {known}")
        try:
            asked = json.loads(request.body or b"{}")
        except ValueError:
            raise InvalidRequestError("the body is no JSON") from None
        if not isinstance(asked, dict):
            raise InvalidRequestError("the body is no JSON object")
        return calls[request.method, verb](asked)

    def _deploy(self, asked: dict[str, Any]) -> dict[str, Any]:
        if not isinstance(asked.get("assembly"), str):
            raise InvalidRequestError('say which: {"assembly": "path of a cloud assembly"}')
        return self.deploy(Path(asked["assembly"]))

    def _stop(self, asked: dict[str, Any]) -> dict[str, Any]:
        threading.Timer(0.05, self.stop).start()
        return {"stopping": True}
