"""Kill a run of the gate at any of its writes: before it, or after it took effect."""

from dataclasses import replace
from typing import Any, Literal

from functions.adapters.data_lake import DataLake
from functions.adapters.references import References
from functions.adapters.registry import Registry
from functions.adapters.stage_events import StageEvents
from functions.adapters.training_registry import TrainingRegistry
from functions.gate.tools import Tools
from functions.gate.versions import Versions
from tests.functions.gate.worlds import GateWorld
from tests.functions.register.registering import Registering, register_tools
from tests.functions.snapshot.worlds import ARTIFACTS, DATA

When = Literal["before", "after"]
WRITES = ("put_object", "commit", "put_events")  # a death between two reads is one before the next write


class KilledError(BaseException):
    """No `except Exception` survives it, as none survives SIGKILL."""


class Writes:
    """Counts the writes of one run, by name; kills it at the write of a number."""

    def __init__(self, at: int | None = None, when: When = "before") -> None:
        self.names: list[str] = []
        self._at, self._when = at, when

    def tools(self, world: GateWorld) -> Tools:
        """What a cold process works with, watched."""
        table, s3 = _Watched(world.stage.table, self), _Watched(world.s3, self)
        registry, bucket = Registry(table, pause=lambda _: None), DataLake(s3, ARTIFACTS)
        references = References(bucket, DataLake(s3, DATA))
        return replace(
            world.fresh_tools(),
            registry=registry,
            trainings=TrainingRegistry(table),
            references=references,
            versions=Versions(registry, references),
            registering=Registering(register_tools(table, s3, ARTIFACTS, world.kms)),
            bucket=bucket,
            events=StageEvents(_Watched(world.bus, self), "trimtab-test"),
        )

    def reach(self, when: When) -> None:
        if self._at == len(self.names) - 1 and when == self._when:
            raise KilledError


class _Watched:
    """A fake whose writes are watched."""

    def __init__(self, fake: Any, writes: Writes) -> None:
        self._fake, self._writes = fake, writes

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._fake, name)
        if name not in WRITES:
            return method

        def call(*args: Any, **named: Any) -> Any:
            self._writes.names.append(name)
            self._writes.reach("before")
            result = method(*args, **named)
            self._writes.reach("after")
            return result

        return call
