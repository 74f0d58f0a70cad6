"""All that lives by the clock, put together: topics, the event bus, alarms, schedules, and what moves them on."""

from collections.abc import Callable
from pathlib import Path

from functions.domain.names import LOCAL_ACCOUNT, LOCAL_REGION
from trimtab.local.alarms import Alarms
from trimtab.local.clock import Clock
from trimtab.local.event_bus import EventBus
from trimtab.local.firehose import Firehose
from trimtab.local.function_target import FunctionTargets
from trimtab.local.journal import Journal
from trimtab.local.log_sink import LogSink
from trimtab.local.metric_store import MetricStore
from trimtab.local.moto_app import Moto
from trimtab.local.schedules import Schedules
from trimtab.local.state_machine_target import StateMachineTargets
from trimtab.local.timekeeper import Timekeeper
from trimtab.local.topics import Topics


class Watch:
    """`timekeeper` runs it; the AWS endpoint reaches `alarms`, `bus` and `topics`."""

    def __init__(
        self,
        *,
        folder: Path,
        moto: Moto,
        journal: Journal,
        clock: Clock,
        metrics: MetricStore,
        firehose: Firehose,
        functions: FunctionTargets,
        machines: StateMachineTargets,
        sink: LogSink,
        say: Callable[[str], None],
    ) -> None:
        place = (LOCAL_ACCOUNT, LOCAL_REGION)
        self.topics = Topics(moto, sink, *place, say)
        self.bus = EventBus(moto, journal, clock, functions, machines, self.topics, *place)
        self.alarms = Alarms(folder / "alarms.json", moto, metrics, clock, self.bus, functions, self.topics, *place)
        schedules = Schedules(folder / "schedules.jsonl", moto, clock, functions, machines, self.bus, *place)
        self.timekeeper = Timekeeper(clock, schedules, self.alarms, firehose, functions.invoker.under_way, metrics)
