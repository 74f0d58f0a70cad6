"""Killed at any of its writes, before it or after it took effect, the gate ends at its next run as it should."""

from pathlib import Path

import pytest

from functions.domain.audit import verify
from functions.gate.request import GateRequest
from tests.functions.gate.killing import KilledError, When, Writes
from tests.functions.gate.worlds import EXECUTION, GateWorld
from tests.functions.snapshot.worlds import MODEL, settings

WHEN: tuple[When, When] = ("before", "after")


@pytest.mark.parametrize(("kind", "state"), [("honest", "passed"), ("flipped", "refused")])
def test_killed_at_any_write_the_next_run_ends_as_it_should(tmp_path: Path, kind: str, state: str) -> None:
    world = GateWorld(tmp_path, settings())
    world.deploy()
    world.serve(days=6)
    request, before = world.request(kind), world.stage.saved()
    writes = Writes()
    world.judge(request, writes.tools(world))
    assert {"put_object", "commit", "put_events"} == set(writes.names)
    for at, name in enumerate(writes.names):
        alike = {name} == set(writes.names[max(at - 1, 0) : at + 2])  # one of several files that are written once
        for when in () if alike else WHEN:
            world.stage.restore(before)
            world.bus.sent.clear()
            _killed(world, request, state, at, when)


def _killed(world: GateWorld, request: GateRequest, state: str, at: int, when: When) -> None:
    where = f"killed {when} write {at}"
    with pytest.raises(KilledError):
        world.judge(request, Writes(at, when).tools(world))
    answer = world.judge(request, world.fresh_tools())
    assert answer["decision"] == state, where
    training = world.trainings.of_execution(MODEL, EXECUTION)
    assert (training.state, training.version, training.gate) == (state, answer["version"], answer["report"]), where
    assert training.reasons == tuple(world.decision()["reasons"]), where
    assert world.trainings.running(MODEL) is None, where
    record = world.registry.model(MODEL)
    assert (record.versions, record.candidate) == ((2, 2) if state == "passed" else (1, None)), where
    acts = world.stage.acts()
    assert acts.count("training.ended") == 1, where
    assert acts.count("version.approved") == (1 if state == "passed" else 0), where
    assert 1 <= len(world.bus.sent) <= 2, where
    assert verify(world.stage.table.entries(), world.stage.table.head()) == []
