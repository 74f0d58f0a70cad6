"""The rules of others: cdk-nag's AwsSolutions and CloudFormation's own schemas."""

import json
import subprocess
import sys
from pathlib import Path

from tests.infra.conftest import Assembly


def test_no_finding_is_unexplained(assembly: Assembly) -> None:
    assert "AwsSolutions" in assembly.reports
    for name, report in assembly.reports.items():
        assert (name, report["conclusion"], report["violations"]) == (name, "success", [])


def test_each_accepted_finding_names_one_resource_and_a_reason(assembly: Assembly) -> None:
    accepted = [finding for report in assembly.reports.values() for finding in report["suppressedViolations"]]
    assert accepted
    for finding in accepted:
        (resource,) = finding["violatingConstructs"]
        assert finding["acknowledgedAt"] == resource["constructPath"], "accepted on more than the resource itself"
        assert finding["acknowledgedId"].endswith(f"::{finding['ruleName']}")
        assert len(finding["reason"]) > 10


def test_nothing_is_accepted_but_these_rules(assembly: Assembly) -> None:
    accepted = {
        finding["ruleName"].partition("[")[0] for finding in assembly.reports["AwsSolutions"]["suppressedViolations"]
    }
    assert accepted == {
        "AwsSolutions-APIG2",  # bodies are validated by predict
        "AwsSolutions-APIG4",  # an API key isn't authorisation to cdk-nag
        "AwsSolutions-COG4",  # clients are programs, not people who log in
        "AwsSolutions-IAM4",  # API Gateway's account role
        "AwsSolutions-IAM5",  # families of names
        "AwsSolutions-L1",  # Python 3.13
    }


def test_nothing_is_accepted_that_is_no_finding(assembly: Assembly) -> None:
    accepted = {
        (path.removeprefix("/"), rule)
        for stack in assembly.stacks
        for path, entries in json.loads((assembly.folder / f"{stack}.metadata.json").read_text()).items()
        for entry in entries
        if entry["type"] == "aws:cdk:acknowledged-rules"
        for rule in entry["data"]
    }
    found = {
        (finding["acknowledgedAt"], finding["acknowledgedId"])
        for report in assembly.reports.values()
        for finding in report["suppressedViolations"]
    }
    assert accepted == found


def test_cfn_lint_finds_nothing_in_any_template(production: Assembly, local: Assembly) -> None:
    templates = [str(path) for each in (production, local) for path in sorted(each.folder.glob("*.template.json"))]
    assert len(templates) == 8
    command = [str(Path(sys.executable).parent / "cfn-lint"), "--non-zero-exit-code", "informational", *templates]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout + done.stderr == ""
    assert done.returncode == 0
