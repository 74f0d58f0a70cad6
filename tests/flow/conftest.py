"""One stage for the whole flow: a local cloud of the tests' own, or with --stage NAME a deployed one."""

import os
from collections.abc import Iterator

import pytest

from tests.rights import RECORDS
from trimtab import local_process
from trimtab.deploy import Deployment, deploy
from trimtab.endpoint import Endpoint, find_endpoint
from trimtab.local.role_calls import GATHERED
from trimtab.project import Project
from trimtab.stage import LOCAL, Stage, open_stage
from trimtab.training import train_if_needed


@pytest.fixture(scope="session")
def stage_name(request: pytest.FixtureRequest) -> str:
    return str(request.config.getoption("--stage"))


@pytest.fixture(scope="session", autouse=True)
def _calls_are_gathered() -> None:
    """What the functions ask of AWS in any local cloud of these tests is kept for `python -m tests.rights`."""
    os.environ.setdefault(GATHERED, str(RECORDS))


@pytest.fixture(scope="session")
def own_project(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """This checkout with a local cloud's state of the tests' own."""
    return Project(project.root, str(tmp_path_factory.mktemp("cloud")))


@pytest.fixture(scope="session")
def stage(own_project: Project, stage_name: str) -> Iterator[Stage]:
    if stage_name != LOCAL:
        yield open_stage(own_project, stage_name)
        return
    local_process.start(own_project, port=0)
    yield open_stage(own_project, LOCAL)
    local_process.stop(own_project)


@pytest.fixture
def local_only(stage: Stage) -> None:
    """For tests of what only the local cloud has."""
    if not stage.is_local:
        pytest.skip("needs the local cloud")


@pytest.fixture(scope="session")
def deployment(project: Project, stage: Stage) -> Deployment:
    """The flights model, live."""
    return deploy(stage, "flights", train_if_needed(project, "flights"))


@pytest.fixture(scope="session")
def flights(stage: Stage, deployment: Deployment) -> Endpoint:
    return find_endpoint(stage, "flights")
