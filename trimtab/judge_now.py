"""Have a model judged by hand: bring its log's table up to date, then evaluate."""

from datetime import UTC, datetime
from typing import Any

from functions.domain.errors import InvalidRequestError
from trimtab import local_process
from trimtab.function_call import call_function
from trimtab.stage import Stage


def judge(stage: Stage, model: str, at: datetime | None, by: str) -> dict[str, Any]:
    """What `evaluate` answers for the windows that end at the hour of `at`, by default of now.

    In the local cloud what Firehose has buffered is delivered first, and now is the cloud's own clock's.

    Raises:
        NotFoundError: the stage's functions are not deployed; ConflictError: one is busy.
        UnavailableError: one failed.
        TrimtabError: one refused; its reason is the text.
    """
    if stage.is_local:
        local_process.control(str(stage.endpoint), "flush", {})
    event = {"model": model, "time": _iso(at or now(stage)), "by": by}
    call_function(stage, stage.names.function("compact"), event)
    return call_function(stage, stage.names.function("evaluate"), event)


def now(stage: Stage) -> datetime:
    """The stage's time: a local cloud may live in a virtual one."""
    if not stage.is_local:
        return datetime.now(UTC)
    clock = local_process.control(str(stage.endpoint), "status")["clock"]
    return datetime.fromisoformat(clock["now"])


def read_time(text: str) -> datetime:
    """A time that a person wrote, in UTC where it names no zone.

    Raises:
        InvalidRequestError: it is none.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidRequestError(f"{text!r} is no time: write 2013-03-08 or 2013-03-08T12:00:00Z") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
