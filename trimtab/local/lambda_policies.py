"""Who may invoke a function: its resource policy, one for each qualifier."""

import fnmatch
import json
from collections.abc import Mapping
from typing import Any

from trimtab.local.lambda_errors import conflict, invalid, not_found, stale_revision
from trimtab.local.lambda_records import LATEST, Function, new_revision

Statement = dict[str, Any]


def add_permission(function: Function, qualifier: str | None, asked: Mapping[str, Any]) -> Statement:
    """A statement for a qualifier that exists. The caller saves the function."""
    function.configuration(qualifier)
    key = qualifier or LATEST
    policy = function.policies.setdefault(key, {"RevisionId": new_revision(), "Statement": []})
    _check_revision(policy, asked)
    if any(statement["Sid"] == asked["StatementId"] for statement in policy["Statement"]):
        raise conflict(f"The statement id ({asked['StatementId']}) provided already exists. Please provide a new one.")
    principal = asked["Principal"]
    who: Any = {"Service": principal} if "." in principal else {"AWS": principal}
    suffix = f":{qualifier}" if qualifier and qualifier != LATEST else ""
    statement = {
        "Sid": asked["StatementId"],
        "Effect": "Allow",
        "Principal": "*" if principal == "*" else who,
        "Action": asked["Action"],
        "Resource": function.latest["FunctionArn"] + suffix,
        **_condition(asked),
    }
    policy["Statement"].append(statement)
    policy["RevisionId"] = new_revision()
    return statement


def remove_permission(function: Function, qualifier: str | None, asked: Mapping[str, Any]) -> None:
    """Take a statement away. The caller saves the function."""
    policy = function.policies.get(qualifier or LATEST, {"RevisionId": "", "Statement": []})
    kept = [statement for statement in policy["Statement"] if statement["Sid"] != asked["StatementId"]]
    if len(kept) == len(policy["Statement"]):
        raise not_found(f"Statement {asked['StatementId']} is not found in resource policy.")
    _check_revision(policy, asked)
    policy |= {"Statement": kept, "RevisionId": new_revision()}


def get_policy(function: Function, qualifier: str | None) -> dict[str, str]:
    """The policy as the API shows it. Raises LambdaError when there is none."""
    policy = function.policies.get(qualifier or LATEST)
    if not policy or not policy["Statement"]:
        raise not_found("The resource you requested does not exist.")
    document = {"Version": "2012-10-17", "Id": "default", "Statement": policy["Statement"]}
    return {"Policy": json.dumps(document), "RevisionId": policy["RevisionId"]}


def service_may_invoke(function: Function, qualifier: str | None, service: str, source_arn: str) -> bool:
    """Whether an AWS service may invoke this qualifier on behalf of `source_arn`."""
    policy = function.policies.get(qualifier or LATEST, {"Statement": []})
    for statement in policy["Statement"]:
        principal = statement["Principal"]
        named = principal == "*" or principal == {"Service": service}
        pattern = statement.get("Condition", {}).get("ArnLike", {}).get("AWS:SourceArn", "*")
        invokes = statement["Action"] in ("lambda:InvokeFunction", "lambda:*")
        if named and invokes and fnmatch.fnmatchcase(source_arn, pattern.replace("[", "[[]")):
            return True
    return False


def _condition(asked: Mapping[str, Any]) -> dict[str, Any]:
    condition: dict[str, Any] = {}
    if asked.get("SourceArn"):
        condition["ArnLike"] = {"AWS:SourceArn": asked["SourceArn"]}
    if asked.get("SourceAccount"):
        condition["StringEquals"] = {"AWS:SourceAccount": asked["SourceAccount"]}
    if asked.get("EventSourceToken") or asked.get("FunctionUrlAuthType"):
        raise invalid("the local cloud knows SourceArn and SourceAccount as conditions of a permission, no others")
    return {"Condition": condition} if condition else {}


def _check_revision(policy: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
    if asked.get("RevisionId") and asked["RevisionId"] != policy["RevisionId"]:
        raise stale_revision("GetPolicy")
