"""What served a request: from the table, from what is not compacted yet, and from the log of the function."""

import gzip
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from functions.adapters.data_lake import DataLake
from functions.adapters.function_log import LogEvent, LogSearch
from functions.domain.errors import InvalidRequestError, NotFoundError
from functions.domain.log_table import hour_key
from functions.domain.logged_record import log_lines
from functions.domain.names import Names
from functions.domain.prediction_id import request_id
from functions.domain.windows import iso
from functions.manage.explain import Explain
from tests.contract.fake_s3 import FakeS3
from tests.contract.fake_table import FakeTable
from tests.functions.manage.worlds import SERVED_FROM, ManagedWorld
from tests.functions.snapshot.worlds import DATA, MODEL

AT = datetime(2013, 3, 11, 6, 20, tzinfo=UTC)  # while release 3 had a tenth of the traffic
NAMES = Names("local", "", "")


class FakeLogs:
    """The log of one function."""

    def __init__(self, *lines: str) -> None:
        self.lines = lines
        self.asked: list[tuple[str, int]] = []

    def search(self, function: str, words: Sequence[str], since_ms: int) -> LogSearch:
        self.asked.append((function, since_ms))
        return LogSearch([LogEvent(str(n), since_ms, line) for n, line in enumerate(self.lines)], None)


def made(at: datetime, number: int) -> str:
    return request_id(f"c6af9ac6-7b61-4e6f-9a41-{number:012x}", round(at.timestamp() * 1000))


def record(identity: str, at: datetime, rows: int, first: int = 0, release: int = 3) -> dict[str, Any]:
    return {
        "v": 1,
        "model": MODEL,
        "model_version": 2,
        "release": release,
        "request_id": identity,
        "first_row": first,
        "time": round(at.timestamp() * 1000),
        "client": "key-1",
        "inputs": {"size": [0.5 + n for n in range(rows)], "colour": ["red"] * rows},
        "outputs": {"label": [True] * rows, "probabilities": [[0.2, 0.8]] * rows},
        "flags": [[]] * (rows - 1) + [["out_of_range:size"]],
        "latency_us": 900,
        "source": "api",
    }


def table_of(*requests: tuple[str, datetime, int, int]) -> bytes:
    """An hour of the table: requests of so many rows by a release; the last row of each has its label."""
    con = duckdb.connect()
    rows = []
    for identity, at, count, release in requests:
        for number in range(count):
            labels = "[{'label': 'true', 'target': null::DOUBLE, 'observed_at': timestamp_ms '2013-03-11 08:00:00', "
            labels += "'labelled_at': timestamp_ms '2013-03-11 08:00:01', 'sender': 'quay'}]"
            known = number == count - 1
            rows.append(
                f"select '{identity}-{number}' as id, timestamp_ms '{at:%Y-%m-%d %H:%M:%S}' as time, "
                f"'{release - 1}' as version, {release} as release, {number} as row, 'key-1' as client, "
                "'api' as source, 900::BIGINT as latency_us, ['out_of_range:size'] as flags, 'true' as prediction, "
                "0.8::DOUBLE as score, null::MAP(VARCHAR, DOUBLE) as probabilities, "
                f"{"'true'" if known else 'null'} as label, "
                f"null::DOUBLE as target, {labels if known else '[]'} as labels, {number}::FLOAT as in_size, "
                "'red' as in_colour"
            )
    path = Path("/tmp") / f"explain-{id(con)}.parquet"
    try:
        con.execute(f"copy ({' union all '.join(rows)}) to '{path}' (format parquet)")
        return path.read_bytes()
    finally:
        path.unlink(missing_ok=True)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> ManagedWorld:
    return ManagedWorld(tmp_path_factory.mktemp("world"))


def explain(world: ManagedWorld, logs: FakeLogs | None = None) -> Explain:
    return Explain(world.table, world.data, world.artifact_bucket, logs, NAMES)


def test_a_request_in_the_table_is_told_with_all_that_stands_behind_it(world: ManagedWorld) -> None:
    asked, other = made(AT, 1), made(AT, 2)
    world.s3.objects[DATA, hour_key(MODEL, AT)] = table_of((asked, AT, 3, 3), (other, AT, 1, 2))
    found = explain(world).document(MODEL, asked)
    served = found["served"]
    assert (served["rows"], [row["id"] for row in served["shown"]]) == (3, [f"{asked}-{n}" for n in range(3)])
    assert served["where"] == hour_key(MODEL, AT)
    assert served["time"] == "2013-03-11T06:20:00.000Z"
    assert (served["version"], served["release"], served["client"]) == ("2", 3, "key-1")
    last = served["shown"][-1]
    assert last["inputs"] == {"size": 2.0, "colour": "red"}
    assert last["outputs"] == {"prediction": "true", "score": 0.8}
    assert last["label"] == "true"
    assert last["labels"][0]["sender"] == "quay"
    assert last["labels"][0]["observed_at"] == "2013-03-11T08:00:00.000Z"
    assert found["release"]["code_digest"] == "c" * 64
    version = found["version"]
    assert version["version"] == 2
    assert version["trained_on"]["snapshot"]["files"]
    assert version["trained_on"]["fit"]["rows"] > 0
    assert version["made_by"]["training"]["execution"]
    assert version["gate"]["decision"] == "passed"
    assert all(check["passed"] for check in version["gate"]["checks"])
    assert {"version.registered", "version.approved"} <= {act["action"] for act in version["acts"]}
    json.dumps(found)  # it can travel


def test_the_share_is_that_of_the_release_that_answered_at_that_time(world: ManagedWorld) -> None:
    new, old, later = made(AT, 1), made(AT, 2), made(SERVED_FROM.replace(hour=9), 3)
    world.s3.objects[DATA, hour_key(MODEL, AT)] = table_of((new, AT, 1, 3), (old, AT, 1, 2))
    world.s3.objects[DATA, hour_key(MODEL, SERVED_FROM.replace(hour=9))] = table_of(
        (later, SERVED_FROM.replace(hour=9), 1, 3)
    )
    told = explain(world)
    assert told.document(MODEL, new)["rollout"]["share"] == pytest.approx(0.1)
    assert told.document(MODEL, old)["rollout"]["share"] == pytest.approx(0.9)
    assert told.document(MODEL, old)["version"]["version"] == 1
    assert told.document(MODEL, later)["rollout"]["number"] == 1


def test_one_row_is_told_alone(world: ManagedWorld) -> None:
    asked = made(AT, 1)
    world.s3.objects[DATA, hour_key(MODEL, AT)] = table_of((asked, AT, 3, 3))
    served = explain(world).document(MODEL, f"{asked}-1")["served"]
    assert ([row["id"] for row in served["shown"]], served["rows"]) == ([f"{asked}-1"], 3)


def test_what_is_not_compacted_yet_is_found_in_what_arrived(world: ManagedWorld) -> None:
    asked, at = made(AT, 7), AT.replace(hour=23, minute=59)
    asked = made(at, 7)
    lines = [record(made(at, 8), at, 1), record(asked, at, 2), record(asked, at, 1, first=2), record(asked, at, 2)]
    body = gzip.compress("".join(json.dumps(line) + "\n" for line in lines).encode())
    key = f"raw/predictions/model={MODEL}/2013/03/12/00/stream-1-0.gz"  # it arrived in the next hour
    world.s3.objects[DATA, key] = body
    served = explain(world).document(MODEL, asked)["served"]
    assert served["where"] == key
    assert [row["id"] for row in served["shown"]] == [f"{asked}-{n}" for n in range(3)]
    assert served["shown"][1]["flags"] == ["out_of_range:size"]
    assert served["shown"][0]["outputs"] == {"label": True, "probabilities": [0.2, 0.8]}


def test_what_no_stream_took_is_found_in_the_functions_log(world: ManagedWorld) -> None:
    at = AT.replace(day=9)
    asked = made(at, 5)
    long = record(asked, at, 4_000)
    logs = FakeLogs("START", *log_lines("predictions", json.dumps(long), asked, 0))
    assert len(logs.lines) > 2, "it is so long that it is several lines"
    found = explain(world, logs).document(MODEL, asked)
    assert found["served"]["where"] == f"/aws/lambda/trimtab-local-predict-{MODEL}"
    assert (found["served"]["rows"], len(found["served"]["shown"])) == (4_000, 100)
    assert logs.asked == [(f"trimtab-local-predict-{MODEL}", round(at.replace(minute=0).timestamp() * 1000))]


def test_a_request_that_nobody_sent_is_not_found(world: ManagedWorld) -> None:
    with pytest.raises(NotFoundError, match=r"has no request .* in the hour of 2013-03-11 06:00 UTC"):
        explain(world, FakeLogs()).document(MODEL, made(AT, 99))


@pytest.mark.parametrize("odd", ["order-7", "", "c6af9ac6-7b61-4e6f-9a41-000000000001", "' or 1=1 --"])
def test_an_id_that_tells_no_time_is_refused_where_none_is_given(world: ManagedWorld, odd: str) -> None:
    with pytest.raises(InvalidRequestError, match="say with `at`"):
        explain(world).document(MODEL, odd)


def test_an_observation_is_found_by_its_own_id_and_its_time(world: ManagedWorld) -> None:
    at = AT.replace(day=10)
    world.s3.objects[DATA, hour_key(MODEL, at)] = table_of(("order", at, 2, 3))
    found = explain(world).document(MODEL, "order-1", at)
    assert [row["id"] for row in found["served"]["shown"]] == ["order-1"]


def test_a_model_that_nobody_registered_has_a_log_all_the_same(tmp_path: Path) -> None:
    s3, asked = FakeS3(), made(AT, 1)
    s3.objects["data", hour_key("tides", AT)] = table_of((asked, AT, 1, 3))
    found = Explain(FakeTable(), DataLake(s3, "data"), DataLake(s3, "artifacts")).document("tides", asked)
    assert (found["version"], found["release"], found["rollout"]) == (None, None, None)
    assert found["served"]["version"] == "2"
    assert iso(AT) == "2013-03-11T06:20:00Z"
