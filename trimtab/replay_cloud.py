"""The local cloud that a replay lives in: its own, beside whatever else runs, begun anew each time."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from functions.domain.errors import NotFoundError
from trimtab import local_process
from trimtab.console import note, step
from trimtab.project import Project
from trimtab.stage import LOCAL, Stage, open_stage
from trimtab.synth import synthesise

FOLDER = ".trimtab-replay"


@dataclass(frozen=True, slots=True)
class ReplayFolder:
    """What a model's last replay left behind, in `root`."""

    root: Path

    @classmethod
    def of(cls, project: Project, model: str) -> "ReplayFolder":
        return cls(project.root / FOLDER / model)

    @property
    def cloud(self) -> Path:
        """The local cloud's state: registry, log, functions' logs."""
        return self.root / "cloud"

    @property
    def artifact(self) -> Path:
        """What was learnt from the history's first share."""
        return self.root / "artifact"

    @property
    def reports(self) -> Path:
        """Each window's report.html and report.json, in a folder named by the window's end."""
        return self.root / "reports"

    def report(self, window_end: str | None) -> Path:
        """The page of the window that ended then, or of the last one.

        Raises:
            NotFoundError: there was no such window, or no replay.
        """
        pages = {page.parent.name: page for page in self.reports.glob("*/report.html")}
        if not pages:
            raise NotFoundError(f"{self.reports} holds no report: run `trimtab replay {self.root.name}` first")
        name = max(pages) if window_end is None else folder_name(window_end)
        if name not in pages:
            raise NotFoundError(f"the replay has no window that ended at {window_end}: see the names in {self.reports}")
        return pages[name]

    @property
    def table(self) -> Path:
        """The log of the whole replay in one Parquet file."""
        return self.root / "table.parquet"


def folder_name(window_end: str) -> str:
    """A window's end as the name of a folder on any file system."""
    return window_end.replace(":", "")


def cloud_project(project: Project, model: str) -> Project:
    """The project as a replay's cloud sees it."""
    return Project(project.root, str(ReplayFolder.of(project, model).cloud))


def forget(project: Project, model: str) -> None:
    """Stop the cloud of the last replay, if it was kept running, and remove what that left behind."""
    local_process.stop(cloud_project(project, model))
    folder = ReplayFolder.of(project, model).root
    if folder.exists():
        shutil.rmtree(folder)


@contextmanager
def replay_cloud(project: Project, model: str, keep: bool) -> Iterator[Stage]:
    """A cloud with this model's stack alone, on free ports; with `keep` it runs on afterwards, else it is stopped."""
    own = cloud_project(project, model)
    with step("synthesise the stacks"):
        synthesise(own, LOCAL, lambda line: note(f"    {line}"), [model])
    try:
        with step("start a local cloud for the replay"):
            local_process.start(own, port=0, models=[model])
        yield open_stage(own, LOCAL)
    except BaseException:
        keep = False
        raise
    finally:
        if not keep:
            local_process.stop(own)
