"""The verdict on a model: what to do about it, with its reasons. docs/verdicts.md has the rules as a table.

`finding` is what one window says. A verdict to act needs the same finding in several evaluations in a row, and is not
repeated while it cools down: a model near a limit does not flap.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from functions.domain.evaluation import Evaluation, VerdictName
from functions.domain.model_config import EvaluationConfig
from functions.domain.verdict_rules import Evidence, Reason, reasons

# Where several rules speak, the first of these counts.
_URGENCY: tuple[VerdictName, ...] = ("ROLL_BACK", "RETRAIN", "KEEP", "NOT_ENOUGH_EVIDENCE")


@dataclass(frozen=True, slots=True)
class Verdict:
    """`consecutive` counts the evaluations in a row with this `finding`, this one too; `needed` is how many act."""

    verdict: VerdictName
    finding: VerdictName
    reasons: tuple[Reason, ...]
    consecutive: int
    needed: int
    cooling_down_until: datetime | None = None

    @property
    def rules(self) -> tuple[str, ...]:
        return tuple(reason.rule for reason in self.reasons)

    @property
    def retrains(self) -> bool:
        """Whether to train a challenger; also where going back is more urgent, which the same rows may forbid."""
        found = {reason.finding for reason in self.reasons}
        return self.verdict in ("RETRAIN", "ROLL_BACK") and "RETRAIN" in found


def judge(evidence: Evidence, config: EvaluationConfig, history: Sequence[Evaluation], at: datetime) -> Verdict:
    """The verdict of a window that ends `at`. `history` are the evaluations before, oldest first."""
    spoken = list(reasons(evidence, config))
    found = {reason.finding for reason in spoken}
    finding: VerdictName = next((name for name in _URGENCY if name in found), "NOT_ENOUGH_EVIDENCE")
    spoken.sort(key=lambda reason: (reason.finding != finding, reason.finding is None))
    if finding not in ("RETRAIN", "ROLL_BACK"):
        return Verdict(finding, finding, tuple(spoken), 1, config.consecutive)
    row = 1 + _in_a_row(history, finding, evidence.live_version)
    if row < config.consecutive:
        text = f"{_named(finding)} takes {config.consecutive} evaluations in a row that say so; this is number {row}"
        waits = Reason("waits_for_more", None, text, {"consecutive": row, "needed": config.consecutive})
        return Verdict("KEEP", finding, (waits, *spoken), row, config.consecutive)
    until = _cooling_down(history, finding, evidence.live_version, timedelta(seconds=config.cool_down_s))
    if until is not None and at < until:
        text = f"{_named(finding)} was said within the cool-down, and is said again from {until:%Y-%m-%d %H:%M} UTC on"
        return Verdict("KEEP", finding, (Reason("cools_down", None, text), *spoken), row, config.consecutive, until)
    return Verdict(finding, finding, tuple(spoken), row, config.consecutive)


def _in_a_row(history: Sequence[Evaluation], finding: VerdictName, version: str | None) -> int:
    """How many evaluations right before this one found the same of the same live version."""
    count = 0
    for before in reversed(history):
        if before.finding != finding or before.live_version != version:
            break
        count += 1
    return count


def _cooling_down(
    history: Sequence[Evaluation], verdict: VerdictName, version: str | None, cool_down: timedelta
) -> datetime | None:
    """Until when a verdict that was given of the same live version is not given again."""
    given = [e for e in history if e.verdict == verdict and e.live_version == version]
    if not given:
        return None
    return datetime.fromisoformat(given[-1].window[1]).astimezone(UTC) + cool_down


def _named(finding: VerdictName) -> str:
    return {"RETRAIN": "to retrain", "ROLL_BACK": "to roll back"}.get(finding, finding)
