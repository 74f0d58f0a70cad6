"""moto's executions, but changed under its lock, ended for good when somebody stops them, and never left RUNNING.

Importing this imports moto's interpreter, which takes more than a second: `moto_interpreter.py` does it when it must.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from moto.stepfunctions.parser import models
from moto.stepfunctions.parser.api import ExecutionStatus
from moto.stepfunctions.parser.backend import execution as backend
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker

RUNNING, FAILED, FAILURES = (
    ExecutionStatus.RUNNING, ExecutionStatus.FAILED, (ExecutionStatus.FAILED, ExecutionStatus.TIMED_OUT),
)  # fmt: skip
PARSING = threading.Lock()  # the parser keeps tables that all threads share
_Worker: Any = ExecutionWorker
_Execution: Any = backend.Execution
_Communication: Any = backend.BaseExecutionWorkerCommunication


@dataclass(frozen=True, slots=True)
class Hooks:
    """moto's lock, and who is told of each execution: at its end by its ARN, and its error or None."""

    lock: threading.RLock
    on_start: Callable[[], None]
    on_end: Callable[[str, str | None], None]


def install(hooks: Hooks) -> None:
    """From now on moto's backend starts executions of ours."""
    Execution.hooks = hooks
    setattr(models, "Execution", Execution)  # noqa: B010 - not a name that it exports


class Execution(_Execution):  # type: ignore[misc] # moto's is not typed
    """One execution; once stopped it stays so, though its task may run on."""

    hooks: Hooks
    exec_status: ExecutionStatus

    def get_start_execution_details(self) -> Any:
        """With `$$.Execution.StartTime` as AWS writes it: `2013-03-01T00:00:00.000Z`."""
        details = super().get_start_execution_details()
        details.start_time = self.start_date.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return details

    def stop(self, stop_date: Any, error: str | None, cause: str | None) -> None:
        with self.hooks.lock:
            if self.exec_status == RUNNING:
                self.exec_worker.stop(stop_date=stop_date, error=error, cause=cause)
                self.exec_status = ExecutionStatus.ABORTED
                self.stop_date, self.error, self.cause = _now(), error or None, cause or None

    def fail(self, error: str, cause: str) -> None:
        with self.hooks.lock:
            if self.exec_status == RUNNING:
                self.exec_status, self.stop_date, self.error, self.cause = FAILED, _now(), error, cause

    def failure(self) -> str | None:
        """What went wrong, in a line; None for success, and where somebody stopped it."""
        with self.hooks.lock:
            if self.exec_status not in FAILURES:
                return None
            return ": ".join(part for part in (self.exec_status.value, self.error, self.cause) if part)

    def _get_start_execution_worker_comm(self) -> Any:
        return Communication(self)

    def _get_start_execution_worker(self) -> Any:
        made = super()._get_start_execution_worker()
        made.__class__ = Worker
        return made


class Worker(_Worker):  # type: ignore[misc] # moto's is not typed
    """Runs one execution in a thread."""

    def start(self) -> None:
        self._execution_communication.execution.hooks.on_start()
        threading.Thread(target=self._run, name="execution", daemon=True).start()

    def stop(self, stop_date: Any, error: str | None, cause: str | None) -> None:
        if self.env is not None:  # None: its thread has not begun
            super().stop(stop_date, error, cause)

    def _run(self) -> None:
        execution = self._execution_communication.execution
        try:
            self._execution_logic()
        except Exception as error:  # the interpreter's own: the execution must not look as if it still ran
            execution.fail("States.Runtime", repr(error))
        finally:
            execution.hooks.on_end(execution.exec_arn, execution.failure())

    def _get_evaluation_entrypoint(self) -> Any:
        with PARSING:
            return super()._get_evaluation_entrypoint()


class Communication(_Communication):  # type: ignore[misc] # moto's is not typed
    """Reflects the end in the execution: all of it at once."""

    def terminated(self) -> None:
        with self.execution.hooks.lock:
            if self.execution.exec_status == RUNNING:
                super().terminated()


def _now() -> Any:
    cloud_time: Any = vars(backend)["datetime"]  # its stand-in is the cloud's
    return cloud_time.datetime.now(tz=UTC)
