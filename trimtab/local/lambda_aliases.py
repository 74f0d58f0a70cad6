"""Lambda aliases: they point to versions that exist, weigh at most two, and change only by their current revision."""

import random
import re
from collections.abc import Mapping
from typing import Any

from trimtab.local.lambda_errors import conflict, invalid, not_found, stale_revision
from trimtab.local.lambda_records import LATEST, Function, new_revision

ALIAS_NAME = re.compile(r"^(?!^[0-9]+$)[A-Za-z0-9_-]{1,128}$")
Alias = dict[str, Any]


def create_alias(function: Function, asked: Mapping[str, Any]) -> Alias:
    """A new alias. The caller saves the function."""
    name = asked["Name"]
    if not ALIAS_NAME.match(name):
        raise invalid(f"1 validation error detected: Value '{name}' at 'name' is no alias name")
    arn = f"{function.latest['FunctionArn']}:{name}"
    if name in function.aliases:
        raise conflict(f"Alias already exists: {arn}")
    alias = {"AliasArn": arn, "Name": name, "Description": ""}
    return _set(function, alias, {"RoutingConfig": None, **asked})


def update_alias(function: Function, asked: Mapping[str, Any]) -> Alias:
    """Point an alias elsewhere; what isn't named stays, an empty RoutingConfig ends the split."""
    alias = get_alias(function, asked["Name"])
    if asked.get("RevisionId") and asked["RevisionId"] != alias["RevisionId"]:
        raise stale_revision("GetFunction/GetAlias")
    return _set(function, dict(alias), asked)


def get_alias(function: Function, name: str) -> Alias:
    """Raises LambdaError (ResourceNotFoundException)."""
    if name not in function.aliases:
        raise not_found(f"Cannot find alias arn: {function.latest['FunctionArn']}:{name}")
    return function.aliases[name]


def version_for_call(function: Function, qualifier: str | None, draw: random.Random) -> str:
    """The version that a call to this qualifier runs; an alias with weights draws one of two."""
    alias = function.aliases.get(qualifier or LATEST)
    if alias is None:
        return str(function.configuration(qualifier)["Version"])
    for version, weight in alias["_weights"].items():
        if draw.random() < weight:
            return str(version)
    return str(alias["FunctionVersion"])


def splits(function: Function, qualifier: str | None) -> bool:
    """Whether the qualifier is an alias that splits its calls between two versions."""
    alias = function.aliases.get(qualifier or LATEST)
    return alias is not None and bool(alias["_weights"])


def _set(function: Function, alias: Alias, asked: Mapping[str, Any]) -> Alias:
    if asked.get("Description") is not None:
        alias["Description"] = asked["Description"]
    if asked.get("FunctionVersion") is not None:
        alias["FunctionVersion"] = asked["FunctionVersion"]
    if "FunctionVersion" not in alias:
        raise invalid("FunctionVersion is missing")
    if "RoutingConfig" in asked:
        alias["_weights"] = dict((asked["RoutingConfig"] or {}).get("AdditionalVersionWeights") or {})
    _check_target(function, alias["FunctionVersion"], alias["_weights"])
    alias.pop("RoutingConfig", None)
    if alias["_weights"]:
        alias["RoutingConfig"] = {"AdditionalVersionWeights": alias["_weights"]}
    alias["RevisionId"] = new_revision()
    function.aliases[alias["Name"]] = alias
    return alias


def _check_target(function: Function, version: str, weights: Mapping[str, float]) -> None:
    for number in (version, *weights):
        if number != LATEST and number not in function.versions:
            raise not_found(f"Function not found: {function.latest['FunctionArn']}:{number}")
    if not weights:
        return
    if len(weights) > 1:
        raise invalid("An alias splits traffic between two versions at most: give one additional version")
    other, weight = next(iter(weights.items()))
    if LATEST in (version, other):
        raise invalid("$LATEST is not supported for an alias that has a routing configuration")
    if other == version:
        raise invalid(f"Version {other} is the alias's own version and its additional version: give two")
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0.0 <= weight <= 1.0:
        raise invalid(f"Value '{weight}' at 'routingConfig' must be a weight between 0.0 and 1.0")
    if function.versions[version]["Role"] != function.versions[other]["Role"]:
        raise invalid("Both versions of an alias must have the same execution role")
