"""HTTP/1.1 messages: read one from a connection, write one to it. Bodies are whole, never streamed."""

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from time import time
from urllib.parse import unquote

MAX_LINE = 65_536
MAX_HEADERS = 200
HTTP_1_0, HTTP_1_1 = "HTTP/1.0", "HTTP/1.1"
NO_BODY = frozenset({204, 304})


class BadMessageError(Exception):
    """The peer does not speak HTTP as it should: `status` is the answer, the text says why."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class BodyTooLargeError(BadMessageError):
    """The body is over the server's limit; `head` is the request without it."""

    def __init__(self, head: "Request") -> None:
        super().__init__(413, "the body is too large")
        self.head = head


@dataclass(slots=True)
class Request:
    """One request. `target` is what stood in the request line, `peer` the client's address."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes = b""
    peer: str = "127.0.0.1"
    version: str = HTTP_1_1

    @property
    def raw_path(self) -> str:
        return self.target.split("?", 1)[0]

    @property
    def path(self) -> str:
        return unquote(self.raw_path)

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    def header(self, name: str) -> str | None:
        """The first header of that name, in any case."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    @property
    def keeps_alive(self) -> bool:
        tokens = (self.header("connection") or "").lower()
        return "close" not in tokens if self.version == HTTP_1_1 else "keep-alive" in tokens


@dataclass(slots=True)
class Response:
    """One answer; Content-Length is added when it is written."""

    status: int
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)


def read_request(stream: io.BufferedIOBase, send: Callable[[bytes], None], peer: str, max_body: int) -> Request | None:
    """The next request of a connection, or None when the peer has closed it.

    Raises:
        BadMessageError: what came is no HTTP/1.x request.
        BodyTooLargeError: its body is over `max_body` bytes.
    """
    line = _line(stream)
    while line == b"":
        line = _line(stream)
    if line is None:
        return None
    parts = line.split(b" ")
    if len(parts) != 3 or parts[2] not in (b"HTTP/1.1", b"HTTP/1.0") or not parts[0].isalpha():
        raise BadMessageError(400, "the request line is malformed")
    method, target, version = (part.decode("latin-1") for part in parts)
    if "://" in target:  # absolute form, as proxies send it
        target = "/" + target.split("://", 1)[1].partition("/")[2]
    request = Request(method.upper(), target, _headers(stream), peer=peer, version=version)
    request.body = _body(stream, send, request, max_body)
    return request


def _line(stream: io.BufferedIOBase) -> bytes | None:
    line = stream.readline(MAX_LINE + 1)
    if not line:
        return None
    if len(line) > MAX_LINE or not line.endswith(b"\n"):
        raise BadMessageError(431, "a line of the head is too long or cut off")
    return line.rstrip(b"\r\n")


def _headers(stream: io.BufferedIOBase) -> list[tuple[str, str]]:
    headers: list[tuple[str, str]] = []
    while line := _line(stream):
        name, colon, value = line.partition(b":")
        if not colon or not name or name != name.strip() or len(headers) >= MAX_HEADERS:
            raise BadMessageError(400, "a header is malformed, or there are too many")
        headers.append((name.decode("latin-1"), value.strip().decode("latin-1")))
    if line is None:
        raise BadMessageError(400, "the head is cut off")
    return headers


def _body(stream: io.BufferedIOBase, send: Callable[[bytes], None], request: Request, max_body: int) -> bytes:
    chunked = "chunked" in (request.header("transfer-encoding") or "").lower()
    lengths = {value for name, value in request.headers if name.lower() == "content-length"}
    if len(lengths) > 1 or (chunked and lengths) or not all(v.isascii() and v.isdigit() for v in lengths):
        raise BadMessageError(400, "Content-Length is malformed, or stands beside Transfer-Encoding")
    length = int(next(iter(lengths), "0"))
    if length > max_body:
        raise BodyTooLargeError(request)
    if (chunked or length) and (request.header("expect") or "").lower() == "100-continue":
        send(b"HTTP/1.1 100 Continue\r\n\r\n")
    if chunked:
        return b"".join(_chunks(stream, request, max_body))
    return _exactly(stream, length)


def _chunks(stream: io.BufferedIOBase, request: Request, max_body: int) -> Iterable[bytes]:
    total = 0
    while True:
        try:
            size = int((_line(stream) or b"").split(b";")[0], 16)
        except ValueError:
            raise BadMessageError(400, "a chunk's size is malformed") from None
        total += size
        if size < 0 or total > max_body:
            raise BodyTooLargeError(request)
        if size == 0:
            while _line(stream):
                pass
            return
        yield _exactly(stream, size)
        _line(stream)


def _exactly(stream: io.BufferedIOBase, length: int) -> bytes:
    data = stream.read(length) if length else b""
    if len(data) != length:
        raise BadMessageError(400, "the body is cut off")
    return data


def response_bytes(response: Response, method: str, keep_alive: bool) -> bytes:
    """The answer as it goes over the wire."""
    try:
        phrase = HTTPStatus(response.status).phrase
    except ValueError:
        phrase = ""
    lines = [f"HTTP/1.1 {response.status} {phrase}", f"Date: {_date(int(time()))}"]
    skipped = {"connection", "transfer-encoding", "keep-alive", "date"}
    has_length = False
    for name, value in response.headers:
        lowered = name.lower()
        if lowered == "content-length":
            if method != "HEAD":
                continue
            has_length = True
        if lowered not in skipped:
            lines.append(f"{name}: {_one_line(value)}")
    if not has_length and response.status not in NO_BODY:
        lines.append(f"Content-Length: {len(response.body)}")
    lines.append("Connection: keep-alive" if keep_alive else "Connection: close")
    head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", errors="replace")
    return head if method == "HEAD" or response.status in NO_BODY else head + response.body


@lru_cache(maxsize=2)
def _date(epoch_s: int) -> str:
    return formatdate(epoch_s, usegmt=True)


def _one_line(value: str) -> str:
    return value.replace("\r", " ").replace("\n", " ")
