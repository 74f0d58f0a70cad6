"""The journal of calls that changed moto's state: written before their answer, made again at the next start.

A line is a call: `{"n": number, "t": epoch seconds, "m": method, "u": target, "h": headers, "b" or "f": body}`. Number
and time also set moto's random numbers and clock, so ids and times come out as they were. Large bodies lie beside it in
files named by their digest. A line that a kill cut off was never answered: it is dropped.
"""

import base64
import json
import os
import re
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from time import time

from trimtab.local.aws_call import aws_call
from trimtab.local.http_message import Request, Response
from trimtab.local.moto_app import Moto

INLINE_BYTES = 2_048
UNNEEDED = frozenset(
    {
        "user-agent",
        "accept-encoding",
        "expect",
        "connection",
        "amz-sdk-invocation-id",
        "amz-sdk-request",
        "content-length",
    }
)


class Journal:
    """moto with a memory: `call` answers a request and keeps what it changed; `replay` restores it."""

    def __init__(self, folder: Path, moto: Moto, clock: Callable[[], float] = time) -> None:
        self._path, self._bodies, self._moto, self._clock = folder / "calls.jsonl", folder / "bodies", moto, clock
        self._bodies.mkdir(exist_ok=True)
        self._next = 1
        self._file: int | None = None

    @property
    def position(self) -> int:
        """The number of the next call: it moves when something changes."""
        return self._next

    def call(self, request: Request) -> Response:
        """moto's answer. A call that changes state is in the journal before it is answered."""
        if not aws_call(request).changes_state:
            return self._moto.call(request)
        with self._moto.lock:
            number, epoch_s = self._next, round(self._clock(), 3)
            response = self._moto.call(request, seed=number, epoch_s=epoch_s)
            if response.status < 400:
                self._append(number, epoch_s, request)
            return response

    def replay(self) -> int:
        """Make all calls again and open the journal for more; returns their number."""
        whole, count = 0, 0
        for line in self._lines():
            try:
                entry = json.loads(line)
                request = self._request(entry)
            except ValueError:
                break
            self._moto.call(request, seed=entry["n"], epoch_s=entry["t"])
            whole, count, self._next = whole + len(line), count + 1, entry["n"] + 1
        self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.ftruncate(self._file, whole)
        return count

    def close(self) -> None:
        with self._moto.lock:
            if self._file is not None:
                os.close(self._file)
                self._file = None

    def _lines(self) -> Iterator[bytes]:
        if not self._path.exists():
            return
        with self._path.open("rb") as lines:
            for line in lines:
                if not line.endswith(b"\n"):
                    return
                yield line

    def _append(self, number: int, epoch_s: float, request: Request) -> None:
        if self._file is None:
            raise RuntimeError("the journal is closed: call replay() first")
        entry = {"n": number, "t": epoch_s, "m": request.method, "u": request.target, "h": _kept_headers(request)}
        if len(request.body) > INLINE_BYTES:
            entry["f"] = self._keep_body(request.body)
        elif request.body:
            entry["b"] = base64.b64encode(request.body).decode()
        line = json.dumps(entry, separators=(",", ":")).encode() + b"\n"
        while line:
            line = line[os.write(self._file, line) :]
        self._next = number + 1

    def _keep_body(self, body: bytes) -> str:
        digest = sha256(body).hexdigest()
        path = self._bodies / digest
        if not path.exists():
            scratch = path.with_suffix(".new")
            scratch.write_bytes(body)
            scratch.replace(path)
        return digest

    def _request(self, entry: dict[str, object]) -> Request:
        body = b""
        if "f" in entry:
            body = (self._bodies / str(entry["f"])).read_bytes()
        elif "b" in entry:
            body = base64.b64decode(str(entry["b"]))
        headers = [(str(name), str(value)) for name, value in entry["h"]]  # type: ignore[attr-defined] # pairs
        return Request(str(entry["m"]), str(entry["u"]), headers, body)


def _kept_headers(request: Request) -> list[tuple[str, str]]:
    """What moto may look at; of the signature only the scope, which names the service."""
    kept = []
    for name, value in request.headers:
        lowered = name.lower()
        if lowered == "authorization":
            scope = re.match(r"^AWS4-HMAC-SHA256 Credential=[^,\s]+", value)
            value = f"{scope[0]}, SignedHeaders=host, Signature=0" if scope else value
        if lowered not in UNNEEDED:
            kept.append((name, value))
    return kept
