"""moto's interpreter of state machines, at home in this cloud: its clock, its Lambda, its lock.

moto runs each execution in a thread of its own, which touches none of its backends: only the execution, whose end it
writes under moto's lock, as calls read it. What it reads of the world is replaced: the time is the cloud's; Lambda is
called through one client of our endpoint that waits as long as a function may run; in virtual time the pauses before
retries and those of Wait states pass at once.
"""

import sys
import threading
from collections.abc import Callable
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import boto3
from botocore.config import Config

from trimtab.local.clock import Clock
from trimtab.local.credentials import ACCOUNT_SECRET
from trimtab.local.moto_app import Moto, datetime_module
from trimtab.local.under_way import UnderWay

LONGEST_S = 900 + 120  # a function's 15 minutes, a wait for an environment, its start
MOST_AT_ONCE = 50
RESPONSES = "moto.stepfunctions.responses"
ASL = "moto.stepfunctions.parser.asl."
TIMED = (  # the modules that ask what time it is
    "moto.stepfunctions.parser.models",
    "moto.stepfunctions.parser.backend.execution",
    ASL + "eval.event.event_manager",
    ASL + "component.state.state",
)
LAMBDA_CALLS = ASL + "component.state.exec.state_task.lambda_eval_utils"
RETRIES = ASL + "component.common.retry.retrier_decl"
WAITS = ASL + "component.state.wait.wait_function.wait_function"


class Interpreter:
    """Made once, it is moto's. An execution is under way from its start to its end."""

    def __init__(self, moto: Moto, clock: Clock, endpoint: str, account: str, region: str, under_way: UnderWay) -> None:
        self._moto, self._clock, self._endpoint = moto, clock, endpoint
        self._account, self._region = account, region
        self._under_way = under_way
        self._ending = threading.Event()
        self._client: Any = None
        self._is_ready = False
        import_module("moto.core.config").default_user_config["stepfunctions"] = {"execute_state_machine": True}
        self._find_backend = import_module(RESPONSES).get_backend
        _replace(RESPONSES, "get_backend", self._backend)

    def _backend(self, account: str, region: str) -> Any:
        """What answers moto's calls to Step Functions: at the first of them the interpreter is imported."""
        self._prepare()
        return self._find_backend(account, region)

    def _prepare(self) -> None:
        """It takes more than a second, so not before it is needed."""
        with self._moto.lock:
            if self._is_ready:
                return
            executions = import_module("trimtab.local.moto_executions")
            executions.install(executions.Hooks(self._moto.lock, self._under_way.begin, self._ended))
            cloud_time = datetime_module(SimpleNamespace(time=self._clock.now_s))
            for name in TIMED:
                _replace(name, "datetime", cloud_time)
            _replace(LAMBDA_CALLS, "boto_client_for", self._lambda_client)
            _replace(RETRIES, "time", SimpleNamespace(sleep=self._pause))
            wait_function = import_module(WAITS).WaitFunction
            wait_function._wait_interval = self._shortened(wait_function._wait_interval)
            self._is_ready = True

    def stop(self) -> None:
        """Pauses before retries end now."""
        self._ending.set()

    def _ended(self, arn: str, error: str | None) -> None:
        if error is not None:
            what = f"Step Functions: {arn.rpartition(':execution:')[2]}: {error}"
            sys.stderr.write(f"{what}\n")
            self._under_way.failed(what)
        self._under_way.end()

    def _lambda_client(self, region: str, service: str, state_credentials: Any = None) -> Any:
        """One client for all tasks: making one takes long, and making two at once is not safe."""
        with self._moto.lock:
            if self._client is None:
                config = Config(
                    retries={"total_max_attempts": 1},
                    read_timeout=LONGEST_S,
                    max_pool_connections=MOST_AT_ONCE,
                    parameter_validation=False,
                    proxies={},
                )
                session = boto3.session.Session(self._account, ACCOUNT_SECRET, region_name=self._region)
                self._client = session.client("lambda", endpoint_url=self._endpoint, config=config)
            return self._client

    def _pause(self, seconds: float) -> None:
        if not self._clock.is_virtual:
            self._ending.wait(seconds)

    def _shortened(self, real_wait: Callable[[Any, Any, int], None]) -> Callable[[Any, Any, int], None]:
        def wait(wait_function: Any, env: Any, wait_seconds: int) -> None:
            if not self._clock.is_virtual:
                real_wait(wait_function, env, wait_seconds)

        return wait


def _replace(module: str, name: str, value: object) -> None:
    setattr(import_module(module), name, value)
