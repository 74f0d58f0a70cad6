"""The settings of a stage, out of cdk.json."""

import json
from typing import Any, get_args

import pytest

from functions.domain.errors import MisconfiguredError
from functions.domain.names import Names, RecordKind
from infra.settings import stage_settings
from tests.infra.conftest import ROOT

CONTEXT: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text())["context"]
CREDENTIALS = {"CDK_DEFAULT_ACCOUNT": "111122223333", "CDK_DEFAULT_REGION": "eu-central-1"}


def test_each_stage_of_cdk_json_is_complete() -> None:
    assert set(CONTEXT["stages"]) == {"local", "dev", "prod"}
    for stage in CONTEXT["stages"]:
        assert stage_settings(CONTEXT, stage, CREDENTIALS).name == stage


def test_production_keeps_its_data() -> None:
    assert [stage_settings(CONTEXT, stage).keep_data for stage in ("local", "dev", "prod")] == [False, False, True]


def test_a_stage_goes_where_the_credentials_point() -> None:
    settings = stage_settings(CONTEXT, "dev", CREDENTIALS)
    assert (settings.account, settings.region) == ("111122223333", "eu-central-1")


def test_a_stage_may_be_tied_to_one_account() -> None:
    dev = {**CONTEXT["stages"]["dev"], "account": "999988887777", "region": "us-west-2"}
    settings = stage_settings({"stages": {"dev": dev}}, "dev", CREDENTIALS)
    assert (settings.account, settings.region) == ("999988887777", "us-west-2")


def test_the_local_stage_is_nobodys_account_whatever_the_credentials() -> None:
    settings = stage_settings(CONTEXT, "local", CREDENTIALS)
    assert (settings.account, settings.region) == ("123456789012", "us-east-1")


def test_without_credentials_account_and_region_stay_open() -> None:
    settings = stage_settings(CONTEXT, "dev", {})
    assert (settings.account, settings.region) == (None, None)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"log_dyas": 7}, "cdk.json: stages.dev.log_dyas: Extra inputs are not permitted"),
        ({"log_days": 8}, "cdk.json: stages.dev.log_days: Input should be 1, 3, 5"),
        ({"log_days": None}, "cdk.json: stages.dev.log_days: Input should be"),
        ({"firewall_rate": 1}, "cdk.json: stages.dev.firewall_rate: Input should be greater than or equal to 10"),
        ({"account": "12"}, "cdk.json: stages.dev.account: "),
        ({"stream_seconds": 5}, "cdk.json: stages.dev.stream_seconds: "),
        ({"roll_out_minutes": 7}, "cdk.json: stages.dev.roll_out_minutes: Input should be 1, 5, 15, 60, 180 or 360"),
        ({"compact_hours": 5}, "cdk.json: stages.dev.compact_hours: Input should be 1, 2, 3, 4, 6, 8, 12 or 24"),
        ({"alert_emails": ["someone"]}, "cdk.json: stages.dev.alert_emails.0: "),
    ],
)
def test_a_wrong_setting_is_named_with_its_stage(change: dict[str, Any], message: str) -> None:
    dev = {**CONTEXT["stages"]["dev"], **change}
    with pytest.raises(MisconfiguredError) as raised:
        stage_settings({"stages": {"dev": dev}}, "dev")
    assert str(raised.value).startswith(message)
    assert "\n" not in str(raised.value)


def test_a_missing_setting_is_named() -> None:
    dev = {key: value for key, value in CONTEXT["stages"]["dev"].items() if key != "keep_data"}
    with pytest.raises(MisconfiguredError, match=r"stages\.dev\.keep_data: Field required"):
        stage_settings({"stages": {"dev": dev}}, "dev")


def test_an_unknown_stage_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(MisconfiguredError, match=r'no stage "prd".*choose dev or local or prod'):
        stage_settings(CONTEXT, "prd")


def test_a_stages_name_must_fit_into_other_names() -> None:
    with pytest.raises(MisconfiguredError, match=r"stages\.My Stage\.name: "):
        stage_settings({"stages": {"My Stage": CONTEXT["stages"]["dev"]}}, "My Stage")


def test_the_longest_names_fit_what_aws_takes() -> None:
    """64 characters, for streams, functions and schedules."""
    names = Names("s" * 10, "111122223333", "eu-central-1")
    model = "m" * 32
    streams = [names.record_stream(kind, model) for kind in get_args(RecordKind)]
    functions = [names.function(verb, model) for verb in ("predict", "ingest", "compact", "evaluate")]
    assert max(map(len, [*streams, *functions])) == 64
    with pytest.raises(MisconfiguredError, match=r"stages\.s{11}\.name: "):
        stage_settings({"stages": {"s" * 11: CONTEXT["stages"]["dev"]}}, "s" * 11)
