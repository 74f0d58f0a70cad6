"""What is under way: waiting for it, and what failed."""

import threading

from trimtab.local.under_way import KEPT, UnderWay


def test_settling_waits_until_all_that_began_has_ended() -> None:
    under_way, seen = UnderWay(), []
    under_way.begin()
    under_way.begin()

    def wait() -> None:
        seen.append(under_way.settle(10))

    waiting = threading.Thread(target=wait)
    waiting.start()
    under_way.end()
    assert under_way.settle(0.01) is False
    assert seen == []
    under_way.end()
    waiting.join(10)
    assert seen == [True]
    assert under_way.settle(0) is True


def test_what_one_thing_sets_off_before_it_ends_is_waited_for_too() -> None:
    under_way, ended = UnderWay(), []
    under_way.begin()

    def caused() -> None:
        ended.append("caused")
        under_way.end()

    def cause() -> None:
        under_way.begin()
        threading.Timer(0.02, caused).start()
        ended.append("cause")
        under_way.end()

    threading.Timer(0.02, cause).start()
    assert under_way.settle(10)
    assert ended == ["cause", "caused"]


def test_failures_are_told_once_and_only_the_newest_are_kept() -> None:
    under_way = UnderWay()
    for number in range(KEPT + 2):
        under_way.failed(str(number))
    assert under_way.take_failures() == [str(number) for number in range(2, KEPT + 2)]
    assert under_way.take_failures() == []


def test_a_cloud_that_ends_waits_for_nothing() -> None:
    under_way = UnderWay()
    under_way.begin()
    threading.Timer(0.02, under_way.close).start()
    assert under_way.settle(10)
