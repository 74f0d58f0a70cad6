"""What a replay does in which order: before a schedule fires, all that came earlier is answered, and nothing later."""

from datetime import UTC, datetime, timedelta
from typing import cast

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from functions.domain.names import LOCAL_ACCOUNT, LOCAL_REGION, LOCAL_STAGE, Names
from trimtab.replay_acts import Act, Scene
from trimtab.replay_life import Life
from trimtab.replay_timeline import HOUR_MS, Send, timeline
from trimtab.replay_traffic import ReplayTraffic
from trimtab.stage import Stage
from trimtab.virtual_clock import VirtualClock

START = 1_362_096_000_000


class FakeClock:
    """A schedule at 5 past each sixth hour; notes what was answered when it fired."""

    def __init__(self, traffic: "FakeTraffic") -> None:
        self._traffic = traffic
        self.due_ms = START + 5 * 60_000
        self.now_ms = START
        self.fired: list[tuple[int, list[Send]]] = []

    def is_due_by(self, time_ms: int) -> bool:
        return self.due_ms <= time_ms

    def move(self, to_ms: int) -> list[str]:
        assert to_ms >= self.now_ms
        fired = []
        while self.due_ms <= to_ms:
            self.fired.append((self.due_ms, list(self._traffic.answered)))
            fired.append("compact")
            self.due_ms += 6 * HOUR_MS
        self.now_ms = to_ms
        return fired


class FakeTraffic:
    def __init__(self) -> None:
        self.answered: list[Send] = []
        self._under_way: list[Send] = []

    def send(self, one: Send) -> None:
        self._under_way.append(one)

    def land(self) -> None:
        self.answered += self._under_way
        self._under_way.clear()


def life(traffic: FakeTraffic, clock: FakeClock) -> Life:
    stage = Stage(Names(LOCAL_STAGE, LOCAL_ACCOUNT, LOCAL_REGION))
    return Life(stage, "tides", cast(ReplayTraffic, traffic), cast(VirtualClock, clock), lambda fired: None)


@given(
    st.lists(st.integers(min_value=0, max_value=72 * HOUR_MS), min_size=1, max_size=50).map(sorted),
    st.integers(min_value=0, max_value=30),
    st.lists(st.integers(min_value=0, max_value=80 * HOUR_MS), max_size=4).map(sorted),
)
def test_a_schedule_and_an_act_find_what_came_before_them_and_nothing_of_later(
    happened: list[int], delay_hours: int, done_at: list[int]
) -> None:
    times = (START + np.array(happened)).astype("datetime64[ms]").astype("datetime64[us]")
    plan = timeline(times, timedelta(hours=delay_hours), 10)
    traffic = FakeTraffic()
    clock = FakeClock(traffic)
    end_ms = int(plan.known_ms[-1]) + 120 * HOUR_MS
    acted: list[tuple[int, list[Send]]] = []

    def act(scene: Scene) -> None:
        acted.append((scene.now_ms, list(traffic.answered)))

    acts = [Act(datetime.fromtimestamp((START + at) / 1000, UTC), act) for at in done_at]
    life(traffic, clock).live(plan, acts, end_ms)

    sends = list(plan)
    assert traffic.answered == sends
    assert clock.now_ms == end_ms
    assert [at_ms for at_ms, _ in acted] == [START + at for at in done_at]
    for at_ms, answered in clock.fired + acted:
        assert answered == [send for send in sends if send.time_ms < at_ms]
    assert clock.fired[-1][1] == sends
