"""SNS: moto keeps topics and delivers; each message is also a line of the log and of the cloud's output.

So whoever sits at a laptop sees the mail that would have been sent, and to whom.
"""

import json
import sys
from collections.abc import Callable
from time import time
from typing import Any
from urllib.parse import parse_qs

from trimtab.local.http_message import Request, Response
from trimtab.local.log_sink import LogSink
from trimtab.local.moto_app import Moto

SUBJECT_CHARACTERS = 100
SHOWN_CHARACTERS = 300


class Topics:
    """`publish` sends what the cloud itself has to say; `note` records what a caller sent through the API."""

    def __init__(self, moto: Moto, sink: LogSink, account: str, region: str, say: Callable[[str], None]) -> None:
        self._moto, self._sink, self._say = moto, sink, say
        self._account, self._region = account, region

    def publish(self, arn: str, message: str, subject: str | None = None) -> str | None:
        """Send a message to a topic's subscriptions; returns what went wrong, if anything did."""
        subject = subject[:SUBJECT_CHARACTERS] if subject else None
        try:
            with self._moto.lock:  # on the wall clock, by which moto's queues let messages expire
                self._backend().publish(message, arn, subject=subject)
        except Exception as error:  # a subscription's queue or URL may be gone: that is no reason to stop an alarm
            sys.stderr.write(f"SNS {arn}: {error!r}\n")
            return f"{arn}: {error}"
        self._show(arn, subject, message)
        return None

    def note(self, request: Request, response: Response) -> None:
        """A caller's Publish that moto has answered."""
        asked = {name: values[0] for name, values in parse_qs(request.body.decode(errors="replace")).items()}
        if response.status == 200 and "TopicArn" in asked:
            self._show(asked["TopicArn"], asked.get("Subject"), asked.get("Message", ""))

    def _show(self, arn: str, subject: str | None, message: str) -> None:
        topic = arn.rpartition(":")[2]
        to = [f"{one.protocol}:{one.endpoint}" for one in self._subscriptions(arn)]
        record = {"topic": topic, "to": to, "subject": subject, "message": message}
        self._sink.write(f"sns/{topic}", "messages", int(time() * 1000), json.dumps(record, ensure_ascii=False))
        shown = subject or " ".join(message.split())[:SHOWN_CHARACTERS]
        self._say(f"SNS {topic} to {', '.join(to) or 'nobody'}: {shown}")

    def _subscriptions(self, arn: str) -> list[Any]:
        with self._moto.lock:
            return [one for one in self._backend().subscriptions.values() if one.topic_arn == arn]

    def _backend(self) -> Any:
        return self._moto.backend("sns", self._account, self._region)
