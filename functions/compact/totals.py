"""What a compaction has done, in numbers: its answer, and its metrics."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from functions.compact.hour_merge import Merged
from functions.compact.intake import Intake


@dataclass(slots=True)
class Totals:
    """`objects` and `records` were read. `predictions` and `labels` are new in the table; `duplicates` were there.

    `set_aside` are records (or rows of label records) that could not be read, `misfits` values of features that did not
    fit their type and are null, `rescued` records out of functions' logs, `hours` objects that were merged.
    """

    objects: int = 0
    records: int = 0
    rescued: int = 0
    predictions: int = 0
    labels: int = 0
    duplicates: int = 0
    set_aside: int = 0
    misfits: int = 0
    hours: int = 0

    def add(self, intake: Intake, merged: Merged) -> None:
        """Count a batch."""
        predictions = sum(hour.after.predictions - hour.before.predictions for hour in merged.hours)
        labels = sum(hour.after.labels - hour.before.labels for hour in merged.hours)
        self.records += intake.records
        self.predictions += predictions
        self.labels += labels
        self.duplicates += intake.rows + intake.labels.rows - predictions - labels
        self.set_aside += len(intake.set_aside)
        self.misfits += merged.misfits
        self.hours += len(merged.hours)

    def to_document(self) -> dict[str, int]:
        return asdict(self)

    def metrics(self, unmatched: int) -> Mapping[str, float]:
        """By the names of CloudWatch's metrics."""
        return {
            "CompactedRows": self.predictions,
            "MergedLabels": self.labels,
            "DuplicateRecords": self.duplicates,
            "RejectedRecords": self.set_aside,
            "RescuedRecords": self.rescued,
            "UnmatchedLabels": unmatched,
        }
