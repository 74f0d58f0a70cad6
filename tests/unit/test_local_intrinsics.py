"""CloudFormation's expressions as the local cloud evaluates them."""

from typing import Any

import pytest

from functions.domain.errors import MisconfiguredError
from trimtab.local.assembly import StackTemplate
from trimtab.local.intrinsics import NO_VALUE, Scope, dependencies


def scope(**more: Any) -> Scope:
    resources = {"Bucket": "data-bucket", "Api": "abc123"}
    attributes = {("Bucket", "Arn"): "arn:aws:s3:::data-bucket"}
    given: dict[str, Any] = {
        "stack": "s",
        "pseudo": {"AWS::Region": "us-east-1", "AWS::Partition": "aws"},
        "parameters": {"Size": {"Type": "Number", "Default": 3}, "None": {"Type": "String"},
                       "Stored": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/a"}},
        "mappings": {"M": {"us-east-1": {"k": "v"}}},
        "conditions": {
            "Yes": {"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]},
            "No": {"Fn::Not": [{"Condition": "Yes"}]},
            "Both": {"Fn::And": [{"Condition": "Yes"}, {"Condition": "No"}]},
            "Either": {"Fn::Or": [{"Condition": "Yes"}, {"Condition": "No"}]},
        },
        "ref": lambda name: resources[name],
        "attribute": lambda name, attribute: attributes[name, attribute],
        "imported": lambda name: f"imported {name}",
        "parameter_store": lambda name: f"stored {name}",
        "rewrite": lambda text: "http://local" if text == "https://abc123.execute-api/x" else text,
        **more,
    }  # fmt: skip
    return Scope(**given)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("plain", "plain"),
        (7, 7),
        ({"Ref": "Bucket"}, "data-bucket"),
        ({"Ref": "AWS::Region"}, "us-east-1"),
        ({"Ref": "Size"}, 3),
        ({"Ref": "Stored"}, "stored /a"),
        ({"Fn::GetAtt": ["Bucket", "Arn"]}, "arn:aws:s3:::data-bucket"),
        ({"Fn::GetAtt": "Bucket.Arn"}, "arn:aws:s3:::data-bucket"),
        ({"Fn::Join": ["-", ["a", {"Ref": "Bucket"}]]}, "a-data-bucket"),
        ({"Fn::Select": ["1", {"Fn::Split": [",", "a,b,c"]}]}, "b"),
        ({"Fn::Sub": "${Bucket}/${AWS::Region}/${Bucket.Arn}/${!Literal}"},
         "data-bucket/us-east-1/arn:aws:s3:::data-bucket/${Literal}"),
        ({"Fn::Sub": ["${X}-${Bucket}", {"X": {"Ref": "Size"}}]}, "3-data-bucket"),
        ({"Fn::If": ["Yes", "a", "b"]}, "a"),
        ({"Fn::If": ["Both", "a", {"Ref": "Bucket"}]}, "data-bucket"),
        ({"Fn::If": ["Either", "a", "b"]}, "a"),
        ({"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "k"]}, "v"),
        ({"Fn::ImportValue": {"Fn::Sub": "x-${Bucket}"}}, "imported x-data-bucket"),
        ({"Fn::Base64": "hi"}, "aGk="),
        ({"Fn::Join": ["", ["https://", {"Ref": "Api"}, ".execute-api/x"]]}, "http://local"),
        ("{{resolve:ssm:/p:1}}", "stored /p"),
        ({"A": {"Ref": "AWS::NoValue"}, "B": [1, {"Ref": "AWS::NoValue"}, 2]}, {"B": [1, 2]}),
        ({"A": {"Fn::If": ["No", "a", {"Ref": "AWS::NoValue"}]}}, {}),
    ],
)  # fmt: skip
def test_expressions_are_evaluated(expression: Any, expected: Any) -> None:
    assert scope().evaluate(expression) == expected


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ({"Ref": "Nothing"}, "Nothing"),
        ({"Ref": "None"}, "has no default"),
        ({"Fn::GetAtt": ["Bucket", "Colour"]}, "Bucket.Colour"),
        ({"Fn::Cidr": ["10.0.0.0/8", 1]}, "Fn::Cidr"),
        ({"Fn::If": ["Maybe", 1, 2]}, "Maybe"),
        ({"Fn::FindInMap": ["M", "eu", "k"]}, "M/eu/k"),
        ("{{resolve:secretsmanager:x}}", "secretsmanager"),
    ],
)
def test_what_is_not_known_is_an_error_that_names_it(expression: Any, said: str) -> None:
    with pytest.raises(MisconfiguredError, match=said):
        scope().evaluate(expression)


def test_no_value_alone_stays_no_value() -> None:
    assert scope().evaluate({"Ref": "AWS::NoValue"}) is NO_VALUE


def test_a_resource_depends_on_what_its_expressions_name() -> None:
    resource = {
        "DependsOn": "A",
        "Properties": {"x": [{"Ref": "B"}], "y": {"Fn::Sub": "${C.Arn} ${!D} ${E}"}, "z": {"Fn::GetAtt": ["F", "Arn"]}},
    }
    assert dependencies(resource, frozenset("ABCDEF")) == set("ABCEF")


def test_resources_come_after_what_they_depend_on() -> None:
    resources = {
        "Late": {"Type": "T", "Properties": {"x": {"Ref": "Early"}}},
        "Early": {"Type": "T", "DependsOn": ["First"]},
        "First": {"Type": "T"},
    }
    assert StackTemplate("s", {"Resources": resources}).in_order() == ["First", "Early", "Late"]


def test_resources_that_depend_on_each_other_are_an_error() -> None:
    resources = {"A": {"Type": "T", "DependsOn": "B"}, "B": {"Type": "T", "DependsOn": "A"}}
    with pytest.raises(MisconfiguredError, match="depend on each other"):
        StackTemplate("s", {"Resources": resources}).in_order()
