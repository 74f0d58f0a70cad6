"""The order in which a replay lives: traffic, the clock's schedules, and what somebody does on the way."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from trimtab.replay_acts import Act, Scene
from trimtab.replay_timeline import Timeline
from trimtab.replay_traffic import ReplayTraffic
from trimtab.stage import Stage
from trimtab.virtual_clock import VirtualClock


@dataclass(frozen=True, slots=True)
class Life:
    """Traffic, clock and acts in one order. `moved` is told of each move, with the schedules that fired."""

    stage: Stage
    model: str
    traffic: ReplayTraffic
    clock: VirtualClock
    moved: Callable[[list[str]], None]

    def live(self, plan: Timeline, acts: Sequence[Act], end_ms: int) -> None:
        """Send all in the order of time; before a schedule fires, or an act, what came earlier is answered."""
        waiting = deque(acts)
        for send in plan:
            while waiting and waiting[0].at_ms <= send.time_ms:
                self._act(waiting.popleft())
            if self.clock.is_due_by(send.time_ms):
                self._stand(send.time_ms)
            self.traffic.send(send)
        for act in waiting:
            self._act(act)
        self._stand(end_ms)

    def _act(self, act: Act) -> None:
        self._stand(act.at_ms)
        act.do(Scene(self.stage, self.model, self.traffic, act.at_ms))

    def _stand(self, time_ms: int) -> None:
        self.traffic.land()
        self.moved(self.clock.move(time_ms))
