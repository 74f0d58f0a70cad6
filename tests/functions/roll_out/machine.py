"""A model's life as a state machine: deploys, code, alarms, people, evidence, time, hands, and runs that die or are
overtaken at any of their calls.
"""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from functions.domain.audit import verify
from functions.domain.errors import LeaseHeldError, TrimtabError
from functions.domain.release_function import Alias, is_bootstrap
from tests.functions.roll_out.around import comparison, requests
from tests.functions.roll_out.commanded import (
    CANARY,
    alarm,
    at,
    deploys,
    gate,
    passes_the_gate,
    person,
    three_served,
    told,
    verdict,
)
from tests.functions.roll_out.killing import Calls, KilledError
from tests.functions.roll_out.trained import MODEL, trained
from tests.functions.roll_out.worlds import FUNCTION, FakeWorld, StageTools

SEEDS, CALLS = st.integers(1, 3), st.integers(0, 130)
# How a run ends: well, killed after a call, or with another event that comes in at a call.
FATES = st.one_of(
    st.none(),
    st.none(),
    st.tuples(st.just("killed"), CALLS),
    st.tuples(st.sampled_from(["rolled back", "looked"]), CALLS),
)
Fate = tuple[str, int] | None
EVIDENCE: dict[str, tuple[dict[str, Any] | None, tuple[int, int, int, int]]] = {
    "none": (None, (0, 0, 0, 0)),
    "few rows": (comparison(10, 10, -0.01, 0.01), (90, 10, 0, 0)),
    "no objection": (comparison(500, 500, -0.01, 0.01), (4_500, 500, 4, 0)),
    "other predictions": (comparison(500, 0, None, None, psi=2.0), (4_500, 500, 4, 0)),
    "a gain": (comparison(500, 500, -0.1, -0.01), (4_500, 500, 4, 0)),
    "harm": (comparison(500, 500, 0.01, 0.1), (4_500, 500, 4, 0)),
    "errors": (comparison(500, 500, -0.1, -0.01), (4_500, 500, 4, 200)),
}


class RollOutMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.world = FakeWorld(three_served(), **CANARY, keep=2)
        for seed in (1, 2, 3):
            self.world.upload(trained(seed))
        self.hours = 0.0
        self.hand: Alias | None = None  # where somebody's hand put live, and no run has seen it yet
        self.alarm: dict[str, Any] | None = None

    @property
    def alias(self) -> Alias:
        found = self.world.cloud.functions[FUNCTION].alias
        assert found is not None
        return found

    def runs(self, event: dict[str, Any], fate: Fate = None) -> dict[str, Any]:
        """What one run of `roll_out` answers, as its fate has it."""
        return self.goes(lambda tools: told(tools, event), fate)

    def goes(self, act: Callable[[StageTools], dict[str, Any]], fate: Fate) -> dict[str, Any]:
        """What an act answers, as its fate has it, or nothing where it did not end."""
        calls, left = Calls(), list[Alias]()
        if fate is not None and fate[0] == "killed":
            calls = Calls(fate[1], "after")
        elif fate is not None:
            other = person("roll_back", self.hours, reason="at once") if fate[0] == "rolled back" else self.look()
            calls = Calls(fate[1], "before", instead=lambda: left.append(self.after(other)))
        try:
            return act(calls.tools(self.world))
        except KilledError:
            return {}
        except LeaseHeldError as error:
            assert not left or self.alias is left[0], "a run that lost its lease moves nothing any more"
            return {"error": str(error)}
        except TrimtabError as error:
            return {"error": str(error)}

    def after(self, event: dict[str, Any]) -> Alias:
        """Where live is after a run."""
        self.runs(event)
        return self.alias

    def look(self) -> dict[str, Any]:
        return {"action": "reconcile", "time": at(self.hours)}

    @rule(seed=SEEDS, now=st.booleans(), fate=FATES)
    def deploy(self, seed: int, now: bool, fate: Fate) -> None:
        self.goes(lambda tools: deploys(tools, seed, self.hours, now), fate)

    @rule(seed=SEEDS, fate=FATES)
    def a_challenger_passes_the_gate(self, seed: int, fate: Fate) -> None:
        passes_the_gate(self.world.tools(), seed, self.hours)
        self.runs(gate(self.hours), fate)

    @rule(code=st.sampled_from(["code-1", "code-2", "code-3"]), fate=FATES)
    def code_is_deployed(self, code: str, fate: Fate) -> None:
        self.world.change_code(code)
        self.runs(self.look(), fate)

    @rule(hours=st.sampled_from([0.1, 1, 2, 30]), evidence=st.sampled_from(sorted(EVIDENCE)), fate=FATES)
    def time_passes(self, hours: float, evidence: str, fate: Fate) -> None:
        self.hours += hours
        answer, counts = EVIDENCE[evidence]
        self.world.around.gate.answer = answer
        self.world.around.metrics.periods = [requests(*counts)] if any(counts) else []
        self.runs(self.look(), fate)

    @rule(what=st.sampled_from(["errors", "latency", "no-traffic"]), fate=FATES)
    def an_alarm_goes_off(self, what: str, fate: Fate) -> None:
        self.alarm = alarm(self.hours, what)
        self.runs(self.alarm, fate)

    @rule(fate=FATES)
    def the_same_alarm_arrives_again(self, fate: Fate) -> None:
        if self.alarm is not None:
            self.runs(self.alarm)
            before = self.alias.version, dict(self.alias.weights), self.bars()
            self.runs(self.alarm, fate if fate is not None and fate[0] == "killed" else None)
            assert (self.alias.version, dict(self.alias.weights), self.bars()) == before, "one cause, one rollback"

    @rule(release=st.integers(2, 9), fate=FATES)
    def a_verdict_speaks_of_a_release(self, release: int, fate: Fate) -> None:
        self.runs(verdict(self.hours, release), fate)

    @rule(to=st.one_of(st.none(), st.integers(2, 9)), fate=FATES)
    def a_person_rolls_back(self, to: int | None, fate: Fate) -> None:
        tools = self.world.tools()
        record, releases = tools.registry.model(MODEL), tools.rollouts.releases(MODEL)
        event = person("roll_back", self.hours, reason="odd answers", **({} if to is None else {"to": to}))
        answer = self.runs(event, fate)
        if fate is not None or to is not None or answer.get("message", "").startswith("done already"):
            return
        here = {record.desired, record.canary}
        somewhere = record.canary is not None or any(r.good and r.number not in here for r in releases)
        if record.desired is not None and somewhere:
            assert "is live;" in answer["message"], (answer, record)
            now = tools.registry.model(MODEL)
            assert now.confirmed == now.wanted
            assert now.canary is None
            assert self.alias.version == str(now.live) != str(record.canary or record.desired)
        else:
            assert "not rolled back" in answer["message"]

    @rule(fate=FATES)
    def a_person_lifts_a_bar(self, fate: Fate) -> None:
        for number in self.bars()[:1]:
            self.runs(person("unbar", self.hours, release=number, reason="it was the network"), fate)

    @rule(fate=FATES)
    def a_person_promotes(self, fate: Fate) -> None:
        self.runs(person("promote", self.hours), fate)

    @rule(choice=st.integers(0, 20), share=st.sampled_from([0.0, 0.0, 0.3]))
    def a_hand_moves_live(self, choice: int, share: float) -> None:
        there = sorted(self.world.cloud.functions[FUNCTION].versions)
        number, other = there[choice % len(there)], there[0]
        weights = {str(other): share} if share and other != number else {}
        self.hand = self.world.cloud.point(FUNCTION, number, weights)

    @rule(crash=st.booleans())
    def releases_fail_or_pass_their_tests(self, crash: bool) -> None:
        self.world.predict.crash = "no memory" if crash else None

    @rule(steps=st.sampled_from([(), (0.1, 0.5)]), by_hand=st.sampled_from(["put_right", "adopt"]))
    def the_settings_change(self, steps: tuple[float, ...], by_hand: str) -> None:
        self.world.around.configure(**CANARY | {"steps": steps, "moved_by_hand": by_hand}, keep=2)

    @rule()
    def all_is_quiet(self) -> None:
        """After a few looks nothing changes any more; then registry, alias and audit say the same."""
        self.world.predict.crash = None
        self.world.around.gate.answer, self.world.around.metrics.periods = None, []
        for _ in range(8):
            entries = len(self.world.table.chain)
            self.runs(self.look())
            if len(self.world.table.chain) == entries:
                break
        else:
            raise AssertionError("it does not come to rest")
        tools = self.world.tools()
        record = tools.registry.model(MODEL)
        if record.desired is None:
            return
        assert record.wanted == record.confirmed
        assert record.wanted.is_that_of(self.alias.version, self.alias.weights), (record, self.alias)
        assert tools.registry.release(MODEL, record.desired).barred is None
        assert tools.outbox.waiting(MODEL) == []
        moves = [e.body for e in self.world.table.chain if '"live.moved"' in e.body or '"live.adopted"' in e.body]
        assert f'"release":{record.live}' in moves[-1], "the audit has the last move"
        assert record.rollout is not None or record.pruned == record.rollouts

    def bars(self) -> list[int]:
        return [r.number for r in self.world.tools().rollouts.releases(MODEL) if r.barred is not None]

    @invariant()
    def live_is_on_releases_that_were_approved_and_passed_their_test(self) -> None:
        if self.alias is self.hand:
            return
        self.hand = None
        tools = self.world.tools()
        for number in (self.alias.version, *self.alias.weights):
            if is_bootstrap(self.world.cloud.version(FUNCTION, int(number))):
                continue
            release = tools.registry.release(MODEL, int(number))
            assert (release.state, release.pruned_at) == ("tested", None), release
            assert tools.registry.version(MODEL, release.model_version).state == "approved", release

    @invariant()
    def there_is_one_rollout_at_most_and_the_registry_knows_which(self) -> None:
        tools = self.world.tools()
        under_way = [r.number for r in tools.rollouts.rollouts(MODEL, 1_000) if r.state == "canary"]
        record = tools.registry.model(MODEL)
        assert under_way == ([] if record.rollout is None else [record.rollout])

    @invariant()
    def the_audit_chain_is_whole(self) -> None:
        assert verify(self.world.table.entries(), self.world.table.head()) == []

    def teardown(self) -> None:
        self.all_is_quiet()
