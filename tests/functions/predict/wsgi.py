"""The handler as a WSGI application, for tools that speak HTTP: what API Gateway does, as far as predict sees it."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from tests.functions.predict.client import Client, event


def application(client: Client) -> Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]:
    """A WSGI application around a client."""

    def call(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read()
        headers = {
            name.removeprefix("HTTP_").replace("_", "-").title(): value
            for name, value in environ.items()
            if name.startswith("HTTP_") or name == "CONTENT_TYPE"
        }
        path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "surrogateescape")
        answer = client.send(event(environ["REQUEST_METHOD"], path, body or None, headers))
        status = HTTPStatus(answer.status)
        start_response(f"{status.value} {status.phrase}", list(answer.headers.items()))
        return [answer.body]

    return call
