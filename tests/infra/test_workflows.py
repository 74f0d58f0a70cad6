"""GitHub's workflows: least rights, nothing unpinned, no key that lives."""

import json
import re
from pathlib import Path

import pytest

from tests.infra.conftest import ROOT

CDK = "aws-cdk@2.1148.1"  # the newest that accepts our aws-cdk-lib
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.fixture(params=WORKFLOWS, ids=lambda path: path.stem)
def workflow(request: pytest.FixtureRequest) -> str:
    path: Path = request.param
    return path.read_text()


def test_there_is_one_for_pull_requests_and_one_for_deployment() -> None:
    assert [path.stem for path in WORKFLOWS] == ["deploy", "pull-request"]


def test_nothing_is_allowed_but_what_a_job_asks_for(workflow: str) -> None:
    assert "\npermissions: {}\n" in workflow
    assert len(re.findall(r"^    permissions:$", workflow, re.M)) == len(re.findall(r"^    runs-on:", workflow, re.M))


def test_every_action_and_every_tool_is_pinned(workflow: str) -> None:
    actions = re.findall(r"uses: (\S+)", workflow)
    assert actions
    assert all(re.fullmatch(r"(actions|aws-actions)/[\w-]+@v\d+", action) for action in actions)
    assert set(re.findall(r"aws-cdk@\S+", workflow)) == {CDK}
    assert "ubuntu-latest" not in workflow


def test_no_workflow_holds_a_secret(workflow: str) -> None:
    assert "secrets." not in workflow
    assert not re.search(r"aws-(access|secret)", workflow)


def test_no_text_of_a_stranger_reaches_a_shell(workflow: str) -> None:
    """Whatever is filled into a script by `${{ }}` is run by it: values come through the environment."""
    scripts = re.findall(r"run: (?:\|\n((?: {10,}.*\n|\n)+)|(.*)\n)", workflow)
    assert scripts
    assert not any("${{" in block + line for block, line in scripts)


def test_only_the_job_that_runs_nothing_of_a_pull_request_may_write() -> None:
    text = (ROOT / ".github" / "workflows" / "pull-request.yml").read_text()
    jobs = dict(re.findall(r"^  (\w+):\n((?:    .*\n|\n|  #.*\n)+)", text.partition("jobs:")[2], re.M))
    writers = [name for name, body in jobs.items() if ": write" in body]
    assert sorted(jobs) == ["check", "comment", "diff"]
    assert writers == ["comment"]
    assert "checkout" not in jobs["comment"]
    assert "id-token" not in text


def test_deployment_is_from_a_protected_environment_one_at_a_time() -> None:
    text = (ROOT / ".github" / "workflows" / "deploy.yml").read_text()
    stages = set(json.loads((ROOT / "cdk.json").read_text())["context"]["stages"]) - {"local"}
    (options,) = re.findall(r"options: \[(.*)\]", text)
    assert set(options.split(", ")) == stages
    assert "environment: ${{ inputs.stage }}" in text
    assert "cancel-in-progress: false" in text
    assert "id-token: write" in text
