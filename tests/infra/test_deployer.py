"""The role of CI: one environment of one repository, what it may take on, and no more whatever is attached to it."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.access import DEPLOYER, management_paths
from infra.node import use_bundled_node
from infra.settings import stage_settings
from tests.infra.conftest import ROOT, Template, flat


def ended(resources: list[Any]) -> list[tuple[str, str]]:
    """What stands before and behind the stage in each ARN."""
    return [(one.partition("/prod/")[0], one.partition("/prod/")[2]) for one in map(flat, resources)]


def deployer(repository: str | None, folder: Path) -> Template:
    """A stack with CI's role alone, as the platform stack makes it."""
    use_bundled_node()
    from aws_cdk import App, Stack
    from aws_cdk import aws_apigateway as apigateway

    from infra.deployer import Deployer
    from infra.stage import StageContext

    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    app = App(outdir=str(folder), analytics_reporting=False)
    stack = Stack(app, "only")
    api = apigateway.RestApi(stack, "Api", cloud_watch_role=False)
    api.root.add_method("GET")
    Deployer(stack, "Deployer", StageContext(stage_settings(context, "prod", environment={})), str(repository), api)
    app.synth()
    return Template(json.loads((folder / "only.template.json").read_text()))


@pytest.fixture(scope="module")
def ci(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return deployer("harbour/models", tmp_path_factory.mktemp("ci"))


def test_without_a_repository_there_is_no_role_for_ci(platform: Template) -> None:
    assert "trimtab-prod-deployer" not in json.dumps(platform.document)


def test_ci_is_one_environment_of_one_repository(ci: Template) -> None:
    role = ci.only("AWS::IAM::Role")
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert flat(statement["Principal"]["Federated"]).endswith(":oidc-provider/token.actions.githubusercontent.com")
    assert statement["Condition"] == {
        "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": "repo:harbour/models:environment:prod",
        }
    }
    assert role["MaxSessionDuration"] == 3600


def test_ci_may_take_on_cdks_roles_and_make_its_calls_and_never_more(ci: Template) -> None:
    role, policy = ci.only("AWS::IAM::Role"), ci.only("AWS::IAM::ManagedPolicy")
    assert role["ManagedPolicyArns"] == [role["PermissionsBoundary"]]
    deploy, call = policy["PolicyDocument"]["Statement"]
    assert deploy["Action"] == "sts:AssumeRole"
    taken = [flat(one).partition(":role/")[2] for one in deploy["Resource"]]
    suffix = "-role-<AWS::AccountId>-<AWS::Region>"
    assert taken == [
        f"cdk-hnb659fds-{one}{suffix}" for one in ("deploy", "file-publishing", "image-publishing", "lookup")
    ]
    assert call["Action"] == "execute-api:Invoke"
    assert sorted(path for _, path in ended(call["Resource"])) == sorted(management_paths(DEPLOYER))


@pytest.mark.parametrize("repository", ["harbour", "harbour/models:*", "harbour/*", "a b/c", "harbour/models/x"])
def test_a_repository_that_could_be_another_is_refused(repository: str) -> None:
    context: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text())["context"]
    context["stages"]["prod"]["deployer_repository"] = repository
    with pytest.raises(Exception, match="deployer_repository"):
        stage_settings(context, "prod", environment={})
