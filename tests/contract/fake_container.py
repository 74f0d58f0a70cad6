"""The local address at which Lambda hands out credentials under SnapStart."""

import datetime
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

NOW = 1_700_000_000.0


class Container:
    """A credentials endpoint that hands out numbered keys, good for an hour from `now`, for the right token."""

    def __init__(self, url: str) -> None:
        self.environ = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{url}/creds?x=1"}
        self.now, self.token, self.calls, self.status = NOW, "", 0, 200
        self.answer: bytes | None = None

    def document(self) -> bytes:
        expires = datetime.datetime.fromtimestamp(self.now + 3_600, datetime.UTC)
        keys = {"AccessKeyId": f"A{self.calls}", "SecretAccessKey": "S", "Token": f"T{self.calls}"}
        return json.dumps({**keys, "Expiration": expires.strftime("%Y-%m-%dT%H:%M:%SZ")}).encode()


@contextmanager
def serve_container() -> Iterator[Container]:
    """A container's credentials endpoint on a free port of 127.0.0.1."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.calls += 1
            good = self.path == "/creds?x=1" and self.headers.get("Authorization", "") == state.token
            content = state.answer or state.document()
            self.send_response(state.status if good else 403)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state = Container(f"http://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
