"""Invoke: which version runs, in which environment, under which limits, and what becomes of events."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import sleep, time

from trimtab.local.credentials import Credentials
from trimtab.local.environment import Environment, RunSpec, lambda_variables
from trimtab.local.environment_pool import EnvironmentPool
from trimtab.local.invocation import PAYLOAD_LIMIT, Invocation, Result
from trimtab.local.lambda_aliases import version_for_call
from trimtab.local.lambda_code import CodeStore, python_path
from trimtab.local.lambda_errors import throttled, too_large
from trimtab.local.lambda_records import LATEST, Configuration, Function
from trimtab.local.log_sink import LogSink
from trimtab.local.process_group import ProcessGroup

EVENT_LIMIT = 1_048_576
EVENT_WORKERS = 8
REAP_S = 30.0


class Invoker:
    """`invoke` runs a function and waits; `send` runs it later, with retries, as for events."""

    def __init__(
        self, codes: CodeStore, sink: LogSink, credentials: Credentials, runtime: Path, region: str, endpoint: str
    ) -> None:
        self._codes, self._sink, self._credentials = codes, sink, credentials
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
    ) -> Result:
        """The handler's answer, or the error that Lambda reports for it.

        Raises:
            LambdaError: no such qualifier, payload too large, or reserved concurrency used up.
        """
        if len(payload) > PAYLOAD_LIMIT:
            size = f"{len(payload)} must be smaller than {PAYLOAD_LIMIT} bytes for the InvokeFunction operation"
            raise too_large(size)
        version = version_for_call(function, qualifier, self._draw)
        configuration = function.configuration(version)
        arn = function.latest["FunctionArn"] + (f":{qualifier}" if qualifier else "")
        invocation = Invocation(payload, arn, float(configuration["Timeout"]), trace_id=trace_id)
        invocation.client_context = client_context
        if request_id:
            invocation.request_id = request_id
        with self._place(function):
            return self._pool(function, configuration).run(invocation, keep_tail)

    def send(self, function: Function, qualifier: str | None, payload: bytes, request_id: str) -> None:
        """Run it in the background: twice more, a second and two later, when it fails.

        Raises:
            LambdaError: no such qualifier, or the event is too large.
        """
        if len(payload) > EVENT_LIMIT:
            raise too_large(f"{len(payload)} must be smaller than {EVENT_LIMIT} bytes for the InvokeFunction operation")
        function.configuration(qualifier)
        config = function.invoke_configs.get(qualifier or LATEST, {})
        self._events.submit(
            self._deliver, function, qualifier, payload, request_id, config.get("MaximumRetryAttempts", 2)
        )

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
        self, function: Function, qualifier: str | None, payload: bytes, request_id: str, retries: int
    ) -> None:
        for attempt in range(retries + 1):
            try:
                if self.invoke(function, qualifier, payload, request_id=request_id).error is None:
                    return
            except Exception as error:
                self._sink.write(
                    function.latest["LoggingConfig"]["LogGroup"], "events", int(time() * 1000), f"{request_id}: {error}"
                )
            if attempt < retries and not self._stopped.is_set():
                sleep(attempt + 1)

    def _pool(self, function: Function, configuration: Configuration) -> EnvironmentPool:
        version = configuration["Version"]
        key = (function.name, version, configuration["RevisionId"] if version == LATEST else "")
        with self._lock:
            pool = self._pools.get(key)
            if pool is None:
                spec = self._spec(configuration)
                pool = EnvironmentPool(lambda ready, failed: Environment(spec, self._group, self._sink, ready, failed))
                self._pools[key] = pool
            return pool

    def _spec(self, configuration: Configuration) -> RunSpec:
        task, opt = self._codes.folder(configuration["_code"]), self._codes.opt(configuration["_layers"])
        role = configuration["Role"]
        key = self._credentials.issue(role, configuration["FunctionName"])
        logging = configuration["LoggingConfig"]
        own = {
            "AWS_REGION": self._region,
            "AWS_DEFAULT_REGION": self._region,
            "AWS_ENDPOINT_URL": self._endpoint,
            "AWS_ACCESS_KEY_ID": key.id,
            "AWS_SECRET_ACCESS_KEY": key.secret,
            "AWS_SESSION_TOKEN": key.token,
            "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
            "AWS_LAMBDA_FUNCTION_NAME": configuration["FunctionName"],
            "AWS_LAMBDA_FUNCTION_VERSION": configuration["Version"],
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(configuration["MemorySize"]),
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "LAMBDA_RUNTIME_DIR": str(self._runtime),
            "_HANDLER": configuration["Handler"],
        }
        snap_start = configuration["SnapStart"].get("OptimizationStatus") == "On"
        if snap_start:
            own["AWS_LAMBDA_INITIALIZATION_TYPE"] = "snap-start"
        if logging["LogFormat"] == "JSON":
            own |= {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": logging.get("ApplicationLogLevel", "INFO")}
        path = [*python_path(task, opt), str(self._runtime)]
        rewritten = lambda_variables(configuration["Environment"]["Variables"], task=task, opt=opt, python_path=path)
        return RunSpec(
            function=configuration["FunctionName"],
            version=configuration["Version"],
            handler=configuration["Handler"],
            task=task,
            variables={**rewritten, **own},
            timeout_s=float(configuration["Timeout"]),
            memory_mb=configuration["MemorySize"],
            log_group=logging["LogGroup"],
            log_as_json=logging["LogFormat"] == "JSON",
            snap_start=snap_start,
        )

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
