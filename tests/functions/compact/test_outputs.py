"""From a graph's outputs to what was predicted, for each task and each way that a graph writes its classes."""

import math
from dataclasses import replace
from typing import Any

import pytest

from functions.compact.column_values import array, as_text, finite, fitted
from functions.compact.outputs import OutputReader, Predicted
from functions.domain.contract import Contract
from functions.domain.errors import CorruptArtifactError
from tests.functions.compact.world import CONTRACT, World, ids_of, labels, prediction
from tests.functions.evaluate.tables import model_config

CLASSES = replace(CONTRACT, task="multiclass", classes=("ash", "oak", "elm"), positive=None)
VALUE = replace(CONTRACT, task="regression", label_output="value", probability_output=None, classes=None, positive=None)


@pytest.mark.parametrize(
    ("contract", "outputs", "found"),
    [
        (CONTRACT, {"label": [True], "probabilities": [[0.25, 0.75]]}, Predicted(["true"], [0.75], [None])),
        (CONTRACT, {"label": [0], "probabilities": [[0.75, 0.25]]}, Predicted(["false"], [0.25], [None])),
        (CONTRACT, {"label": [[1]], "probabilities": [[0.25, 0.75]]}, Predicted(["true"], [0.75], [None])),
        (
            replace(CONTRACT, classes=(0, 1), positive=0),
            {"label": [1], "probabilities": [[0.25, 0.75]]},
            Predicted(["1"], [0.25], [None]),
        ),
        (replace(CONTRACT, probability_output=None), {"label": [True]}, Predicted(["true"], [None], [None])),
        (CONTRACT, {"label": [True], "probabilities": [[None, None]]}, Predicted(["true"], [None], [None])),
        (
            CLASSES,
            {"label": ["oak"], "probabilities": [[0.2, 0.5, 0.3]]},
            Predicted(["oak"], [0.5], ['{"ash": 0.2, "oak": 0.5, "elm": 0.3}']),
        ),
        (VALUE, {"value": [[1.5], [2]]}, Predicted([None, None], [1.5, 2.0], [None, None])),
        (VALUE, {"value": [None]}, Predicted([None], [None], [None])),
    ],
)
def test_outputs_are_read_by_the_contract(contract: Contract, outputs: dict[str, Any], found: Predicted) -> None:
    assert OutputReader(contract).read(outputs, len(found.predictions)) == found


def test_a_class_that_the_contract_does_not_have_is_no_prediction_of_it() -> None:
    with pytest.raises(CorruptArtifactError, match="the predicted class 'fir' is none of the contract's"):
        OutputReader(CLASSES).read({"label": ["fir"], "probabilities": [[0.2, 0.5, 0.3]]}, 1)


def test_a_multiclass_row_has_its_probabilities_by_class() -> None:
    world = World(model_config(CONTRACT.features, task="multiclass"))
    world.register(2, CLASSES)
    record = prediction(model_version=2, outputs={"label": ["oak"], "probabilities": [[0.2, 0.5, 0.3]]})
    world.arrive("predictions", record)
    world.arrive("labels", labels((ids_of(record)[0], "elm")))
    world.compact()
    (row,) = world.rows().values()
    assert (row["prediction"], row["score"], row["label"]) == ("oak", 0.5, "elm")
    assert row["probabilities"] == {"ash": 0.2, "oak": 0.5, "elm": 0.3}


def test_a_regressions_row_has_a_score_and_a_target_and_neither_class() -> None:
    world = World(model_config(CONTRACT.features, task="regression"))
    world.register(2, VALUE)
    record = prediction(model_version=2, outputs={"value": [1.5]})
    world.arrive("predictions", record)
    world.arrive("labels", labels((ids_of(record)[0], 2)), labels((ids_of(record)[0], 2.5), time=1_362_150_000_000))
    world.compact()
    (row,) = world.rows().values()
    assert (row["prediction"], row["score"], row["label"], row["target"]) == (None, 1.5, None, 2.5)
    assert row["label_conflict"] is True


@pytest.mark.parametrize("value", [True, "1", None, [], math.nan, math.inf, 10**400])
def test_what_is_no_finite_number_is_none(value: Any) -> None:
    assert finite(value) is None


@pytest.mark.parametrize(
    ("kind", "values", "fitting", "misfits"),
    [
        ("FLOAT", [1, 2.5, None], [1, 2.5, None], 0),
        ("FLOAT", [True, "1.5", 2.5], [None, None, 2.5], 2),
        ("BIGINT", [1, 2**63, None, 1.0, -(2**63)], [1, None, None, None, -(2**63)], 2),
        ("VARCHAR", ["a", 1, None], ["a", None, None], 1),
        ("BOOLEAN", [True, 1, None], [True, None, None], 1),
        ("FLOAT[]", [[1, None], [1, "a"], None, 3], ["[1, null]", None, None, None], 2),
        ("FLOAT[]", [[math.inf], [10**400]], [None, None], 2),
        ("VARCHAR[]", [["a", "b"], ["a", 1]], ['["a", "b"]', None], 1),
    ],
)
def test_values_that_do_not_fit_a_type_become_null_and_are_counted(
    kind: str, values: list[Any], fitting: list[Any], misfits: int
) -> None:
    assert fitted(values, kind) == (fitting, misfits)


def test_an_array_of_floats_has_what_is_too_large_as_infinity_or_missing() -> None:
    floats = array([1e300, 10**400, None, 1], "FLOAT")
    assert floats[0] == math.inf
    assert [bool(missing) for missing in floats != floats] == [False, True, True, False]


@pytest.mark.parametrize(("value", "text"), [("a", "a"), (None, None), (1.5, "1.5"), (True, "true"), ([1, 2], "[1,2]")])
def test_a_value_without_a_type_is_written_as_text(value: Any, text: str | None) -> None:
    assert as_text(value) == text
