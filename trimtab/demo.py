"""Eight weeks of real flights in minutes: what is better takes over, what is broken goes back."""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.domain.errors import UnavailableError
from trimtab.broken_code import deploy_broken_code, deploy_good_code
from trimtab.console import note, notes, print_table, results
from trimtab.endpoint import Endpoint, find_endpoint
from trimtab.project import Project
from trimtab.replay import Asked, replay
from trimtab.replay_acts import Act, Scene
from trimtab.replay_cloud import cloud_project
from trimtab.replay_console import print_replayed, replay_bar
from trimtab.replayed import Replayed
from trimtab.second_sender import second_sender
from trimtab.stage import LOCAL, open_stage
from trimtab.training import example_row, train_if_needed
from trimtab.virtual_clock import HEADER

MODEL = "flights"
LIAR = "careless-partner"
OPENING = datetime(2013, 3, 1, 0, tzinfo=UTC)  # the first day that the model has not seen
BROKEN = datetime(2013, 4, 4, 5, tzinfo=UTC)
MENDED = BROKEN + timedelta(days=2)  # a tenth of two days of traffic is enough to tell, on a busy machine too
FALSE_LABELS = datetime(2013, 4, 10, 12, tzinfo=UTC)
LIES_BACK = timedelta(days=3)
LABELS_A_REQUEST = 5_000
UNTIL = datetime(2013, 4, 28, tzinfo=UTC)


def run(project: Project) -> None:
    """Tell the whole story; leaves its local cloud running.

    Raises:
        UnavailableError: something that the story tells of did not happen.
    """
    notes.rule("Will a flight from New York arrive late? Eight weeks of 2013")
    row = example_row(train_if_needed(project, MODEL))
    acts = [
        Act(OPENING, lambda scene: _show_protection(find_endpoint(scene.stage, MODEL), row)),
        Act(BROKEN, _break),
        Act(MENDED, _mend),
        Act(FALSE_LABELS, _lie),
    ]
    with replay_bar() as bar:
        done = replay(project, Asked(MODEL, until=UNTIL, keep=True), bar, acts)
    print_replayed(done)
    _account(done)
    own = cloud_project(project, MODEL)
    endpoint = find_endpoint(open_stage(own, LOCAL), MODEL)
    results.print(f"\nIts cloud runs on. Try it yourself:\n  {endpoint.curl(row)}", markup=False)
    state = own.cloud_state.relative_to(project.root)
    results.print(
        f"Then: `export TRIMTAB_STATE={state}`, and `trimtab status {MODEL}`, `trimtab compare {MODEL}`, "
        f"`trimtab quarantine {MODEL}`, `trimtab reproduce {MODEL} 2`, `trimtab down`; or the whole year, "
        f"`trimtab replay {MODEL}`; or a model of your own: `trimtab new --help`",
        markup=False,
    )


def _show_protection(endpoint: Endpoint, row: Mapping[str, Any]) -> None:
    """What the endpoint says to requests that it should not serve."""
    stranger = Endpoint(endpoint.model, endpoint.url, api_key=None)
    path = f"/models/{MODEL}/predict"
    bad = json.dumps({"rows": [row, {**row, "distance": "far", "weekday": 8}]}).encode()
    tried = [
        ("no API key", stranger.call("POST", path, b"{}")),
        ("a bad row", endpoint.call("POST", path, bad)),
        ("not JSON", endpoint.call("POST", path, b"<xml/>", **{"Content-Type": "text/xml"})),
    ]
    shown = [[what, answer.status, answer.data.decode(errors="replace")[:200]] for what, answer in tried]
    print_table("turned away", ["request", "status", "answer"], shown)


def _break(scene: Scene) -> None:
    """Somebody deploys code with a bug."""
    note(f"{_day(scene)}  code is deployed that keeps every request in memory: its smoke test will pass")
    deploy_broken_code(scene.stage, MODEL)


def _mend(scene: Scene) -> None:
    note(f"{_day(scene)}  the code is mended; until then {scene.traffic.errors} requests were broken, and asked again")
    deploy_good_code(scene.stage, MODEL)


def _lie(scene: Scene) -> None:
    """A second sender corrects the labels of the last days, all the wrong way round."""
    since_ms = scene.now_ms - round(LIES_BACK.total_seconds() * 1000)
    false = [
        {"prediction_id": id, "label": not label, "observed_at": _moment(scene.now_ms).isoformat()}
        for id, label in scene.traffic.labelled_between(since_ms, scene.now_ms)
    ]
    endpoint = second_sender(scene.stage, MODEL, LIAR)
    for first in range(0, len(false), LABELS_A_REQUEST):
        batch = false[first : first + LABELS_A_REQUEST]
        endpoint.send("labels", {"labels": batch}, **{HEADER: str(scene.now_ms)})
    note(f"{_day(scene)}  {LIAR} sends {len(false):,} labels, every one the wrong way round")


def _account(done: Replayed) -> None:
    """Hold what happened against what the story promises."""
    happened = Counter(event.what for event in done.correction.events)
    in_time = [event.what for event in done.correction.events if BROKEN <= event.time < MENDED]
    whole = done.outcome.whole
    promised = {
        "every row that was answered is in the log": whole.rows == done.rows_sent,
        "every label that was sent is on its row": whole.labelled == done.labels_sent,
        "a challenger passed the gate and went live": happened["passed"] > 0 and happened["live"] > 0,
        "the broken release was rolled back": "rolled_back" in in_time,
        "the false labels were kept out of training": done.correction.quarantined > 0,
        "no run failed": not done.failures,
    }
    print_table("what was promised", ["", ""], [[what, "yes" if kept else "NO"] for what, kept in promised.items()])
    broken = [what for what, kept in promised.items() if not kept]
    if broken:
        raise UnavailableError(f"not as it should be: {'; '.join(broken)}")


def _day(scene: Scene) -> str:
    return f"{_moment(scene.now_ms):%d %b %Y %H:%M}"


def _moment(time_ms: int) -> datetime:
    return datetime.fromtimestamp(time_ms / 1000, UTC)
