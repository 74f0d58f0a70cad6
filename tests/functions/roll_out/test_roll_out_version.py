"""A person has an approved version rolled out, whichever was wanted before it."""

from typing import Any

import pytest

from functions.domain.traffic import Traffic
from functions.roll_out import handler as roll_out
from tests.functions.roll_out.commanded import CANARY, deploys, looks, person, told, traffic, with_a_champion
from tests.functions.roll_out.commanded import three_served as served
from tests.functions.roll_out.trained import MODEL
from tests.functions.roll_out.worlds import FakeWorld, StageTools


@pytest.fixture
def tools() -> StageTools:
    """Version 1 was live, version 2 is, each with a release: 2 and 3."""
    tools = with_a_champion(FakeWorld(served(), **CANARY))
    deploys(tools, 2, 1, now=True)
    assert traffic(tools) == Traffic(3)
    return tools


def test_an_older_version_takes_over_by_the_steps_and_stays_wanted(tools: StageTools) -> None:
    answer = told(tools, person("roll_out", 2, version=1))
    assert (answer["model_version"], answer["weight"]) == (1, 0.1)
    assert traffic(tools) == Traffic(3, 2, 0.1)
    looks(tools, 2.5)
    assert tools.registry.model(MODEL).candidate == 1


def test_with_now_it_has_all_of_the_traffic_at_once(tools: StageTools) -> None:
    told(tools, person("roll_out", 2, version=1, now=True))
    assert traffic(tools) == Traffic(2)


def test_who_wanted_it_is_audited_once(tools: StageTools) -> None:
    for hours in (2, 3):
        told(tools, person("roll_out", hours, version=1, now=True))
    acts = [entry.body for entry in tools.registry.audit() if '"instead_of":2' in entry.body]
    assert len(acts) == 1
    assert '"actor":"ann"' in acts[0]


@pytest.mark.parametrize(
    ("fields", "kind", "words"),
    [
        ({"version": 9}, "NotFoundError", "VERSION#00000009"),
        ({"version": 0}, "InvalidRequestError", "version must be a version's number"),
        ({}, "InvalidRequestError", "version must be a version's number"),
        ({"version": 1, "now": "yes"}, "InvalidRequestError", "now must be true or false"),
    ],
)
def test_what_is_none_is_refused_by_its_kind(
    tools: StageTools, monkeypatch: pytest.MonkeyPatch, fields: dict[str, Any], kind: str, words: str
) -> None:
    class Context:
        aws_request_id = "a-run"

    monkeypatch.setattr(roll_out, "build", lambda: tools)
    answer = roll_out.handler(person("roll_out", 2, **fields), Context())
    assert answer["kind"] == kind
    assert words in answer["error"]
    assert traffic(tools) == Traffic(3)
