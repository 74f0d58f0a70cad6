"""When schedules are due: EventBridge's expressions beside a reference that looks at every minute."""

import calendar
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.domain.errors import MisconfiguredError
from trimtab.local.recurrence import latest_until, read_recurrence

WEEKDAY_NAMES = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
BEGIN = int(datetime(2013, 1, 1, tzinfo=UTC).timestamp())
END = int(datetime(2014, 1, 1, tzinfo=UTC).timestamp())


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def reference(fields: dict[str, set[int]], moment: int) -> int | None:
    """The first minute after `moment` whose calendar fields all are let through; looks at each minute of 40 days."""
    first = moment - moment % 60 + 60
    for candidate in range(first, first + 40 * 86_400, 60):
        day = datetime.fromtimestamp(candidate, UTC)
        shown = {"minute": day.minute, "hour": day.hour, "day": day.day, "month": day.month}
        shown["weekday"] = day.isoweekday() % 7 + 1
        if all(shown[name] in wanted for name, wanted in fields.items()):
            return candidate
    return None


def field(low: int, high: int) -> st.SearchStrategy[tuple[str, set[int]]]:
    """A field's text, and the values that it lets through."""
    number = st.integers(low, high)
    single = number.map(lambda n: (str(n), {n}))
    spans = st.tuples(number, number).map(sorted).map(lambda p: (f"{p[0]}-{p[1]}", set(range(p[0], p[1] + 1))))
    steps = st.tuples(number, st.integers(1, high)).map(lambda p: (f"{p[0]}/{p[1]}", set(range(p[0], high + 1, p[1]))))
    every = st.integers(1, high).map(lambda n: (f"*/{n}", set(range(low, high + 1, n))))
    part = st.one_of(single, spans, steps, every)
    several = st.lists(part, min_size=1, max_size=3).map(
        lambda parts: (",".join(text for text, _ in parts), set().union(*(values for _, values in parts)))
    )
    return st.one_of(several, st.just(("*", set(range(low, high + 1)))))


@settings(max_examples=60)
@given(field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(1, 7), st.booleans(), st.integers(BEGIN, END))
def test_a_cron_schedule_is_due_when_a_look_at_every_minute_says_so(
    minute: tuple[str, set[int]],
    hour: tuple[str, set[int]],
    day: tuple[str, set[int]],
    month: tuple[str, set[int]],
    weekday: tuple[str, set[int]],
    by_weekday: bool,
    moment: int,
) -> None:
    days = f"? {month[0]} {weekday[0]}" if by_weekday else f"{day[0]} {month[0]} ?"
    fields = {"minute": minute[1], "hour": hour[1], "month": month[1]}
    fields |= {"weekday": weekday[1]} if by_weekday else {"day": day[1]}
    found = read_recurrence(f"cron({minute[0]} {hour[0]} {days} *)").next_after(moment)
    expected = reference(fields, moment)
    if expected is not None:
        assert found == expected
    else:
        assert found is None or found >= moment - moment % 60 + 60 + 40 * 86_400


@pytest.mark.parametrize(
    ("expression", "moment", "expected"),
    [
        ("cron(15 * * * ? *)", "2013-03-01T00:15:00", "2013-03-01T01:15:00"),
        ("cron(0 0 1 JAN ? *)", "2013-03-01T00:00:00", "2014-01-01T00:00:00"),
        ("cron(0 8 ? * MON-FRI *)", "2013-03-01T08:00:00", "2013-03-04T08:00:00"),
        ("cron(0 0 29 2 ? *)", "2013-03-01T00:00:00", "2016-02-29T00:00:00"),
        ("cron(0 12 * * ? 2015)", "2013-03-01T00:00:00", "2015-01-01T12:00:00"),
        ("cron(5 */4 * * ? *)", "2013-03-01T20:05:00", "2013-03-02T00:05:00"),
        ("cron(0 10 ? * 1 *)", "2013-03-01T00:00:00", "2013-03-03T10:00:00"),
        ("cron(30 1 ? * MON *)", "2013-03-01T00:00:00", "2013-03-04T01:30:00"),
        ("cron(30 1 ? * MON *)", "2013-03-04T01:30:00", "2013-03-11T01:30:00"),
        ("cron(30 1 1 * ? *)", "2013-03-01T01:30:00", "2013-04-01T01:30:00"),
        ("cron(30 1 1 * ? *)", "2013-12-02T00:00:00", "2014-01-01T01:30:00"),
        ("rate(6 hours)", "2013-03-01T20:00:00", "2013-03-02T02:00:00"),
        ("rate(1 minute)", "2013-03-01T00:07:00", "2013-03-01T00:08:00"),
        ("rate(1 hour)", "2013-03-01T00:07:00", "2013-03-01T01:07:00"),
        ("rate(2 days)", "2013-02-27T00:00:00", "2013-03-01T00:00:00"),
        ("at(2013-03-01T12:00:00)", "2013-03-01T11:59:59", "2013-03-01T12:00:00"),
    ],
)
def test_next_times(expression: str, moment: str, expected: str) -> None:
    assert read_recurrence(expression, "UTC").next_after(at(moment)) == at(expected)


@pytest.mark.parametrize("expression", ["at(2013-03-01T12:00:00)", "cron(0 0 * * ? 2012)", "cron(0 0 31 2 ? *)"])
def test_what_never_comes_again_is_not_due(expression: str) -> None:
    assert read_recurrence(expression).next_after(at("2013-03-01T12:00:00")) is None


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("every day", "is no schedule"),
        ("rate(0 minutes)", "write rate"),
        ("rate(1 hours)", r"write rate\(1 hour\)"),
        ("rate(5 seconds)", "is no schedule"),
        ("cron(0 * * ? *)", "six fields"),
        ("cron(0 0 * * * *)", "exactly one of day of month and day of week"),
        ("cron(0 0 ? * ? *)", "exactly one of day of month and day of week"),
        ("cron(0 0 L * ? *)", "day of month: the local cloud does not know 'L'"),
        ("cron(0 0 15W * ? *)", "does not know '15W'"),
        ("cron(0 0 ? * 6#3 *)", "day of week: the local cloud does not know '6#3'"),
        ("cron(60 0 * * ? *)", "minutes: the local cloud does not know '60'"),
        ("cron(0 5-3 * * ? *)", "hours: 5-3 runs backwards"),
    ],
)
def test_what_is_not_known_is_an_error_that_names_it(expression: str, says: str) -> None:
    with pytest.raises(MisconfiguredError, match=says):
        read_recurrence(expression)


@pytest.mark.parametrize("expression", ["rate(1 minutes)", "rate(1 minute)"])
def test_the_scheduler_takes_one_minutes_and_a_rule_does_not(expression: str) -> None:
    """EventBridge Scheduler's user guide lists the plural units alone; that of rules asks for the singular with 1."""
    moment = at("2013-03-01T00:07:00")
    assert read_recurrence(expression, is_rule=False).next_after(moment) == moment + 60
    with pytest.raises(MisconfiguredError, match="write rate"):
        read_recurrence("rate(0 minutes)", is_rule=False)


def test_zones_other_than_utc_are_refused() -> None:
    with pytest.raises(MisconfiguredError, match="Europe/London"):
        read_recurrence("rate(1 hour)", "Europe/London")
    assert read_recurrence("rate(1 hour)", "Etc/UTC")


@settings(max_examples=40)
@given(
    st.sampled_from(["rate(7 minutes)", "cron(*/9 * * * ? *)", "cron(0 3 ? * WED *)", "cron(0 0 1 * ? *)"]),
    st.integers(BEGIN, END),
    st.integers(0, 60 * 86_400),
)
def test_the_latest_due_time_is_the_last_of_all_that_have_passed(expression: str, begin: int, later: int) -> None:
    recurrence, passed, moment = read_recurrence(expression), [], begin
    while (found := recurrence.next_after(moment)) is not None and found <= begin + later:
        passed.append(found)
        moment = found
    assert latest_until(recurrence, begin, begin + later) == (passed[-1] if passed else None)


def test_the_reference_knows_weekdays_as_the_calendar_does() -> None:
    assert calendar.day_abbr[calendar.weekday(2013, 3, 3)] == "Sun"
    assert WEEKDAY_NAMES[datetime(2013, 3, 3, tzinfo=UTC).isoweekday() % 7] == "SUN"
