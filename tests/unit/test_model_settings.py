"""model.toml: what is right is read as it says, what is wrong is named."""

import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.adapters.model_folder import load_settings, parse_settings
from functions.domain.contract import Feature
from functions.domain.errors import ModelFolderError
from tests.unit.folders import BINARY, settings_document, write_folder

FEATURE = "[features.amount]"

WRONG = [
    ({"model": {"name": "small"}}, "[model] task: is missing"),
    ({"model": {"name": "Small!", "task": "binary"}}, "[model] name: 'Small!' is no name: use lower-case letters"),
    ({"model": {"name": "a" * 33, "task": "binary"}}, "[model] name"),
    ({"model": {"name": "small", "task": "ranking"}}, "[model] task"),
    ({"model": {"name": "small", "task": "binary", "onwer": "me"}}, "[model] onwer: is unknown: did you mean owner?"),
    ({"features": {}}, "[features]"),
    ({"features": {"x": {"type": "float32", "mim": 1}}}, "[features.x] mim: is unknown: did you mean min?"),
    ({"features": {"x": {"type": "float64"}}}, "[features.x] type"),
    ({"features": {"x": {"type": "float32", "min": "low"}}}, "[features.x] min"),
    ({"features": {"x": {"type": "float32", "min": 2, "max": 1}}}, "[features.x]: min 2 is above max 1: swap"),
    ({"features": {"x": {"type": "float32", "max": 1e39}}}, "[features.x]: min and max of a float32"),
    ({"features": {"x": {"type": "float32", "min": float("nan")}}}, "[features.x] min"),
    ({"features": {"x": {"type": "float32", "size": 0}}}, "[features.x] size"),
    ({"features": {"x": {"type": "int64", "min": 0.5}}}, "[features.x]: min and max of an int64 are whole"),
    ({"features": {"x": {"type": "int64", "nullable": True}}}, "[features.x]: int64 features cannot be null"),
    ({"features": {"x": {"type": "int64", "categories": [1, "a"]}}}, "'a' is not"),
    ({"features": {"x": {"type": "string", "min": 1}}}, "[features.x]: min and max are for numbers"),
    ({"features": {"x": {"type": "string", "categories": []}}}, "[features.x] categories"),
    ({"features": {"x": {"type": "string", "categories": "ab"}}}, "[features.x] categories: must be a list"),
    ({"features": {"x": {"type": "string", "categories": ["a", "b", "a"]}}}, "category 'a' is listed twice"),
    ({"features": {"x": {"type": "float32", "categories": [1]}}}, "categories are for string and int64"),
    ({"features": {" x": {"type": "float32"}}}, "feature ' x'"),
    ({"features": {"a\nb": {"type": "float32"}}}, "feature 'a\\nb'"),
    ({"features": {"late": {"type": "bool"}}}, "'late' is the label and a feature"),
    ({"label": {"name": "late"}}, "needs [label] positive"),
    ({"label": {"name": "late", "positive": 0.5}}, "[label] positive"),
    ({"model": {"name": "small", "task": "regression"}}, "positive is for binary models"),
    ({"train": {}}, "[train]: give one of estimator, onnx, export and external, not none"),
    ({"train": {"estimator": "a:b", "onnx": "m.onnx"}}, "not estimator and onnx"),
    ({"train": {"estimator": "build"}}, "[train] estimator: 'build' is no reference"),
    ({"train": {"estimator": "os.path:join"}}, "[train] estimator"),
    ({"train": {"onnx": "../other/model.onnx"}}, "[train] onnx: must be a file inside"),
    ({"train": {"onnx": "/etc/passwd"}}, "[train] onnx: must be a file inside"),
    ({"train": {"estimator": "a:b", "seed": -1}}, "[train] seed"),
    ({"train": {"estimator": "a:b", "seed": True}}, "[train] seed"),
    ({"train": {"estimator": "a:b", "holdout": 0.9}}, "[train] holdout"),
    ({"train": {"estimator": "a:b", "until": "2013-03-01"}}, "[train] until"),
    ({"guard": {"out_of_range": "ignore"}}, "[guard] out_of_range"),
    ({"guard": {"max_rows": 0}}, "[guard] max_rows"),
    ({"gate": {"parity_tolerance": 0}}, "[gate] parity_tolerance"),
    ({"label": {"name": "late", "positive": True, "matures_after": "6 hours"}}, "is no span of time"),
    ({"alarms": {"no_traffic": "90m"}}, "[alarms] no_traffic: '90m' should be whole hours or days"),
    ({"alarms": {"no_traffic": "8d"}}, "[alarms] no_traffic: '8d' should be"),
    ({"alarms": {"no_labels": "never"}}, "[alarms] no_labels: 'never' should be"),
    ({"alarms": {"no_labels": 3}}, "[alarms] no_labels: 3 should be"),
    ({"alarms": {"latency_ms": 0}}, "[alarms] latency_ms: 0 should be whole milliseconds"),
    ({"alarms": {"latency_ms": True}}, "[alarms] latency_ms: True should be"),
    ({"alarms": {"latency": 1}}, "[alarms] latency: is unknown: did you mean latency_ms?"),
    ({"api": {"max_body": 6_000_000}}, "[api] max_body"),
    ({"api": {"auth": "none"}}, "[api] auth"),
    ({"lambda": {"memory": 64}}, "[lambda] memory"),
    ({"lambda": {"timeout": 30}}, "[lambda] timeout"),
    ({"lambda": {"reserved_concurency": 1}}, "[lambda] reserved_concurency: is unknown: did you mean reserved"),
    ({"approvals": {"mode": "auto"}}, "[approvals]: is unknown"),
    ({"rollout": {"steps": [0.5, 0.1]}}, "steps are rising shares"),
    ({"gate": {"metric": "mae"}}, "[gate] metric: binary models have"),
    ({"train": {"keep_first": "soon"}}, "[train] keep_first"),
    ({"evaluate": {"window": "90m"}}, "window is a whole number of hours or days"),
    ({"evaluate": {"schedule": "5h"}}, "[evaluate] schedule"),
    ({"evaluate": {"metrics": ["r2"]}}, "'r2' is none of them"),
    ({"evaluate": {"metrics": ["f1", "f1"]}}, "'f1' is listed twice"),
    ({"evaluate": {"slices": ["age"]}}, "slices: 'age' is no feature"),
    ({"evaluate": {"slice": ["a"]}}, "did you mean slices?"),
    ({"lambda_": {}}, "[lambda_]: is unknown: did you mean lambda?"),
    ({"model": "flights"}, "[model]"),
]


@pytest.mark.parametrize(("changes", "said"), WRONG, ids=[said for _, said in WRONG])
def test_names_the_key_that_is_wrong_and_says_what_to_do(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ModelFolderError) as raised:
        parse_settings(settings_document(**changes), "model.toml")

    assert said in str(raised.value)
    assert str(raised.value).startswith("model.toml: ")
    assert "pydantic" not in str(raised.value)
    assert "validation error" not in str(raised.value)


def test_names_every_fault_at_once() -> None:
    with pytest.raises(ModelFolderError) as raised:
        parse_settings(settings_document(guard={"max_rows": 0}, api={"auth": "none"}), "model.toml")

    assert "[guard] max_rows" in str(raised.value)
    assert "[api] auth" in str(raised.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[model\nname = 1", "at line 1"),
        ('[model]\nname = "small"\nname = "small"', "Cannot overwrite a value"),
        ("a = " + "[" * 2_000 + "]" * 2_000, "cannot be read as TOML"),
        (BINARY.replace('"small"', '"another"'), "the folder is 'small'"),
    ],
    ids=["unclosed table", "key twice", "deep nesting", "another name than the folder's"],
)
def test_names_the_file_that_is_no_model_toml(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ModelFolderError, match=r"model\.toml") as raised:
        load_settings(write_folder(tmp_path, text))

    assert said in str(raised.value)


def test_says_so_when_model_toml_is_not_text(tmp_path: Path) -> None:
    folder = write_folder(tmp_path)
    (folder / "model.toml").write_bytes(b"\xff\xfe\x00[model]")

    with pytest.raises(ModelFolderError, match="cannot be read as TOML"):
        load_settings(folder)


def test_tells_how_to_make_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ModelFolderError, match="trimtab new churn"):
        load_settings(tmp_path / "churn")


def said_of(document: Mapping[str, Any]) -> str:
    """The error's text; anything but our own error passes through."""
    try:
        parse_settings(document, "model.toml")
    except ModelFolderError as error:
        return str(error)
    return "fine"


toml_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.datetimes(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(
    table=st.sampled_from(["model", "features", "label", "train", "guard", "gate", "api", "lambda"]), value=toml_values
)
def test_no_value_whatever_gives_anything_but_settings_or_our_error(table: str, value: Any) -> None:
    assert said_of(settings_document(**{table: value})).startswith(("model.toml: ", "fine"))


@given(key=st.sampled_from(["type", "size", "min", "max", "categories", "nullable", "unit"]), value=toml_values)
def test_no_feature_whatever_gives_anything_but_a_feature_or_our_error(key: str, value: Any) -> None:
    said = said_of(settings_document(features={"x": {"type": "float32", key: value}}))

    assert said == "fine" or said.startswith("model.toml: [features.x]")


def test_features_reach_the_contract_in_their_order() -> None:
    document = tomllib.loads("""
        model = {name = "small", task = "multiclass"}
        label = {name = "kind"}
        train = {onnx = "model.onnx"}
        [features]
        zebra = {type = "int64", min = 0, max = 10}
        "mean radius" = {type = "float32", min = 0.5, nullable = true}
        pixels = {type = "float32", size = 784}
        colour = {type = "string", categories = ["red", "blue"]}
        """)

    assert parse_settings(document, "model.toml").contract_features == (
        Feature("zebra", "int64", min=0, max=10),
        Feature("mean radius", "float32", min=0.5, nullable=True),
        Feature("pixels", "float32", size=784),
        Feature("colour", "string", categories=("red", "blue")),
    )


@pytest.mark.parametrize(
    "until", ["2013-03-01", "2013-03-01T00:00:00Z", "2013-03-01T00:00:00", "2013-02-28T19:00:00-05:00"]
)
def test_until_is_a_moment_in_utc(until: str) -> None:
    train = tomllib.loads(f'estimator = "estimator:build"\nuntil = {until}')

    assert parse_settings(settings_document(train=train), "model.toml").train.end == datetime(2013, 3, 1, tzinfo=UTC)
