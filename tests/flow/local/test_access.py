"""Every role, every call, two models, over one model and over all: signed HTTP calls, allowed as the table says."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import app
from functions.domain.errors import InvalidRequestError, NotFoundError
from functions.domain.management_calls import CALLS
from functions.domain.names import LOCAL_ACCOUNT, LOCAL_REGION, LOCAL_STAGE, Names
from infra.access import OF_NO_MODEL, ROLES, Role
from infra.routes import signable_routes
from infra.settings import stage_settings
from tests.contract.local.cloud import LocalCloud, running
from tests.flow.local.roles_cloud import MODELS, Signer, put_echo_behind, write_models
from trimtab.local_users import add_local_user, local_key
from trimtab.stage import Stage

VALUES = {"version": "1", "release": "3", "end": "2013-05-01", "execution": "scheduled-1", "request": "r-1"}


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The app's templates for two models."""
    folder, context = tmp_path_factory.mktemp("assembly"), app.read_context()
    root = write_models(tmp_path_factory.mktemp("project"))
    app.build(stage_settings(context, LOCAL_STAGE), root, context=context, outdir=str(folder)).synth()
    put_echo_behind(folder)
    return folder


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cloud") / "state"


@pytest.fixture(scope="module")
def cloud(state: Path, assembly: Path) -> Iterator[LocalCloud]:
    with running(state, assembly) as cloud:
        yield cloud


@pytest.fixture(scope="module")
def stage(cloud: LocalCloud) -> Stage:
    return Stage(Names(LOCAL_STAGE, LOCAL_ACCOUNT, LOCAL_REGION), cloud.endpoint, cloud.state)


def filled(path: str, model: str) -> str:
    return path.format(model=model, **VALUES)


def management_calls() -> Iterator[tuple[str, str | None, str, str]]:
    """Name, the model that it is about, method and path of each call."""
    for call in CALLS:
        for model in MODELS if call.of_model else (None,):
            yield call.name, model, call.method, "/_platform" + filled(call.path, model or "")


def serving_calls() -> Iterator[tuple[str, str | None, str, str]]:
    """The same of the models' own APIs."""
    for route in signable_routes():
        for model in MODELS:
            yield str(route.call), model, route.method, f"/{model}" + filled(route.path, model)


EVERY_CALL = (*management_calls(), *serving_calls())


def allowed(role: Role, over: str | None, name: str, about: str | None) -> bool:
    """What the table says: `over` is the model that a policy is for, `about` the one that a call is."""
    return name in (*role.may, *role.calls) and (over is None or about == over or name in OF_NO_MODEL)


@pytest.mark.parametrize("over", [None, *MODELS])
@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_a_role_may_make_the_calls_of_the_table_and_no_others(
    cloud: LocalCloud, stage: Stage, role: Role, over: str | None
) -> None:
    user = f"{role.name}-of-{over or 'all'}"
    add_local_user(stage, user, role.name, over)
    signer = Signer(cloud, *local_key(stage, user))
    expected = {(method, path): allowed(role, over, name, about) for name, about, method, path in EVERY_CALL}
    made = {(method, path): signer.may(method, path) for method, path in expected}
    assert made == expected
    assert True in expected.values()
    assert False in expected.values()


def test_the_calls_of_the_table_are_all_that_there_are(cloud: LocalCloud, assembly: Path) -> None:
    """No route asks for a signature that the exhaustive test does not make."""
    signed = 0
    for path in assembly.glob("*.template.json"):
        resources = json.loads(path.read_text())["Resources"].values()
        methods = [one["Properties"] for one in resources if one["Type"] == "AWS::ApiGateway::Method"]
        signed += sum(one["AuthorizationType"] == "AWS_IAM" for one in methods)
    assert signed == len(CALLS) + len(MODELS) * len(signable_routes())


def test_an_allowed_call_reaches_its_route_as_the_user(cloud: LocalCloud, stage: Stage) -> None:
    add_local_user(stage, "alice", "approver", "tides")
    answer = Signer(cloud, *local_key(stage, "alice")).ask("POST", "/_platform/models/tides/versions/1/approve")
    assert answer.json() == {
        "route": "/models/{model}/versions/{version}/approve",
        "by": f"arn:aws:iam::{LOCAL_ACCOUNT}:user/alice",
    }


def test_who_has_two_roles_may_do_what_both_allow(cloud: LocalCloud, stage: Stage) -> None:
    add_local_user(stage, "both", "viewer")
    add_local_user(stage, "both", "auditor", "tides")
    signer = Signer(cloud, *local_key(stage, "both"))
    assert signer.may("GET", "/_platform/models/tides-2/reports")
    assert signer.may("GET", "/_platform/exports/tides/1")
    assert not signer.may("GET", "/_platform/exports/tides-2/1")
    assert not signer.may("GET", "/_platform/audit")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/_platform/models/tides%2D2/retrain"),
        ("POST", "/_platform/models/tides-2%2F..%2Ftides/retrain"),
        ("POST", "/_platform/models/tides%2Fretrain%3F/retrain"),
        ("GET", "/_platform/exports/tides-2/tides%2F1"),
        ("GET", "/_platform/models/..%2Fexports%2Ftides-2%2F1"),
    ],
)
def test_an_encoded_path_gets_nobody_anywhere_else(cloud: LocalCloud, stage: Stage, method: str, path: str) -> None:
    add_local_user(stage, "carol", "data-scientist", "tides")
    assert not Signer(cloud, *local_key(stage, "carol")).may(method, path)


def test_the_accounts_own_key_may_do_all_and_a_user_without_a_policy_nothing(cloud: LocalCloud, stage: Stage) -> None:
    iam = stage.client("iam")
    iam.create_user(UserName="nobody")
    key = iam.create_access_key(UserName="nobody")["AccessKey"]
    root, nobody = Signer(cloud, *local_key(stage, "")), Signer(cloud, key["AccessKeyId"], key["SecretAccessKey"])
    for _, _, method, path in EVERY_CALL[::7]:
        assert root.may(method, path)
        assert not nobody.may(method, path)


def test_what_is_denied_says_who_may_not_do_what(cloud: LocalCloud, stage: Stage) -> None:
    add_local_user(stage, "dave", "client", "tides")
    answer = Signer(cloud, *local_key(stage, "dave")).ask("POST", "/_platform/models/tides/roll-back")
    assert answer.status == 403
    assert "execute-api:Invoke" in answer.json()["error"]


def user_that_may_assume(stage: Stage, name: str, role: str) -> Any:
    """STS as this user, whose policy lets it assume the role."""
    iam = stage.client("iam")
    iam.create_user(UserName=name)
    arn = f"arn:aws:iam::{LOCAL_ACCOUNT}:role/{stage.names.access(role)}"
    document = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": arn}}
    iam.put_user_policy(UserName=name, PolicyName="assume", PolicyDocument=json.dumps(document))
    return sts_of(stage, iam.create_access_key(UserName=name)["AccessKey"])


def sts_of(stage: Stage, key: dict[str, str]) -> Any:
    import boto3

    return boto3.client(
        "sts",
        endpoint_url=stage.endpoint,
        region_name=LOCAL_REGION,
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
        aws_session_token=key.get("SessionToken"),
    )


def test_a_session_of_a_role_has_its_rights_and_its_users_name(cloud: LocalCloud, stage: Stage) -> None:
    sts = user_that_may_assume(stage, "erin", "approver")
    role = f"arn:aws:iam::{LOCAL_ACCOUNT}:role/trimtab-local-approver"
    key = sts.assume_role(RoleArn=role, RoleSessionName="erin")["Credentials"]
    signer = Signer(cloud, key["AccessKeyId"], key["SecretAccessKey"], key["SessionToken"])
    assert signer.ask("POST", "/_platform/models/tides/roll-back").json()["by"] == (
        f"arn:aws:sts::{LOCAL_ACCOUNT}:assumed-role/trimtab-local-approver/erin"
    )
    assert not signer.may("POST", "/_platform/models/tides/retrain")
    without_token = Signer(cloud, key["AccessKeyId"], key["SecretAccessKey"]).ask("GET", "/_platform/models")
    assert (without_token.status, without_token.headers["x-amzn-ErrorType"]) == (403, "InvalidSignatureException")
    assert sts_of(stage, key).get_caller_identity()["Arn"].endswith("assumed-role/trimtab-local-approver/erin")


@pytest.mark.parametrize(("role", "session"), [("approver", "alice"), ("auditor", "frank"), ("nowhere", "frank")])
def test_nobody_takes_another_name_or_another_role(stage: Stage, role: str, session: str) -> None:
    sts = user_that_may_assume(stage, f"frank-{role}", "approver")
    session = session if session != "frank" else f"frank-{role}"
    with pytest.raises(sts.exceptions.ClientError, match=r"AccessDenied.*not authorized to perform: sts:AssumeRole"):
        sts.assume_role(RoleArn=f"arn:aws:iam::{LOCAL_ACCOUNT}:role/trimtab-local-{role}", RoleSessionName=session)


def test_root_and_sessions_assume_no_role_of_people(stage: Stage) -> None:
    role = f"arn:aws:iam::{LOCAL_ACCOUNT}:role/trimtab-local-viewer"
    root = stage.client("sts")
    with pytest.raises(root.exceptions.ClientError, match="may not be assumed by root"):
        root.assume_role(RoleArn=role, RoleSessionName="root")
    sts = user_that_may_assume(stage, "grace", "viewer")
    session = sts_of(stage, sts.assume_role(RoleArn=role, RoleSessionName="grace")["Credentials"])
    with pytest.raises(sts.exceptions.ClientError, match="AccessDenied"):
        session.assume_role(RoleArn=role, RoleSessionName="grace")


def test_a_user_of_a_role_that_is_not_there_is_not_made(stage: Stage) -> None:
    with pytest.raises(NotFoundError, match=r"no policy trimtab-local-boss: there are .*trimtab-local-viewer"):
        add_local_user(stage, "heidi", "boss")
    with pytest.raises(NotFoundError, match="no user heidi"):
        local_key(stage, "heidi")
    with pytest.raises(InvalidRequestError, match="characters"):
        add_local_user(stage, "../heidi", "viewer")


def test_users_and_their_keys_are_there_after_a_restart(
    cloud: LocalCloud, stage: Stage, state: Path, assembly: Path
) -> None:
    add_local_user(stage, "ivan", "viewer", "tides")
    cloud.kill()
    with running(state, assembly) as again:
        signer = Signer(again, *local_key(stage, "ivan"))
        assert signer.may("GET", "/_platform/models/tides")
        assert not signer.may("GET", "/_platform/models/tides-2")
