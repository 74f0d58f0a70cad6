"""One kept-alive HTTP/1.1 connection on which no wait is without a bound.

Nothing of `http.client`, `urllib` or the `idna` codec is imported: at a cold start they would cost more than the
handshake. Hence host names are ASCII and travel as bytes.
"""

import socket
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from functions.adapters import tls
from functions.adapters.endpoint import Endpoint
from functions.adapters.http_response import Response, ResponseReader
from functions.domain.errors import UnavailableError

type _Address = tuple[int, tuple[Any, ...]]  # family, and what socket.connect() takes

_RECEIVE_BYTES = 65_536
_IDLE_LIMIT = 50.0  # seconds; behind a frozen Lambda a connection may die without a word, and AWS drops idle ones


class Deadline:
    """A moment after which nothing waits any longer."""

    def __init__(self, seconds: float, monotonic: Callable[[], float] = time.perf_counter) -> None:
        self._monotonic = monotonic
        self._end = monotonic() + seconds

    def left(self) -> float:
        """Seconds left; zero or less when it has passed."""
        return self._end - self._monotonic()

    def sooner(self, seconds: float) -> "Deadline":
        """This deadline, or the one in so many seconds, whichever comes first."""
        return Deadline(min(seconds, self.left()), self._monotonic)

    def timeout(self) -> float:
        """Seconds left, for a socket.

        Raises:
            TimeoutError: there are none.
        """
        if (left := self.left()) <= 0:
            raise TimeoutError("timed out")
        return left


class HttpConnection:
    """Sends requests to one endpoint, one at a time; connects when needed and keeps the connection.

    Args:
        trust: whose certificates to believe; for https only.
        clock: seconds since the epoch; it (unlike a monotonic clock) also runs while Lambda keeps the function frozen.
    """

    def __init__(self, endpoint: Endpoint, trust: tls.Trust, clock: Callable[[], float] = time.time) -> None:
        self.endpoint = endpoint
        self._trust = trust
        self._clock = clock
        self._socket: socket.socket | None = None
        self._used_at = 0.0

    def connect(self, deadline: Deadline) -> None:
        """Connect (TCP and TLS), if it is not.

        Raises:
            UnavailableError: it could not.
        """
        if self._socket is None or not self._alive(self._socket):
            self.close()
            try:
                try:
                    self._socket = self._open(deadline)
                except tls.UnknownAuthorityError:
                    self._socket = self._open(deadline)
            except (OSError, ValueError) as error:
                raise UnavailableError(f"cannot connect to {self.endpoint.authority}: {error}") from error
            self._used_at = self._clock()

    def request(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes, deadline: Deadline
    ) -> Response:
        """Send a request and read its answer.

        A connection that had been idle and turns out to be closed before the first byte of an answer is replaced once
        without a word. As the server may have read the request nevertheless, it can see it twice.

        Raises:
            UnavailableError: there was no answer, or not in time, or not a sound one. The server may have acted.
        """
        reused = self._socket is not None
        self.connect(deadline)
        message = _encode(method, target, headers, body)
        try:
            return self._exchange(message, deadline)
        except _StaleConnectionError as error:
            if not reused:
                raise UnavailableError(f"{self.endpoint.authority}: {error}") from error
        self.connect(deadline)
        try:
            return self._exchange(message, deadline)
        except _StaleConnectionError as error:
            raise UnavailableError(f"{self.endpoint.authority}: {error}") from error

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _exchange(self, message: bytes, deadline: Deadline) -> Response:
        connected = self._socket
        assert connected is not None, "connect() comes first"  # noqa: S101 (a mistake of this class, not of its callers)

        def receive() -> bytes:
            connected.settimeout(deadline.timeout())
            return connected.recv(_RECEIVE_BYTES)

        reader = ResponseReader(receive)
        try:
            connected.settimeout(deadline.timeout())
            connected.sendall(message)
            response = reader.read()
        except (OSError, UnavailableError) as error:
            self.close()
            if not reader.started and not isinstance(error, TimeoutError):
                raise _StaleConnectionError(f"the connection was closed before an answer ({error})") from error
            raise UnavailableError(f"{self.endpoint.authority}: {error}") from error
        self._used_at = self._clock()
        if not response.keep_alive:
            self.close()
        return response

    def _open(self, deadline: Deadline) -> socket.socket:
        addresses = _resolve(self.endpoint, deadline)
        for position, (family, address) in enumerate(addresses):
            try:
                # Each address gets its share, so that a dead one does not eat the time of the others.
                connected = self._open_one(
                    family, address, deadline.sooner(deadline.timeout() / (len(addresses) - position))
                )
            except OSError:
                if position == len(addresses) - 1:
                    raise
            else:
                return connected
        raise OSError("the name has no address")

    def _open_one(self, family: int, address: tuple[Any, ...], deadline: Deadline) -> socket.socket:
        connected = socket.socket(family, socket.SOCK_STREAM)
        try:
            connected.settimeout(deadline.timeout())
            connected.connect(address)
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.endpoint.scheme == "https":
                connected.settimeout(deadline.timeout())
                return self._trust.wrap(connected, self.endpoint.host)
        except BaseException:
            connected.close()
            raise
        return connected

    def _alive(self, connected: socket.socket) -> bool:
        """Whether an idle connection may be used: young enough, and the server neither closed it nor spoke unasked."""
        if not 0 <= self._clock() - self._used_at <= _IDLE_LIMIT:
            return False
        connected.settimeout(0)
        try:
            connected.recv(1)  # through TLS, so that session tickets are taken for what they are
        except self._trust.would_block():
            return True
        except OSError:
            return False
        return False


class _StaleConnectionError(Exception):
    """The connection ended before the first byte of an answer."""


def _encode(method: str, target: str, headers: Mapping[str, str], body: bytes) -> bytes:
    lines = [f"{method} {target} HTTP/1.1", *[f"{name}: {value}" for name, value in headers.items()]]
    head = "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""])
    return head.encode("latin-1") + body


def _resolve(endpoint: Endpoint, deadline: Deadline) -> list[_Address]:
    """The endpoint's addresses. The system's resolver takes no timeout, so it runs in a thread that we can leave."""
    host = endpoint.host.encode()  # bytes, since a str would import the idna codec
    found: list[_Address] = []
    failure: list[OSError] = []

    def look_up(flags: int = 0) -> None:
        try:
            answers = socket.getaddrinfo(host, endpoint.port, type=socket.SOCK_STREAM, flags=flags)
            found.extend((family, address) for family, _, _, _, address in answers)
        except OSError as error:
            failure.append(error)

    look_up(socket.AI_NUMERICHOST)
    if not found:
        failure.clear()
        thread = threading.Thread(target=look_up, name="resolve", daemon=True)
        thread.start()
        thread.join(deadline.timeout())
        if thread.is_alive():
            raise TimeoutError("the name was not resolved in time")
    if failure:
        raise failure[0]
    return found
