"""A client of the management API, in process: what API Gateway would send, and what it would make of the answer."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from functions.adapters.function_log import LogSearch
from functions.adapters.sealed_heads import SealedHeads
from functions.adapters.signed_urls import SignedUrl
from functions.domain.errors import TrimtabError
from functions.domain.management_calls import CALLS
from functions.domain.names import Names
from functions.domain.signature import Signature
from functions.manage.api import Api
from functions.manage.tools import Tools
from tests.functions.manage.worlds import ManagedWorld
from tests.functions.predict.client import Answer, event
from tests.functions.snapshot.worlds import MODEL

TIME = 1_363_000_000_123  # 2013-03-11T11:06:40.123Z
NOW = "2013-03-11T11:06:40.123Z"
GATEWAY_ID = "c6af9ac6-7b61-4e6f-9a41-93e8deadbeef"
ANN, BEN = (f"arn:aws:iam::123456789012:user/{name}" for name in ("ann", "ben"))
MACHINE = "arn:aws:sts::123456789012:assumed-role/trimtab-prod-platform-Deploy-1/session"


@dataclass
class FakeFunctions:
    """Notes what other functions are asked; answers what it was told to, or that an error, or nothing in time."""

    answers: dict[str, dict[str, Any] | TrimtabError | None] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def call(self, verb: str, event: Mapping[str, Any]) -> dict[str, Any] | None:
        self.asked.append((verb, dict(event)))
        answer = self.answers.get(verb, {"model": event["model"], "message": "done", "steps": []})
        if isinstance(answer, TrimtabError):
            raise answer
        return answer


@dataclass
class FakeMachines:
    started: list[dict[str, Any]] = field(default_factory=list)

    def start(self, model: str, event: Mapping[str, Any]) -> str:
        self.started.append(dict(event))
        return f"run-{len(self.started)}"


class FakeUrls:
    def put(self, key: str, sha256: str) -> SignedUrl:
        return SignedUrl(f"https://bucket/{key}?signed", {"x-amz-checksum-sha256": sha256})

    def put_once(self, key: str, sha256: str) -> SignedUrl:
        return SignedUrl(f"https://bucket/{key}?signed", {"x-amz-checksum-sha256": sha256, "if-none-match": "*"})

    def get(self, key: str) -> str:
        return f"https://bucket/{key}?signed"


@dataclass
class FakeDeployed:
    known: dict[str, str] = field(default_factory=lambda: {MODEL: "https://api/small"})

    def urls(self) -> dict[str, str]:
        return self.known


class FakeKey:
    def public_key(self) -> bytes:
        return b"a key in DER"

    def verify(self, message: bytes, signature: Signature) -> None:
        """Every signature is this key's."""


class NoSeals:
    """An S3 client of an empty bucket."""

    def get_paginator(self, operation: str) -> Any:
        assert operation == "list_object_versions"
        return self

    def paginate(self, **given: str) -> list[dict[str, Any]]:
        return [{}]


class NoLogs:
    """Logs in which nothing is found."""

    def search(self, function: str, words: Sequence[str], since_ms: int) -> LogSearch:
        return LogSearch((), since_ms)


class Client:
    """Calls the API over a world; `arn` signs, unless a call says who else."""

    def __init__(self, world: ManagedWorld, arn: str | None = ANN) -> None:
        self.world, self.arn = world, arn
        self.functions, self.machines, self.deployed = FakeFunctions(), FakeMachines(), FakeDeployed()
        tools = Tools(
            store=world.table,
            data=world.data,
            artifacts=world.artifact_bucket,
            functions=self.functions,
            machines=self.machines,
            urls=FakeUrls(),
            deployed=self.deployed,
            key=FakeKey(),
            sealed=SealedHeads(NoSeals(), "audit"),
            logs=NoLogs(),
            names=Names("prod", "", ""),
        )
        self.api = Api(tools)

    def get(self, path: str, arn: str | None = None, **query: str) -> Answer:
        return self.send(management_event("GET", path, None, query, arn or self.arn))

    def post(self, path: str, body: Any = None, arn: str | None = None, if_match: str | None = None) -> Answer:
        headers = {"Content-Type": "application/json"} | ({} if if_match is None else {"If-Match": if_match})
        text = None if body is None else json.dumps(body)
        return self.send(management_event("POST", path, text, {}, arn or self.arn, headers))

    def send(self, asked: Mapping[str, Any]) -> Answer:
        answer = self.api.answer(asked)
        return Answer(answer["statusCode"], dict(answer["headers"]), answer["body"].encode())


def management_event(
    method: str,
    path: str,
    body: str | None,
    query: Mapping[str, str],
    arn: str | None,
    headers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The proxy event of a call: its route by the table, its parameters as they stand in the path."""
    resource, parameters = routed(path)
    context = {"requestId": GATEWAY_ID, "requestTimeEpoch": TIME, "identity": {"apiKeyId": None, "userArn": arn}}
    made = event(method, path, body, headers or {}, requestContext=context)
    return {**made, "resource": resource, "pathParameters": parameters or None, "queryStringParameters": query or None}


def routed(path: str) -> tuple[str, dict[str, str]]:
    """As API Gateway finds it: literal parts count before parameters."""
    parts = path.split("/")[1:]
    best: tuple[int, str, dict[str, str]] | None = None
    for call in CALLS:
        pattern = call.path.split("/")[1:]
        if len(pattern) != len(parts) or not all(p == g or p[0] == "{" for p, g in zip(pattern, parts, strict=True)):
            continue
        named = {p[1:-1]: g for p, g in zip(pattern, parts, strict=True) if p[0] == "{"}
        if best is None or len(named) < best[0]:
            best = (len(named), call.path, named)
    return (best[1], best[2]) if best else (path, {})


def filled(path: str, **parameters: str) -> str:
    """A path of the table with these in place of its parameters."""
    for name, value in parameters.items():
        path = path.replace(f"{{{name}}}", quote(value, safe=""))
    return path
