"""moto's backends in this process: one call at a time, without sockets, with a clock and random numbers of our own.

moto isn't made for threads (a conditional write checks, then sets), so each call holds the one lock. With the clock and
the random numbers set for each call, a call that is made again leaves the very state that it left the first time.
"""

import datetime as real_datetime
import io
import os
import threading
import time as real_time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import unquote

from functions.domain.errors import MisconfiguredError
from trimtab.local.http_message import Request, Response

HOP_BY_HOP = frozenset({"connection", "content-length", "transfer-encoding", "keep-alive", "server", "date"})


class SettableClock:
    """The time of the call at hand on the thread at hand; elsewhere the wall clock's."""

    def __init__(self) -> None:
        self._local = threading.local()

    def set(self, epoch_s: float | None) -> None:
        self._local.epoch_s = epoch_s

    def time(self) -> float:
        fixed: float | None = getattr(self._local, "epoch_s", None)
        return real_time.time() if fixed is None else fixed


def datetime_module(clock: Any) -> Any:
    """A stand-in for `datetime` whose now() is `clock.time()`, in seconds since 1970."""

    class ClockedDatetime(real_datetime.datetime):
        @classmethod
        def now(cls, tz: real_datetime.tzinfo | None = None) -> "ClockedDatetime":
            return cls.fromtimestamp(clock.time(), tz)

        @classmethod
        def utcnow(cls) -> "ClockedDatetime":
            return cls.fromtimestamp(clock.time(), real_datetime.UTC).replace(tzinfo=None)

    members = {name: getattr(real_datetime, name) for name in dir(real_datetime) if not name.startswith("__")}
    return SimpleNamespace(**{**members, "datetime": ClockedDatetime})


class Moto:
    """`call` passes a request to moto's own WSGI application."""

    def __init__(self, account: str, endpoint_port: int) -> None:
        os.environ["MOTO_PORT"] = str(endpoint_port)  # moto's Step Functions call Lambda there: the front, not moto
        os.environ["MOTO_ACCOUNT_ID"] = account
        os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"  # roles may name AWS's own policies
        import moto.core.utils as core_utils
        from moto.core.models import DEFAULT_ACCOUNT_ID
        from moto.moto_api._internal import mock_random
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

        if account != DEFAULT_ACCOUNT_ID:
            raise MisconfiguredError(f"moto was imported before for account {DEFAULT_ACCOUNT_ID}, not {account}")
        self._random, self._core_utils = mock_random, core_utils
        self._app = DomainDispatcherApplication(create_backend_app)
        self.lock = threading.RLock()
        self.clock = SettableClock()
        setattr(core_utils, "datetime", datetime_module(self.clock))  # noqa: B010 - not a name that it exports

    def backend(self, service: str, account: str, region: str) -> Any:
        """moto's own object behind a service, for what is read or written too often for HTTP."""
        from moto.backends import get_backend

        return get_backend(cast(Any, service))[account][region]

    def random_bits(self, bits: int) -> int:
        """The next random bits of the call at hand: the same where that is made again."""
        return self._random.getrandbits(bits)

    def call(self, request: Request, *, seed: int | None = None, epoch_s: float | None = None) -> Response:
        """Answer a request; with `seed` and `epoch_s` the answer, ids and times in it are always the same."""
        environ = _environ(request)
        with self.at(epoch_s):
            if seed is not None:
                self._random.seed(seed)
            return _run(self._app, environ)

    @contextmanager
    def at(self, epoch_s: float | None) -> Iterator[None]:
        """Alone with the backends, and at a time (None is the wall clock's)."""
        with self.lock:
            self.clock.set(epoch_s)
            try:
                yield
            finally:
                self.clock.set(None)


def _run(app: Callable[..., Any], environ: dict[str, Any]) -> Response:
    answered: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], None]:
        answered.append((status, headers))
        return lambda data: None

    parts = app(environ, start_response)
    try:
        body = b"".join(parts)
    finally:
        if hasattr(parts, "close"):
            parts.close()
    status, headers = answered[-1]
    kept = [(name, value) for name, value in headers if name.lower() not in HOP_BY_HOP or environ["_head"]]
    return Response(int(status.split(" ", 1)[0]), body, kept)


def _environ(request: Request) -> dict[str, Any]:
    host = request.header("host") or "127.0.0.1"
    raw_path = request.raw_path
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(raw_path, "latin-1"),
        "QUERY_STRING": request.query,
        "RAW_URI": request.target,
        "REQUEST_URI": request.target,
        "SERVER_NAME": host.partition(":")[0],
        "SERVER_PORT": host.partition(":")[2] or "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": request.peer,
        "CONTENT_LENGTH": str(len(request.body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "_head": request.method == "HEAD",
    }
    kept_names: dict[str, str] = {}
    for name, value in request.headers:
        lowered = name.lower()
        if lowered in ("content-length", "transfer-encoding"):
            continue
        key = "CONTENT_TYPE" if lowered == "content-type" else "HTTP_" + name.upper().replace("-", "_")
        if "_" in name and lowered.startswith("x-amz-meta-"):
            kept_names[key] = name
        environ[key] = f"{environ[key]},{value}" if key in environ else value
    environ["moto.preserved_header_names"] = kept_names
    return environ
