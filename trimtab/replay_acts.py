"""What somebody does to a replay's cloud on the way, beside its traffic: the demo breaks things at their time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from trimtab.replay_traffic import ReplayTraffic
from trimtab.stage import Stage


@dataclass(frozen=True, slots=True)
class Scene:
    """The cloud and its traffic as an act finds them; all that came before is answered."""

    stage: Stage
    model: str
    traffic: ReplayTraffic
    now_ms: int


@dataclass(frozen=True, slots=True)
class Act:
    """Something that is done at a time."""

    at: datetime
    do: Callable[[Scene], None]

    @property
    def at_ms(self) -> int:
        return round(self.at.timestamp() * 1000)
