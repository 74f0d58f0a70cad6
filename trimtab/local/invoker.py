"""Invoke: which version runs, in which environment, under which limits, and what becomes of events."""

import json
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import time

from trimtab.local.clock import Clock
from trimtab.local.credentials import Credentials
from trimtab.local.environment import Environment
from trimtab.local.environment_pool import EnvironmentPool
from trimtab.local.invocation import PAYLOAD_LIMIT, Invocation, Result
from trimtab.local.lambda_aliases import splits, version_for_call
from trimtab.local.lambda_code import CodeStore
from trimtab.local.lambda_errors import LambdaError, no_images, throttled, too_large
from trimtab.local.lambda_metrics import LambdaMetrics
from trimtab.local.lambda_records import LATEST, Configuration, Function
from trimtab.local.log_sink import LogSink
from trimtab.local.process_group import ProcessGroup
from trimtab.local.run_spec import run_spec
from trimtab.local.under_way import UnderWay

EVENT_LIMIT = 1_048_576
EVENT_WORKERS = 8
REAP_S = 30.0


class Invoker:
    """`invoke` runs a function and waits; `send` runs it later, with retries, as for events."""

    def __init__(
        self,
        codes: CodeStore,
        sink: LogSink,
        credentials: Credentials,
        clock: Clock,
        metrics: LambdaMetrics,
        under_way: UnderWay,
        runtime: Path,
        region: str,
        endpoint: str,
    ) -> None:
        self._codes, self._sink, self._credentials = codes, sink, credentials
        self._clock, self._metrics, self.under_way = clock, metrics, under_way
        self._runtime, self._region, self._endpoint = runtime, region, endpoint
        self._group = ProcessGroup()
        self._lock = threading.Lock()
        self._pools: dict[tuple[str, str, str], EnvironmentPool] = {}
        self._running: Counter[str] = Counter()
        self._draw = random.Random()  # noqa: S311 - splits traffic
        self._events = ThreadPoolExecutor(EVENT_WORKERS, thread_name_prefix="lambda-event")
        self._stopped = threading.Event()
        threading.Thread(target=self._reap, name="environment-reaper", daemon=True).start()

    def invoke(
        self,
        function: Function,
        qualifier: str | None,
        payload: bytes,
        *,
        request_id: str | None = None,
        trace_id: str = "",
        client_context: str | None = None,
        keep_tail: bool = False,
        at_ms: int | None = None,
    ) -> Result:
        """The handler's answer, or the error that Lambda reports for it. `at_ms` is when it counts as run, if not now.

        Raises:
            LambdaError: no such qualifier, payload too large, or reserved concurrency used up.
        """
        if len(payload) > PAYLOAD_LIMIT:
            size = f"{len(payload)} must be smaller than {PAYLOAD_LIMIT} bytes for the InvokeFunction operation"
            raise too_large(size)
        version = version_for_call(function, qualifier, self._draw)
        configuration = function.configuration(version)
        arn = function.latest["FunctionArn"] + (f":{qualifier}" if qualifier else "")
        if configuration["PackageType"] == "Image":
            raise no_images(arn)
        invocation = Invocation(payload, arn, float(configuration["Timeout"]), trace_id=trace_id)
        invocation.client_context = client_context
        if request_id:
            invocation.request_id = request_id
        executed = version if splits(function, qualifier) else None
        counted = self._metrics.of(function.name, qualifier, executed, self._clock.now_ms() if at_ms is None else at_ms)
        try:
            with self._place(function):
                result = self._pool(function, configuration).run(invocation, keep_tail)
        except LambdaError as error:
            if error.status == 429:
                counted.throttled()
            raise
        counted.ran(result.duration_ms, failed=result.error is not None)
        return result

    def send(
        self,
        function: Function,
        qualifier: str | None,
        payload: bytes,
        request_id: str,
        failed: Callable[[str], None],
    ) -> "Future[str | None]":
        """Run it in the background: twice more, a second and two later, when it fails (in virtual time at once).

        The future gives the error of the last attempt, or None; `failed` is told of it before.

        Raises:
            LambdaError: no such qualifier, or the event is too large.
        """
        if len(payload) > EVENT_LIMIT:
            raise too_large(f"{len(payload)} must be smaller than {EVENT_LIMIT} bytes for the InvokeFunction operation")
        function.configuration(qualifier)
        config = function.invoke_configs.get(qualifier or LATEST, {})
        retries = config.get("MaximumRetryAttempts", 2)
        self.under_way.begin()
        future = self._events.submit(self._deliver, function, qualifier, payload, request_id, retries, failed)
        future.add_done_callback(lambda done: self.under_way.end())
        return future

    def changed(self, function: Function) -> None:
        """$LATEST was changed: environments of what it was take no new work."""
        self._retire(
            lambda key: key[0] == function.name and key[1] == LATEST and key[2] != function.latest["RevisionId"]
        )

    def deleted(self, name: str, version: str | None) -> None:
        """The function, or one version of it, is gone."""
        self._retire(lambda key: key[0] == name and version in (None, key[1]))

    def counts(self) -> dict[str, int]:
        """How many environments each version has."""
        with self._lock:
            return {f"{name}:{version}": pool.size for (name, version, _), pool in self._pools.items() if pool.size}

    def stop(self) -> None:
        """End every environment; what runs in them is cut off."""
        self._stopped.set()
        self._events.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            pools = list(self._pools.values())
        self._group.end_all()
        for pool in pools:
            pool.stop()

    @contextmanager
    def _place(self, function: Function) -> Iterator[None]:
        """One of the function's reserved places, where it has any."""
        with self._lock:
            if function.concurrency is not None and self._running[function.name] >= function.concurrency:
                raise throttled()
            self._running[function.name] += 1
        try:
            yield
        finally:
            with self._lock:
                self._running[function.name] -= 1

    def _deliver(
        self,
        function: Function,
        qualifier: str | None,
        payload: bytes,
        request_id: str,
        retries: int,
        failed: Callable[[str], None],
    ) -> str | None:
        why: str | None = None
        for attempt in range(retries + 1):
            try:
                result = self.invoke(function, qualifier, payload, request_id=request_id)
                if result.error is None:
                    return None
                why = _error_text(result.payload)
            except Exception as error:
                why = str(error)
                self._sink.write(
                    function.latest["LoggingConfig"]["LogGroup"], "events", int(time() * 1000), f"{request_id}: {error}"
                )
            if attempt < retries and not self._stopped.is_set() and not self._clock.is_virtual:
                self._stopped.wait(attempt + 1)
        if why is not None:
            failed(why)
        return why

    def _pool(self, function: Function, configuration: Configuration) -> EnvironmentPool:
        version = configuration["Version"]
        key = (function.name, version, configuration["RevisionId"] if version == LATEST else "")
        with self._lock:
            pool = self._pools.get(key)
            if pool is None:
                key_pair = self._credentials.issue(configuration["Role"], configuration["FunctionName"])
                spec = run_spec(configuration, self._codes, key_pair, self._runtime, self._region, self._endpoint)
                pool = EnvironmentPool(lambda ready, failed: Environment(spec, self._group, self._sink, ready, failed))
                self._pools[key] = pool
            return pool

    def _retire(self, chosen: Callable[[tuple[str, str, str]], bool]) -> None:
        with self._lock:
            retired = [self._pools.pop(key) for key in list(self._pools) if chosen(key)]
        for pool in retired:
            pool.retire()

    def _reap(self) -> None:
        while not self._stopped.wait(REAP_S):
            with self._lock:
                pools = list(self._pools.values())
            for pool in pools:
                pool.reap()


def _error_text(payload: bytes) -> str:
    """A function's error in a line."""
    try:
        error = json.loads(payload)
        return f"{error['errorType']}: {error['errorMessage']}"
    except (ValueError, KeyError, TypeError):
        return payload[:500].decode(errors="replace")
