"""Whether a training that was asked for is worth its while: pure, from what became of the ones before.

A person is never refused a run. A verdict or a schedule is, where nothing new could be learnt, where the gate refused
the last ones and little time has passed, or where one was made a short while ago.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from functions.domain.durations import words
from functions.domain.model_config import ModelConfig
from functions.domain.training import Cause, Training

# A schedule asks every Monday, and is answered where no training was begun for nearly so long: whatever set it off.
SCHEDULES: Mapping[str, timedelta] = {"weekly": timedelta(days=6), "monthly": timedelta(days=29)}
LONGEST_PAUSE = timedelta(days=365)


def too_soon(
    cause: Cause, at: datetime, before: Sequence[Training], config: ModelConfig, newest: datetime | None = None
) -> str | None:
    """Why nothing is trained now, in words for people; None where it may be.

    `before` are trainings, oldest first; `newest` is when the model's newest version was registered: what a person
    trained and deployed counts as much as what the loop did.
    """
    if cause == "verdict":
        return _refused_lately(at, before, timedelta(seconds=config.evaluate.cool_down_s))
    if cause == "schedule":
        return _just_made(at, before, newest, SCHEDULES.get(config.train.schedule))
    return None


def too_few_labels(cause: Cause, new: int, config: ModelConfig) -> str | None:
    """Why nothing is trained now, `new` being the labelled rows that no training has seen yet."""
    least = config.train.min_labels
    if cause == "person" or new >= least:
        return None
    return (
        f"{new:,} new labelled rows since the last training, needed: {least:,}, as [train] min_labels says; "
        "a person may train all the same: trimtab retrain"
    )


def last_judged(before: Sequence[Training]) -> Training | None:
    """The newest training that came to a decision: what labels it had are not new any more."""
    return next((training for training in reversed(before) if training.judged), None)


def _refused_lately(at: datetime, before: Sequence[Training], cool_down: timedelta) -> str | None:
    """After each refusal in a row the pause doubles: the same labels do not make another challenger."""
    judged = [training for training in before if training.judged]
    row = 0
    for training in reversed(judged):
        if training.state != "refused":
            break
        row += 1
    if not row:
        return None
    pause = min(cool_down * 2 ** min(row, 16), LONGEST_PAUSE)
    until = datetime.fromisoformat(judged[-1].ended_at or judged[-1].started_at) + pause
    if at >= until:
        return None
    last = "the last challenger was refused" if row == 1 else f"the last {row} challengers in a row were refused"
    return f"{last}: after a pause of {words(pause)}, from {until:%Y-%m-%d %H:%M} UTC on, a verdict is followed again"


def _just_made(
    at: datetime, before: Sequence[Training], newest: datetime | None, period: timedelta | None
) -> str | None:
    made = [datetime.fromisoformat(training.started_at) for training in before if training.state != "skipped"]
    known = [*made[-1:], *([] if newest is None else [newest])]
    if period is None or not known or at - max(known) >= period:
        return None
    what = "a training was started" if made and max(known) == made[-1] else "the newest version was registered"
    return f"{what} on {max(known):%Y-%m-%d %H:%M} UTC, less than {words(period)} ago"
