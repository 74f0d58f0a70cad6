"""Reads one HTTP/1.1 response: what `http.client` does, without the 13 ms that importing its mail parser takes.

A NamedTuple is made in a sixth of the time that a dataclass takes, which is why this client's records are such.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from functions.domain.errors import UnavailableError

MAX_HEAD_BYTES = 65_536
MAX_BODY_BYTES = 2_097_152
_NO_BODY = frozenset({204, 304})


class Response(NamedTuple):
    """`headers` by lower-case name (of a repeated one, the last). `keep_alive`: the connection may be used again."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    keep_alive: bool


class ResponseReader:
    """Reads responses from `receive`, which answers the next bytes of a connection, or none at its end.

    Raises (all methods):
        UnavailableError: what came is not HTTP/1, is over a limit, or ended too early.
    """

    def __init__(self, receive: Callable[[], bytes]) -> None:
        self._receive = receive
        self._buffer = bytearray()
        self.started = False  # whether any byte came

    def read(self) -> Response:
        """The next response; interim ones (1xx) are passed over."""
        status, headers, persistent = self._head()
        while 100 <= status < 200:
            status, headers, persistent = self._head()
        if status in _NO_BODY:
            return Response(status, headers, b"", persistent)
        if "transfer-encoding" in headers:
            if headers["transfer-encoding"].lower() != "chunked":
                raise UnavailableError(f"unknown transfer encoding {headers['transfer-encoding'][:40]!r}")
            body = self._chunks()
        elif "content-length" in headers:
            body = self._exactly(_number(headers["content-length"], 10))
        else:
            body, persistent = self._until_end(), False
        # Bytes behind the response belong to nothing that we asked for.
        return Response(status, headers, body, persistent and not self._buffer)

    def _head(self) -> tuple[int, dict[str, str], bool]:
        budget = MAX_HEAD_BYTES
        version, _, rest = self._line(budget).partition(" ")
        status = rest[:3]
        if version not in ("HTTP/1.1", "HTTP/1.0") or not (len(status) == 3 and status.isascii() and status.isdigit()):
            raise UnavailableError("the answer is not HTTP/1")
        headers: dict[str, str] = {}
        while line := self._line(budget):
            budget -= len(line)
            name, colon, value = line.partition(":")
            if not colon or not name or name != name.strip():
                raise UnavailableError("the answer has a malformed header")
            headers[name.lower()] = value.strip()
        connection = headers.get("connection", "").lower()
        persistent = "close" not in connection if version == "HTTP/1.1" else "keep-alive" in connection
        return int(status), headers, persistent

    def _line(self, limit: int) -> str:
        """The next line, without its end; Latin-1, as HTTP has it."""
        searched = 0
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            if searched > limit or not self._fill():
                raise UnavailableError("the answer's head is too long or ends too early")
        if end > limit:
            raise UnavailableError("the answer's head is too long")
        line = self._buffer[:end].removesuffix(b"\r").decode("latin-1")
        del self._buffer[: end + 1]
        return line

    def _exactly(self, length: int) -> bytes:
        if length > MAX_BODY_BYTES:
            raise UnavailableError(f"the answer's body has {length} bytes, more than {MAX_BODY_BYTES}")
        while len(self._buffer) < length:
            if not self._fill():
                raise UnavailableError("the answer's body ends too early")
        body = bytes(self._buffer[:length])
        del self._buffer[:length]
        return body

    def _chunks(self) -> bytes:
        body = bytearray()
        while length := _number(self._line(MAX_HEAD_BYTES).partition(";")[0].strip(), 16):
            if len(body) + length > MAX_BODY_BYTES:
                raise UnavailableError(f"the answer's body has more than {MAX_BODY_BYTES} bytes")
            body += self._exactly(length)
            if self._line(2):
                raise UnavailableError("the answer has a malformed chunk")
        budget = MAX_HEAD_BYTES
        while trailer := self._line(budget):
            budget -= len(trailer)
        return bytes(body)

    def _until_end(self) -> bytes:
        while self._fill():
            if len(self._buffer) > MAX_BODY_BYTES:
                raise UnavailableError(f"the answer's body has more than {MAX_BODY_BYTES} bytes")
        body = bytes(self._buffer)
        self._buffer.clear()
        return body

    def _fill(self) -> bool:
        data = self._receive()
        self._buffer += data
        self.started = self.started or bool(data)
        return bool(data)


def _number(text: str, base: int) -> int:
    """A length as HTTP writes it: digits only, no sign, no blanks, no underscores."""
    digits = "0123456789abcdef"[:base]
    if not text or len(text) > 16 or any(character not in digits for character in text.lower()):
        raise UnavailableError(f"the answer has a malformed length {text[:40]!r}")
    return int(text, base)
