import pytest

from trimtab.scores import scores


def test_classes_match_however_the_file_spells_them() -> None:
    answers = [{"label": 1, "probability": 0.9}, {"label": 0, "probability": 0.2}, {"label": 1, "probability": 0.6}]
    found = scores("binary", 1, ["True", "0.0", "false"], answers)
    assert found["accuracy"] == pytest.approx(2 / 3)
    assert found["roc_auc"] == 1.0


def test_one_class_alone_has_no_auc() -> None:
    assert set(scores("binary", "M", ["M"], [{"label": "M", "probability": 0.9}])) == {"accuracy"}


def test_regression_is_scored_by_its_errors() -> None:
    found = scores("regression", None, ["1", "3"], [{"label": 2.0}, {"label": 3.0}])
    assert found == {"mae": 0.5, "rmse": pytest.approx(0.5**0.5), "r2": 0.5}


def test_multiclass_is_scored_by_accuracy() -> None:
    assert scores("multiclass", None, ["a", "b"], [{"label": "a"}, {"label": "a"}]) == {"accuracy": 0.5}
