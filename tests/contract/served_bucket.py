"""A bucket over HTTP, as presigned URLs reach it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

from tests.contract.fake_s3 import FakeS3


def as_it_is(body: bytes) -> tuple[int, bytes]:
    return 200, body


@contextmanager
def served(s3: FakeS3, bucket: str, change: Callable[[bytes], tuple[int, bytes]] = as_it_is) -> Iterator[str]:
    """The URL below which the bucket's objects lie; `change` makes status and body of what is there."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = s3.objects.get((bucket, urlsplit(self.path).path.lstrip("/")))
            status, body = (404, b"no such key") if found is None else change(found)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
