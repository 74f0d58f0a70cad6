"""A small threaded HTTP/1.1 server for 127.0.0.1: a thread a connection, keep-alive, and a stop that drains.

It carries the gateway, the AWS endpoint and each execution environment's Runtime API. The standard library's server
spends more time on parsing heads than a warm prediction takes.
"""

import errno
import socket
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from time import monotonic, sleep

from functions.domain.errors import UnavailableError
from trimtab.local.http_message import (
    BadMessageError,
    BodyTooLargeError,
    Request,
    Response,
    read_request,
    response_bytes,
)

Handler = Callable[[Request], Response]
Malformed = Callable[[BadMessageError], Response]
LOOPBACK = "127.0.0.1"
DISCARD_BYTES, DISCARD_S = 64 * 1024 * 1024, 2.0


def plain_refusal(error: BadMessageError) -> Response:
    """What a peer is told that does not speak HTTP."""
    return Response(error.status, str(error).encode() + b"\n", [("Content-Type", "text/plain")])


class HttpServer:
    """Serves `handler` on 127.0.0.1. Port 0 takes a free one: see `port`.

    Raises:
        UnavailableError: the port is taken.
    """

    def __init__(
        self,
        name: str,
        handler: Handler,
        port: int = 0,
        *,
        max_body: int = 256 * 1024 * 1024,
        malformed: Malformed = plain_refusal,
    ) -> None:
        self.name, self._handler, self._max_body, self._malformed = name, handler, max_body, malformed
        self._listener = _listen(name, port)
        self.port: int = self._listener.getsockname()[1]
        self._idle: set[socket.socket] = set()
        self._busy: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._stopping = False
        self._thread = threading.Thread(target=self._accept, name=name, daemon=True)

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def start(self) -> None:
        self._thread.start()

    def stop(self, drain_s: float = 0.0) -> None:
        """Take no more requests; give those under way `drain_s` seconds; close all connections."""
        self._stopping = True
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for connection in self._idle:
                _shut(connection)
        deadline = monotonic() + drain_s
        while self._busy and monotonic() < deadline:
            sleep(0.01)
        with self._lock:
            for connection in self._busy | self._idle:
                _shut(connection)

    def _accept(self) -> None:
        while not self._stopping:
            try:
                connection, address = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(
                target=self._serve, args=(connection, address[0]), name=f"{self.name}-connection", daemon=True
            ).start()

    def _serve(self, connection: socket.socket, peer: str) -> None:
        with self._lock:
            self._idle.add(connection)
        try:
            self._converse(connection, peer)
        except OSError:
            pass  # the peer is gone
        finally:
            with self._lock:
                self._idle.discard(connection)
                self._busy.discard(connection)
            connection.close()

    def _converse(self, connection: socket.socket, peer: str) -> None:
        with connection.makefile("rb") as stream:
            while not self._stopping:
                try:
                    request = read_request(stream, connection.sendall, peer, self._max_body)
                except BadMessageError as error:
                    method = error.head.method if isinstance(error, BodyTooLargeError) else "GET"
                    connection.sendall(response_bytes(self._malformed(error), method, keep_alive=False))
                    _discard(connection)
                    return
                if request is None:
                    return
                with self._lock:
                    self._idle.discard(connection)
                    self._busy.add(connection)
                response = self._answer(request)
                alive = request.keeps_alive and not self._stopping
                connection.sendall(response_bytes(response, request.method, alive))
                with self._lock:
                    self._busy.discard(connection)
                    self._idle.add(connection)
                if not alive:
                    return

    def _answer(self, request: Request) -> Response:
        try:
            return self._handler(request)
        except Exception:
            sys.stderr.write(f"{self.name}: {request.method} {request.target}\n{traceback.format_exc()}")
            sys.stderr.flush()
            return Response(500, b'{"message": "Internal server error"}', [("Content-Type", "application/json")])


def _listen(name: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
    except OSError as error:
        listener.close()
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        raise UnavailableError(
            f"port {port} of {LOOPBACK} is taken, so the {name} can't start there: stop what uses it, or choose another"
        ) from None
    listener.listen(512)
    return listener


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _discard(connection: socket.socket) -> None:
    """Read what the peer still sends, so that it gets our answer instead of a reset connection."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(DISCARD_S)
        deadline, left = monotonic() + DISCARD_S, DISCARD_BYTES
        while left > 0 and monotonic() < deadline:
            data = connection.recv(65_536)
            if not data:
                return
            left -= len(data)
