"""Event patterns and targets' inputs: what a rule matches, and what it sends."""

import json
from typing import Any

import pytest

from functions.domain.errors import MisconfiguredError
from trimtab.local.event_input import check_target_input, target_input
from trimtab.local.event_pattern import read_pattern

EVENT: dict[str, Any] = {
    "source": "trimtab",
    "detail-type": "Verdict",
    "time": "2013-03-01T00:00:00Z",
    "resources": ["a", "b"],
    "detail": {"model": "flights", "verdict": "RETRAIN", "score": 0.5, "ok": True, "none": None, "empty": [],
               "deep": {"er": ["x", "yes"]}, "rows": [{"n": 1}, {"n": 2}], "path": "a/b*c.gz"},
}  # fmt: skip
RULE = "arn:aws:events:us-east-1:123456789012:rule/bus/name"


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ({"source": ["trimtab"]}, True),
        ({"source": ["other", "trimtab"]}, True),
        ({"source": ["other"]}, False),
        ({"source": ["trimtab"], "detail-type": ["Other"]}, False),
        ({"resources": ["b"]}, True),
        ({"resources": ["c"]}, False),
        ({"detail": {"verdict": ["RETRAIN"], "model": ["flights"]}}, True),
        ({"detail": {"deep": {"er": ["yes"]}}}, True),
        ({"detail": {"rows": {"n": [2]}}}, True),
        ({"detail": {"rows": {"n": [3]}}}, False),
        ({"detail": {"model": [{"prefix": "fli"}]}}, True),
        ({"detail": {"model": [{"prefix": {"equals-ignore-case": "FLI"}}]}}, True),
        ({"detail": {"model": [{"suffix": "hts"}]}}, True),
        ({"detail": {"model": [{"suffix": "x"}]}}, False),
        ({"detail": {"verdict": [{"anything-but": "KEEP"}]}}, True),
        ({"detail": {"verdict": [{"anything-but": ["KEEP", "RETRAIN"]}]}}, False),
        ({"detail": {"verdict": [{"anything-but": {"prefix": "RE"}}]}}, False),
        ({"detail": {"verdict": [{"anything-but": {"wildcard": "K*"}}]}}, True),
        ({"detail": {"absent": [{"anything-but": "x"}]}}, False),
        ({"detail": {"score": [{"numeric": [">", 0, "<=", 0.5]}]}}, True),
        ({"detail": {"score": [{"numeric": ["=", 1]}]}}, False),
        ({"detail": {"ok": [{"numeric": ["=", 1]}]}}, False),
        ({"detail": {"model": [{"exists": True}]}}, True),
        ({"detail": {"absent": [{"exists": False}]}}, True),
        ({"detail": {"absent": {"deeper": [{"exists": False}]}}}, True),
        ({"detail": {"model": [{"exists": False}]}}, False),
        ({"detail": {"verdict": [{"equals-ignore-case": "retrain"}]}}, True),
        ({"detail": {"path": [{"wildcard": "a/*.gz"}]}}, True),
        ({"detail": {"path": [{"wildcard": "a/b\\*c.gz"}]}}, True),
        ({"detail": {"path": [{"wildcard": "a/b\\*.gz"}]}}, False),
        ({"detail": {"ok": [True]}}, True),
        ({"detail": {"ok": [1]}}, False),
        ({"detail": {"none": [None]}}, True),
        ({"detail": {"score": [0.5]}}, True),
        ({"detail": {"empty": [{"exists": True}]}}, False),
        ({"$or": [{"source": ["x"]}, {"detail": {"model": ["flights"]}}]}, True),
        ({"$or": [{"source": ["x"]}, {"source": ["y"]}], "detail-type": ["Verdict"]}, False),
        ({"detail": {"$or": [{"model": ["x"]}, {"verdict": [{"prefix": "RE"}]}]}}, True),
    ],
)
def test_patterns(pattern: dict[str, Any], expected: bool) -> None:
    assert read_pattern(pattern)(EVENT) is expected


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ({}, "is no event pattern"),
        ({"source": "trimtab"}, "source must hold a list"),
        ({"source": []}, "source must hold a list"),
        ({"source": [{"cidr": "10.0.0.0/8"}]}, "does not know the filter cidr"),
        ({"source": [{"prefix": 1}]}, "prefix does not take 1"),
        ({"source": [{"numeric": ["~", 1]}]}, "numeric does not take"),
        ({"source": [{"prefix": "a", "suffix": "b"}]}, "a filter has one key"),
        ({"$or": [{"source": ["a"]}]}, "list of two patterns"),
    ],
)
def test_what_is_not_known_of_a_pattern_is_an_error_that_names_it(pattern: dict[str, Any], says: str) -> None:
    with pytest.raises(MisconfiguredError, match=says):
        read_pattern(pattern)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({}, EVENT),
        ({"Input": '{"fixed": 1}'}, {"fixed": 1}),
        ({"InputPath": "$.detail.deep"}, {"er": ["x", "yes"]}),
        ({"InputPath": "$.detail.rows[1].n"}, 2),
        ({"InputPath": "$['detail']['model']"}, "flights"),
        ({"InputPath": "$.absent"}, None),
        (
            {"InputTransformer": {
                "InputPathsMap": {"m": "$.detail.model", "s": "$.detail.score", "d": "$.detail.deep", "x": "$.no"},
                "InputTemplate": '{"a": <m>, "b": <s>, "c": <d>, "e": <x>, "t": "model <m> at <s>: <d>"}'}},
            {"a": "flights", "b": 0.5, "c": {"er": ["x", "yes"]}, "e": None,
             "t": 'model flights at 0.5: {"er": ["x", "yes"]}'},
        ),
        ({"InputTransformer": {"InputTemplate": '"<aws.events.rule-name> of <aws.events.rule-arn>"'}},
         f"name of {RULE}"),
        ({"InputTransformer": {"InputPathsMap": {"m": "$.detail.model"}, "InputTemplate": '"say \\"<m>\\""'}},
         'say "flights"'),
    ],
)  # fmt: skip
def test_a_target_gets_the_event_or_what_its_input_makes_of_it(target: dict[str, Any], expected: Any) -> None:
    check_target_input(target)
    assert json.loads(target_input(target, EVENT, RULE)) == expected


def test_an_input_that_can_not_be_made_is_an_error() -> None:
    with pytest.raises(MisconfiguredError, match="is no path"):
        check_target_input({"InputPath": "detail"})
    with pytest.raises(MisconfiguredError, match="reads <m>, which is not in its InputPathsMap"):
        check_target_input({"InputTransformer": {"InputTemplate": '"<m>"'}})
    with pytest.raises(MisconfiguredError, match="is no JSON"):
        target_input({"InputTransformer": {"InputTemplate": "plain"}}, EVENT, RULE)
