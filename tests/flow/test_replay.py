"""From a CSV file to what Trimtab would have said of it: two commands, no edit of any file between, nothing lost."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from time import sleep
from typing import Any

import duckdb
import pytest
from sklearn.metrics import log_loss

from tests.flow.checkouts import make_checkout, run
from tests.flow.histories import write_history
from trimtab.project import Project
from trimtab.stage import running_cloud

UNLABELLED = 20  # each such row has no label


@pytest.fixture(scope="module")
def checkout(project: Project, stage_name: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if stage_name != "local":
        pytest.skip("needs a local cloud of its own")
    return make_checkout(project, tmp_path_factory.mktemp("checkout"))


@pytest.fixture(scope="module")
def replayed(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A small history, replayed from its first tenth on."""
    path = write_history(tmp_path_factory.mktemp("history") / "sales.csv", rows=1_500, days=5, unlabelled=UNLABELLED)
    run(checkout, "new", "sales", "--from", str(path), "--label", "late")
    done: dict[str, Any] = json.loads(
        run(checkout, "replay", "sales", "--from", str(path), "--label-delay", "6h", "--json")
    )
    return done


def test_what_was_sent_is_in_the_log_and_each_label_on_its_row(checkout: Path, replayed: dict[str, Any]) -> None:
    assert replayed["rows_found"] == replayed["rows_sent"] == 1_350
    assert replayed["labels_found"] == replayed["labels_sent"]
    assert replayed["labels_sent"] == pytest.approx(1_350 * (1 - 1 / UNLABELLED), abs=15)
    assert replayed["rows_refused"] == replayed["failed_runs"] == 0


def test_the_table_left_behind_is_the_history(checkout: Path, replayed: dict[str, Any]) -> None:
    table = checkout / ".trimtab-replay" / "sales" / "table.parquet"
    history = next((checkout / "models" / "sales").glob("data.csv"))
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        con.execute(
            "create view logged as select in_amount::decimal(9, 2) as amount, in_stops as stops, in_colour as colour, "
            f"label, time from '{table}' where time is not null and source <> 'smoke'"
        )
        con.execute(
            "create view sold as select amount::decimal(9, 2) as amount, stops::bigint as stops, colour, "
            "lower(late) as label, sold_at::timestamptz::timestamp as time "
            f"from read_csv('{history}', all_varchar = true) order by sold_at offset 150"
        )
        columns = "amount, stops, colour, label"
        odd = con.execute(
            f"(select {columns} from logged except all select {columns} from sold) union all "
            f"(select {columns} from sold except all select {columns} from logged)"
        ).fetchall()
        asked = con.execute("select min(time), max(time) from logged").fetchone()
        happened = con.execute("select min(time), max(time) from sold").fetchone()
    assert odd == []
    assert asked is not None
    assert happened is not None
    assert (asked[0] - happened[0]).total_seconds() < 900
    assert asked[1] == happened[1]


def test_the_metric_is_scikit_learns_of_all_labelled_rows(checkout: Path, replayed: dict[str, Any]) -> None:
    table = checkout / ".trimtab-replay" / "sales" / "table.parquet"
    with duckdb.connect() as con:
        found = con.execute(
            f"select label = 'true' as truth, score from '{table}' where time is not null and label is not null"
        ).fetchnumpy()
    assert replayed["metric"]["name"] == "log_loss"
    assert replayed["metric"]["value"] == pytest.approx(log_loss(found["truth"], found["score"]), abs=1e-9)


def test_the_frozen_model_scored_offline_is_what_the_endpoint_answered_while_nothing_was_retrained(
    replayed: dict[str, Any],
) -> None:
    metric = replayed["metric"]
    assert (replayed["retrainings"], replayed["rollouts"], replayed["calendar_retrainings"]) == (0, 0, 0)
    assert metric["frozen"] == pytest.approx(metric["loop"], abs=1e-7)
    assert metric["loop"] == pytest.approx(metric["value"], abs=1e-9)
    assert metric["calendar"] == metric["frozen"]


def test_the_picture_is_left_behind_with_the_page_that_tells_it(checkout: Path, replayed: dict[str, Any]) -> None:
    page = Path(replayed["picture"])
    assert page == checkout / ".trimtab-replay" / "sales" / "replay.html"
    assert page.with_name("replay.svg").read_text() in page.read_text()


def test_it_was_judged_each_day_and_the_reports_are_there(checkout: Path, replayed: dict[str, Any]) -> None:
    assert replayed["evaluations"] == sum(replayed["verdicts"].values()) >= 5
    assert Path(replayed["report"]).is_file()
    shown = json.loads(run(checkout, "report", "sales", "--replay", "--json"))
    assert shown["model"] == "sales"
    assert shown["performance"]["rows"] > 0


def test_the_cloud_of_a_replay_is_its_own_and_gone_afterwards(checkout: Path, replayed: dict[str, Any]) -> None:
    assert running_cloud(Project(checkout, ".trimtab-replay/sales/cloud")) is None
    assert not (checkout / ".trimtab").exists()


def test_the_same_history_gives_the_same_verdicts(checkout: Path, replayed: dict[str, Any]) -> None:
    again = json.loads(run(checkout, "replay", "sales", "--train-share", "0.1", "--label-delay", "6h", "--json"))
    same = ("rows_sent", "rows_found", "labels_sent", "labels_found", "evaluations", "verdicts", "metric")
    assert {key: again[key] for key in same} == {key: replayed[key] for key in same}


def test_who_ends_a_replay_ends_its_cloud(checkout: Path, replayed: dict[str, Any]) -> None:
    own = Project(checkout, ".trimtab-replay/sales/cloud")
    command = [sys.executable, "-m", "trimtab.cli", "replay", "sales"]
    with subprocess.Popen(command, cwd=checkout, stderr=subprocess.PIPE, text=True) as ran:
        while ran.poll() is None and running_cloud(own) is None:
            sleep(0.1)
        sleep(1)  # it is about to deploy, or to send
        ran.send_signal(signal.SIGTERM)
        said = ran.communicate(timeout=60)[1]
    assert ran.returncode == 130, said
    assert "stopped, and its cloud with it" in said
    assert running_cloud(own) is None


@pytest.mark.slow
def test_20_000_rows_are_all_found(checkout: Path, tmp_path: Path) -> None:
    path = write_history(tmp_path / "history.csv", rows=20_000, days=60)
    run(checkout, "new", "orders", "--from", str(path), "--label", "late")

    done = json.loads(run(checkout, "replay", "orders", "--from", str(path), "--json", timeout_s=900))

    assert done["rows_found"] == done["rows_sent"] == 18_000
    assert done["labels_found"] == done["labels_sent"] == 18_000
    assert done["failed_runs"] == 0
    print(json.dumps(done))
