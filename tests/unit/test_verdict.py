"""The verdict's rules, its patience and its cool-down."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.domain.evaluation import Evaluation, VerdictName
from functions.domain.metric_names import METRICS
from functions.domain.model_config import EvaluationConfig
from functions.domain.reference import MetricValue
from functions.domain.verdict import judge
from functions.domain.verdict_rules import DriftedColumn, Evidence, Predecessor, worse_by

NOW = datetime(2013, 3, 10, tzinfo=UTC)
CONFIG = EvaluationConfig(
    schedule_s=86_400,
    window_s=7 * 86_400,
    metrics=("log_loss",),
    slices=(),
    min_rows=200,
    min_labels=100,
    min_coverage=0.5,
    confidence=0.95,
    tolerance=0.05,
    drift_psi=0.05,
    drift_fdr=0.005,
    drift_cost=0.05,
    consecutive=2,
    cool_down_s=3 * 86_400,
)
AT_ONCE = replace(CONFIG, consecutive=1, cool_down_s=0)
HEALTHY = Evidence(
    metric=METRICS["log_loss"],
    live_version="3",
    rows=5_000,
    labelled_rows=4_000,
    coverage=0.9,
    score=MetricValue(0.50, 0.49, 0.51),
    reference=MetricValue(0.50, 0.49, 0.51),
    predecessor=None,
    estimated=MetricValue(0.50, 0.49, 0.51),
    estimate_error=0.005,
    drifted=(),
)
WORSE = replace(HEALTHY, score=MetricValue(0.60, 0.58, 0.62))
UNLABELLED = replace(HEALTHY, labelled_rows=3, score=None)


def before(finding: VerdictName, days_ago: int, verdict: VerdictName = "KEEP", version: str = "3") -> Evaluation:
    end = NOW - timedelta(days=days_ago)
    return Evaluation(
        model="flights",
        window=((end - timedelta(days=7)).isoformat(), end.isoformat()),
        labelled_window=("", ""),
        evaluated_at=end.isoformat(),
        live_version=version,
        verdict=verdict,
        finding=finding,
        reasons=(),
        rules=(),
        rows=1,
        labelled_rows=1,
    )


def test_keeps_a_model_that_performs_as_at_training() -> None:
    verdict = judge(HEALTHY, AT_ONCE, [], NOW)
    assert (verdict.verdict, verdict.rules) == ("KEEP", ("performance_holds",))


def test_retrains_when_the_whole_interval_is_beyond_the_tolerance() -> None:
    verdict = judge(WORSE, AT_ONCE, [], NOW)
    assert (verdict.verdict, verdict.rules[0]) == ("RETRAIN", "worse_than_reference")
    assert verdict.reasons[0].numbers["worse_by"] == pytest.approx(0.2)
    assert "20.0% worse" in verdict.reasons[0].text


def test_keeps_when_the_interval_still_reaches_what_is_allowed() -> None:
    verdict = judge(replace(WORSE, score=MetricValue(0.60, 0.52, 0.68)), AT_ONCE, [], NOW)
    assert verdict.verdict == "KEEP"
    assert "does not bear out" in verdict.reasons[0].text


def test_a_value_without_an_interval_speaks_for_itself() -> None:
    verdict = judge(replace(WORSE, score=MetricValue(0.60, None, None)), AT_ONCE, [], NOW)
    assert verdict.verdict == "RETRAIN"


def test_rolls_back_when_the_version_before_was_credibly_better() -> None:
    evidence = replace(WORSE, predecessor=Predecessor("2", MetricValue(0.50, 0.48, 0.52)))
    verdict = judge(evidence, AT_ONCE, [], NOW)
    assert (verdict.verdict, verdict.rules[0]) == ("ROLL_BACK", "worse_than_predecessor")
    assert "version 2" in verdict.reasons[0].text


@pytest.mark.parametrize("score", [MetricValue(0.59, 0.57, 0.61), MetricValue(0.70, 0.68, 0.72)])
def test_does_not_roll_back_to_a_version_that_was_no_better(score: MetricValue) -> None:
    evidence = replace(WORSE, predecessor=Predecessor("2", score))
    assert judge(evidence, AT_ONCE, [], NOW).verdict == "RETRAIN"


def test_knows_that_more_is_better_for_auc() -> None:
    auc = METRICS["roc_auc"]
    fallen = replace(HEALTHY, metric=auc, score=MetricValue(0.60, 0.58, 0.62), reference=MetricValue(0.70, 0.69, 0.71))
    assert judge(fallen, AT_ONCE, [], NOW).verdict == "RETRAIN"
    risen = replace(fallen, score=MetricValue(0.80, 0.78, 0.82))
    assert judge(risen, AT_ONCE, [], NOW).verdict == "KEEP"


def test_not_enough_evidence_is_an_answer_of_its_own() -> None:
    verdict = judge(replace(UNLABELLED, rows=12, estimated=None, drifted=None), AT_ONCE, [], NOW)
    assert verdict.verdict == "NOT_ENOUGH_EVIDENCE"
    assert set(verdict.rules) == {"too_few_labels", "too_few_rows"}


def test_labels_of_a_few_do_not_speak_for_the_others() -> None:
    verdict = judge(replace(WORSE, coverage=0.2), AT_ONCE, [], NOW)
    assert verdict.verdict == "KEEP"
    assert "20% of the mature predictions have a label" in " ".join(reason.text for reason in verdict.reasons)


def test_without_labels_the_estimate_decides() -> None:
    assert judge(UNLABELLED, AT_ONCE, [], NOW).rules[0] == "estimate_holds"
    verdict = judge(replace(UNLABELLED, estimated=MetricValue(0.60, 0.59, 0.61)), AT_ONCE, [], NOW)
    assert (verdict.verdict, verdict.rules[0]) == ("RETRAIN", "estimated_worse")


def test_an_estimate_that_was_often_wrong_must_say_more() -> None:
    evidence = replace(UNLABELLED, estimated=MetricValue(0.56, 0.55, 0.57), estimate_error=0.05)
    assert judge(evidence, AT_ONCE, [], NOW).verdict == "KEEP"
    assert judge(replace(evidence, estimate_error=0.001), AT_ONCE, [], NOW).verdict == "RETRAIN"


def test_costly_drift_retrains_only_where_labels_do_not_say_better() -> None:
    drifted = (DriftedColumn("pressure", 0.4, 0.12), DriftedColumn("dest", 0.1, 0.01))
    blind = judge(replace(UNLABELLED, drifted=drifted), AT_ONCE, [], NOW)
    assert (blind.verdict, blind.rules[0]) == ("RETRAIN", "costly_drift")
    assert "pressure (PSI 0.40, loss +12%)" in blind.reasons[0].text
    assert "dest" not in blind.reasons[0].text
    known = judge(replace(HEALTHY, drifted=drifted), AT_ONCE, [], NOW)
    assert known.verdict == "KEEP"
    assert "costly_drift" in known.rules


def test_drift_that_costs_nothing_is_no_reason() -> None:
    verdict = judge(replace(UNLABELLED, drifted=(DriftedColumn("temperature", 3.0, -0.2),)), AT_ONCE, [], NOW)
    assert verdict.verdict == "KEEP"


def test_one_bad_window_is_not_enough() -> None:
    first = judge(WORSE, CONFIG, [before("KEEP", 1)], NOW)
    assert (first.verdict, first.finding, first.consecutive) == ("KEEP", "RETRAIN", 1)
    assert first.rules[0] == "waits_for_more"
    second = judge(WORSE, CONFIG, [before("RETRAIN", 1)], NOW)
    assert (second.verdict, second.consecutive) == ("RETRAIN", 2)


def test_a_good_window_in_between_begins_the_count_anew() -> None:
    history = [before("RETRAIN", 3), before("RETRAIN", 2), before("KEEP", 1)]
    assert judge(WORSE, CONFIG, history, NOW).verdict == "KEEP"


def test_what_was_found_of_another_version_does_not_count() -> None:
    assert judge(WORSE, CONFIG, [before("RETRAIN", 1, version="2")], NOW).verdict == "KEEP"


def test_says_it_once_and_again_only_after_the_cool_down() -> None:
    said = [before("RETRAIN", 3), before("RETRAIN", 2, "RETRAIN"), before("RETRAIN", 1)]
    cooling = judge(WORSE, CONFIG, said, NOW)
    assert (cooling.verdict, cooling.finding, cooling.rules[0]) == ("KEEP", "RETRAIN", "cools_down")
    assert cooling.cooling_down_until == NOW + timedelta(days=1)
    assert judge(WORSE, CONFIG, said, NOW + timedelta(days=1)).verdict == "RETRAIN"


def test_a_new_version_does_not_inherit_the_cool_down() -> None:
    said = [before("RETRAIN", 2, "RETRAIN", version="2"), before("RETRAIN", 1)]
    assert judge(WORSE, CONFIG, said, NOW).verdict == "RETRAIN"


scores = st.floats(0.01, 10)


@given(scores, scores, st.floats(0, 0.5), st.floats(0, 0.5))
def test_a_verdict_to_act_is_never_given_to_a_model_that_is_no_worse(
    value: float, reference: float, below: float, above: float
) -> None:
    evidence = replace(
        HEALTHY,
        score=MetricValue(value, value * (1 - below), value * (1 + above)),
        reference=MetricValue(reference, reference, reference),
    )
    verdict = judge(evidence, AT_ONCE, [], NOW).verdict
    assert verdict in ("KEEP", "RETRAIN")
    if verdict == "RETRAIN":
        assert worse_by(evidence.metric, value * (1 - below), reference) > CONFIG.tolerance
    else:
        assert worse_by(evidence.metric, value * (1 - below), reference) <= CONFIG.tolerance


@given(st.lists(st.booleans(), max_size=40))
def test_verdicts_to_act_lie_at_least_a_cool_down_apart(bad: list[bool]) -> None:
    history: list[Evaluation] = []
    given_at: list[datetime] = []
    for day, is_bad in enumerate(bad):
        at = NOW + timedelta(days=day)
        verdict = judge(WORSE if is_bad else HEALTHY, CONFIG, history, at)
        history.append(replace(before(verdict.finding, 0, verdict.verdict), window=("", at.isoformat())))
        if verdict.verdict == "RETRAIN":
            assert bad[day]
            assert bad[day - 1]
            given_at.append(at)
    assert all(later - earlier >= timedelta(days=3) for earlier, later in pairwise(given_at))


def test_a_verdict_to_go_back_trains_a_challenger_too_where_the_model_has_decayed() -> None:
    before = Predecessor("2", MetricValue(0.40, 0.38, 0.42))
    decayed = replace(
        HEALTHY, score=MetricValue(0.60, 0.58, 0.62), reference=MetricValue(0.42, 0.40, 0.44), predecessor=before
    )
    held = replace(decayed, reference=MetricValue(0.60, 0.58, 0.62))

    found = judge(decayed, AT_ONCE, [], NOW)
    assert (found.verdict, found.retrains) == ("ROLL_BACK", True)
    found = judge(held, AT_ONCE, [], NOW)
    assert (found.verdict, found.retrains) == ("ROLL_BACK", False)
    assert not judge(decayed, CONFIG, [], NOW).retrains  # it waits for another evaluation that says so
