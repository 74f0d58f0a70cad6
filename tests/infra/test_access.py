"""Access: what the policies allow, proven for every path and in the templates; the roles of people."""

import json
from functools import cache
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.adapters.model_settings import MODEL_NAME
from functions.domain.caller import PEOPLES_ROLES
from functions.domain.management_calls import CALLS
from infra.access import DEPLOYER, OF_NO_MODEL, ROLES, Role, management_paths, serving_paths
from infra.access_page import PAGE, table, with_table
from infra.routes import signable_routes
from tests.infra.conftest import Template, flat

MANAGE, SERVE, ANY = "manage0000/prod/", "serve00000/prod/", "?" * 10 + "/prod/"
ALL = (*ROLES, DEPLOYER)
AUDITORS, VERIFICATION = "trimtab-prod-auditor", ["ReadRegistry", "ReadArtifacts", "ReadHeads", "CheckSignatures"]
SERVED = [(str(route.call), route.method, route.path) for route in signable_routes()]


@cache
def meet(one: str, other: str) -> bool:
    """Whether some text is of both patterns."""
    if not one or not other:
        return set(one + other) <= {"*"}
    if one[0] == "*":
        return meet(one[1:], other) or meet(one, other[1:])
    if other[0] == "*":
        return meet(other, one)
    return (one[0] == other[0] or "?" in (one[0], other[0])) and meet(one[1:], other[1:])


def patterns(role: Role, model: str | None) -> list[str]:
    """What a role's policy names, with the APIs' ids put in."""
    routes = [(method, path) for name, method, path in SERVED if name in role.calls]
    serving = serving_paths(routes, model)
    return [MANAGE + path for path in management_paths(role, model)] + [(SERVE if model else ANY) + p for p in serving]


def requests(model: str) -> list[tuple[str, bool, str]]:
    """Name, whether it is about a model, and all requests of each call: a parameter is any text, slashes too."""

    def every(method: str, path: str) -> str:
        parts = path.replace("{model}", model).split("/")
        return method + "/".join("?*" if part.startswith("{") else part for part in parts)

    managed = [(call.name, call.of_model, MANAGE + every(call.method, call.path)) for call in CALLS]
    return managed + [(name, True, SERVE + every(method, path)) for name, method, path in SERVED]


def test_patterns_meet_where_a_text_is_of_both() -> None:
    assert meet("a*c", "?b?")
    assert meet("*", "")
    assert meet("x/*/y", "x/?*/y")
    assert not meet("a*c", "?b")
    assert not meet("x/*/y", "x/?*/z")


@pytest.mark.parametrize("role", ALL, ids=lambda role: role.name)
def test_over_all_models_a_policy_allows_its_calls_and_nothing_else(role: Role) -> None:
    for name, _, asked in requests("?*"):
        met = [pattern for pattern in patterns(role, None) if meet(pattern, asked)]
        assert bool(met) == (name in (*role.may, *role.calls)), (name, met)


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_over_one_model_a_policy_allows_its_calls_about_it_and_nothing_else(role: Role) -> None:
    for name, about_it, asked in requests("tides"):
        met = [pattern for pattern in patterns(role, "tides") if meet(pattern, asked)]
        expected = name in (*role.may, *role.calls) and (about_it or name in OF_NO_MODEL)
        assert bool(met) == expected, (name, met)


@given(st.from_regex(MODEL_NAME, fullmatch=True).filter(lambda name: name != "tides"))
def test_over_one_model_a_policy_allows_nothing_about_another(other: str) -> None:
    about = [asked for _, about_a_model, asked in requests(other) if about_a_model and asked.startswith(MANAGE)]
    for role, asked in product(ROLES, about):
        assert not any(meet(pattern, asked) for pattern in patterns(role, "tides")), (role.name, asked)


def test_the_table_names_calls_that_there_are_and_each_call_has_a_role() -> None:
    named = {name for role in ALL for name in (*role.may, *role.calls)}
    assert named == {call.name for call in CALLS} | {name for name, _, _ in SERVED}


def test_who_trains_does_not_decide_and_who_decides_does_not_train() -> None:
    may = {role.name: set(role.may) for role in ALL}
    decisions = may["approver"] - may["viewer"]
    assert {"approve_version", "reject_version", "roll_back"} <= decisions
    assert not decisions & (may["data-scientist"] | may["auditor"] | may["viewer"])
    assert not {"approve_version", "reject_version", "release_quarantine"} & may["deployer"]
    posts = {call.name for call in CALLS if call.method == "POST"}
    assert not posts & (may["viewer"] | may["auditor"])


def test_the_page_shows_the_table_as_it_is() -> None:
    page = PAGE.read_text()
    assert page == with_table(page), "run python -m infra.access_page"
    assert table().count("✓") == sum(len(role.may) + len(role.calls) for role in ALL)


def policies(template: Template) -> dict[str, list[str]]:
    """Resources by a policy's name; each has a statement that allows calls, the auditor's those to verify besides."""
    found = {}
    for policy in template.all("AWS::IAM::ManagedPolicy"):
        statement, *others = policy["PolicyDocument"]["Statement"]
        assert [one["Sid"] for one in others] == (VERIFICATION if flat(policy["ManagedPolicyName"]) == AUDITORS else [])
        assert (statement["Effect"], statement["Action"]) == ("Allow", "execute-api:Invoke")
        assert not {"NotResource", "Condition", "NotAction"} & set(statement)
        resources = statement["Resource"]
        found[flat(policy["ManagedPolicyName"])] = [flat(one) for one in resources]
    return found


def ended(resources: list[str]) -> list[tuple[str, str]]:
    """The API and what stands behind the stage of each ARN."""
    parts = [one.removeprefix("arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:") for one in resources]
    return sorted((one.partition("/prod/")[0], one.partition("/prod/")[2]) for one in parts)


def test_the_platform_has_each_role_over_all_models(platform: Template) -> None:
    found = policies(platform)
    assert sorted(found) == sorted(f"trimtab-prod-{role.name}" for role in ROLES)
    for role in ROLES:
        serving = serving_paths([(method, path) for name, method, path in SERVED if name in role.calls])
        wanted = [("<ManagementHttpApi>", path) for path in management_paths(role)]
        assert ended(found[f"trimtab-prod-{role.name}"]) == sorted([*wanted, *(("?" * 10, path) for path in serving)])


def test_a_model_has_each_role_over_itself(tides: Template) -> None:
    found = policies(tides)
    assert sorted(found) == sorted(f"trimtab-prod-{role.name}-tides" for role in ROLES)
    for role in ROLES:
        serving = serving_paths([(method, path) for name, method, path in SERVED if name in role.calls], "tides")
        resources = ended(found[f"trimtab-prod-{role.name}-tides"])
        assert sorted(path for _, path in resources) == sorted([*management_paths(role, "tides"), *serving])
        assert all(api.startswith("<SsmParameterValue") or api == "<HttpApi>" for api, _ in resources)


def test_a_model_takes_the_management_apis_id_from_ssm_and_exports_nothing_of_it(
    tides: Template, platform: Template
) -> None:
    defaults = [parameter.get("Default") for parameter in tides.document["Parameters"].values()]
    assert "/trimtab/prod/manage/api_id" in defaults
    assert "/trimtab/prod/manage/api_id" in [one["Name"] for one in platform.all("AWS::SSM::Parameter")]
    assert not any("ManagementHttpApi" in key for key in platform.document["Outputs"] if key.startswith("Export"))


def test_clients_with_an_api_key_and_models_without_predictions_need_no_policy(
    flights: Template, waves: Template
) -> None:
    for template, model in ((flights, "flights"), (waves, "waves")):
        names = sorted(f"trimtab-prod-{role.name}-{model}" for role in ROLES if role.name != "client")
        assert sorted(policies(template)) == names


def test_the_longest_names_leave_each_policy_below_iams_6144_characters() -> None:
    prefix = "arn:aws-us-gov:execute-api:ap-southeast-10:123456789012:abcdefghij/abcdefghij/"
    for role in ALL:
        for model in (None, "m" * 32):
            paths = [one.partition("/prod/")[2] for one in patterns(role, model)]
            document = {
                "Version": "2012-10-17",
                "Statement": [{"Sid": "Call", "Effect": "Allow", "Action": "execute-api:Invoke",
                               "Resource": [prefix + path for path in paths]}],
            }  # fmt: skip
            assert len(json.dumps(document, separators=(",", ":"))) <= 6144, (role.name, model)


def test_people_assume_their_roles_under_their_own_names_alone(platform: Template) -> None:
    roles = {role["RoleName"]: role for role in platform.all("AWS::IAM::Role") if "RoleName" in role}
    assert sorted(roles) == sorted(f"trimtab-prod-{role.name}" for role in ROLES if role.is_for_people)
    assert sorted(roles) == sorted(f"trimtab-prod-{name}" for name in PEOPLES_ROLES), "whose sessions count as people"
    for name, role in roles.items():
        (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert flat(statement["Principal"]["AWS"]) == "arn:<AWS::Partition>:iam::<AWS::AccountId>:root"
        assert statement["Action"] == "sts:AssumeRole"
        assert statement["Condition"] == {"StringEquals": {"sts:RoleSessionName": "${aws:username}"}}
        assert "Policies" not in role
        (policy,) = role["ManagedPolicyArns"]
        assert platform.document["Resources"][policy["Ref"]]["Properties"]["ManagedPolicyName"] == name


def test_each_stack_has_its_access_recorded_once_its_policies_are_there(platform: Template, tides: Template) -> None:
    for template, model in ((platform, ""), (tides, "tides")):
        (table_,) = template.of_type("Custom::AccessTable").values()
        recorded = json.loads(table_["Properties"]["Policies"])
        assert table_["Properties"]["Model"] == model
        assert {name for name in recorded if ":" not in name} == {role.name for role in ROLES}
        assert set(template.of_type("AWS::IAM::ManagedPolicy")) <= set(table_["DependsOn"])
