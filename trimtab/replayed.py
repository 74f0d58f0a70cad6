"""What a replay came to, in one document."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trimtab.replay_comparison import Comparison
from trimtab.replay_events import Correction
from trimtab.replay_outcome import Outcome


@dataclass(frozen=True, slots=True)
class Replayed:
    """What was sent, what the log's table holds of it, what the loop did and was worth, and where its pages lie.

    `comparison` is None where no row of the replay has a label. `failures` are runs of schedules, functions and
    executions that ended in an error. `picture` is the page that shows all of it, `last_report` the last window's.
    """

    model: str
    rows_sent: int
    rows_refused: int
    labels_sent: int
    outcome: Outcome
    correction: Correction
    comparison: Comparison | None
    failures: tuple[str, ...]
    last_report: Path | None
    picture: Path | None
    seconds: float

    def to_document(self) -> dict[str, Any]:
        """What `--json` prints."""
        whole, done, compared = self.outcome.whole, self.correction, self.comparison
        metric: dict[str, Any] = {"name": self.outcome.judged_metric, "value": whole.realised}
        return {
            "model": self.model,
            "rows_sent": self.rows_sent,
            "rows_refused": self.rows_refused,
            "rows_found": whole.rows,
            "labels_sent": self.labels_sent,
            "labels_found": whole.labelled,
            "evaluations": len(self.outcome.evaluations),
            "verdicts": dict(Counter(one.verdict for one in self.outcome.evaluations)),
            "metric": metric if compared is None else metric | compared.to_document(),
            "calendar_retrainings": None if compared is None else compared.calendar_retrainings,
            "retrainings": done.trainings,
            "refused": done.refused,
            "skipped": done.skipped,
            "rollouts": done.rollouts,
            "rollbacks": done.rollbacks,
            "quarantined": done.quarantined,
            "failed_runs": len(self.failures),
            "report": None if self.last_report is None else str(self.last_report),
            "picture": None if self.picture is None else str(self.picture),
            "seconds": round(self.seconds, 1),
        }
