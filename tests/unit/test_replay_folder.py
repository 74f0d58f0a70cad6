"""What a replay leaves behind is found again: reports by the end of their window, months of its table."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from functions.domain.errors import NotFoundError
from functions.domain.windows import Window
from trimtab.project import Project
from trimtab.replay_cloud import ReplayFolder, cloud_project, folder_name, forget
from trimtab.replay_outcome import months_of


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def left(project: Project, *ends: str) -> ReplayFolder:
    folder = ReplayFolder.of(project, "flights")
    for end in ends:
        page = folder.reports / folder_name(end) / "report.html"
        page.parent.mkdir(parents=True)
        page.write_text(end)
    return folder


def test_a_report_is_found_by_its_windows_end_or_is_the_last_one(project: Project) -> None:
    folder = left(project, "2013-03-09T00:00:00Z", "2013-03-10T00:00:00Z", "2013-02-28T00:00:00Z")
    assert folder.report(None).read_text() == "2013-03-10T00:00:00Z"
    assert folder.report("2013-03-09T00:00:00Z").read_text() == "2013-03-09T00:00:00Z"


def test_a_report_that_is_not_there_says_what_to_do(project: Project) -> None:
    with pytest.raises(NotFoundError, match="trimtab replay flights"):
        ReplayFolder.of(project, "flights").report(None)
    with pytest.raises(NotFoundError, match="no window that ended at 2013-04-01T00:00:00Z"):
        left(project, "2013-03-09T00:00:00Z").report("2013-04-01T00:00:00Z")


def test_a_fresh_start_removes_what_the_last_replay_left_and_nothing_else(project: Project) -> None:
    folder = left(project, "2013-03-09T00:00:00Z")
    other = ReplayFolder.of(project, "tides")
    other.root.mkdir(parents=True)

    forget(project, "flights")
    forget(project, "flights")

    assert not folder.root.exists()
    assert other.root.is_dir()
    assert cloud_project(project, "flights").cloud_state != project.cloud_state


def test_months_are_the_calendars_within_the_windows_ends() -> None:
    window = Window(datetime(2013, 11, 29, 5, tzinfo=UTC), datetime(2014, 1, 1, tzinfo=UTC))
    assert list(months_of(window)) == [
        Window(datetime(2013, 11, 29, 5, tzinfo=UTC), datetime(2013, 12, 1, tzinfo=UTC)),
        Window(datetime(2013, 12, 1, tzinfo=UTC), datetime(2014, 1, 1, tzinfo=UTC)),
    ]
