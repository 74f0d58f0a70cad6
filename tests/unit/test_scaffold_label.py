"""`trimtab new`: what the label makes of the task, and what keeps a file from being learnt from."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from functions.domain.errors import ModelFolderError
from tests.unit.csv_folders import NUMBERS, ROWS, YES_NO, cycle, made, trained


@pytest.mark.parametrize(
    ("labels", "task", "positive"),
    [
        (cycle("yes", "no"), "binary", "yes"),
        (cycle("ham", "ham", "spam"), "binary", "spam"),
        (cycle(0, 1, 1), "binary", 1),
        (cycle("0.0", "1.0"), "binary", 1),
        (cycle(1, 2, 2), "binary", 1),
        (cycle("TRUE", "FALSE"), "binary", True),
        (cycle(3, 4, 5), "multiclass", None),
        (cycle("a", "b", "c", ""), "multiclass", None),
        (list(range(ROWS)), "regression", None),
        (cycle(*range(20)), "regression", None),
        (NUMBERS, "regression", None),
        (cycle(0.5, 1.5), "regression", None),
    ],
)
def test_the_label_tells_the_task_and_the_positive_class(
    tmp_path: Path, labels: list[Any], task: str, positive: Any
) -> None:
    settings, notes = made(tmp_path, {"x": NUMBERS, "y": labels})

    assert (settings.model.task, settings.label.positive) == (task, positive)
    assert type(settings.label.positive) is type(positive)
    assert any(f": a {task} model" in note for note in notes)
    assert trained(tmp_path / "models" / "small").parity is not None


def test_rows_without_a_label_are_not_learnt_from(tmp_path: Path) -> None:
    _, notes = made(tmp_path, {"x": NUMBERS, "y": cycle(1, 0, "")})
    result = trained(tmp_path / "models" / "small")

    assert "20 rows without 'y' are not learnt from" in notes
    assert result.fit_rows + result.holdout_rows == 40


ONE_ODD = [*NUMBERS[:-1], "n.a."]


@pytest.mark.parametrize(
    ("columns", "label", "said"),
    [
        ({"x": NUMBERS, "target": YES_NO}, "targt", "given.csv has no column 'targt': did you mean 'target'?"),
        ({"x": NUMBERS, "y": YES_NO}, "outcome", "given.csv has no column 'outcome': its columns are x, y"),
        ({"x": NUMBERS, "y": cycle("yes")}, "y", "label 'y' is always 'yes': a model needs two classes"),
        ({"x": NUMBERS, "y": cycle("")}, "y", "label 'y' is empty"),
        ({"x": NUMBERS, "y": ["b", *cycle("a", "c")[1:]]}, "y", "given.csv line 2: 'b' is the only row of its class"),
        ({"x": NUMBERS, "y": [f"{r}a" for r in range(ROWS)]}, "y", "is the only row of its class in 'y'"),
        ({"x": NUMBERS, "y": cycle("2013-01-01", "2013-01-02")}, "y", "label 'y' is a time"),
        (
            {"x": ONE_ODD, "y": YES_NO},
            "y",
            f"given.csv line {ROWS + 1}: column 'x' holds 'n.a.', where nearly all else",
        ),
        ({"x": cycle(1), "y": YES_NO}, "y", "given.csv has no column beside 'y' to learn from"),
        ({"y": YES_NO}, "y", "given.csv has no column beside 'y' to learn from"),
        ({"x": NUMBERS[:10], "y": YES_NO[:10]}, "y", "given.csv has 10 labelled rows: 20 are the fewest"),
    ],
)
def test_says_what_keeps_a_file_from_being_learnt_from(
    tmp_path: Path, columns: dict[str, Sequence[Any]], label: str, said: str
) -> None:
    with pytest.raises(ModelFolderError) as raised:
        made(tmp_path, columns, label)

    assert said in str(raised.value)
    assert not list(tmp_path.glob("models/*"))
