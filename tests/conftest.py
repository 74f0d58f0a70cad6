"""What every kind of test may use: the project, and the stage that the flow tests run against."""

from pathlib import Path

import pytest
from hypothesis import settings

from trimtab.project import Project

settings.register_profile("trimtab", deadline=None)  # a busy machine proves nothing about the code
settings.load_profile("trimtab")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--stage",
        default="local",
        help="run the flow tests against this deployed stage instead of a local cloud of their own",
    )


@pytest.fixture(scope="session")
def project() -> Project:
    """This checkout."""
    return Project(Path(__file__).parent.parent)
