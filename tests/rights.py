"""Rights that functions' roles grant, held against those that the functions used while the flow tests ran.

    python -m tests.rights [FOLDER]

FOLDER holds what the tests' local clouds saw (trimtab/local/role_calls.py), `.build/role-calls` by default; the flow
tests fill it. Nothing may be granted that is never used, nothing used that is not granted, and nothing granted on `*`.
What has to be so all the same stands in tests/rights.toml with its reason; a reason that nothing needs is an error too.
"""

import json
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from trimtab.local.iam_pattern import matches
from trimtab.local.iam_policy import Asked, judge, read_policy, several

ROOT = Path(__file__).parents[1]
RECORDS = ROOT / ".build" / "role-calls"
VERSION = {"Version": "2012-10-17"}
EXCUSES = Path(__file__).with_suffix(".toml")
OURS = "trimtab-local-"  # how all functions of the local stage are called


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """A function's right to one action on one pattern of resources; models' names are `{model}`."""

    function: str
    action: str
    resource: str

    def __str__(self) -> str:
        return f"{self.function}: {self.action} on {self.resource}"


@dataclass(frozen=True, slots=True)
class Excuse:
    """Why grants of these functions, actions and resources (shell patterns) may be unused, or on every resource."""

    kind: str
    functions: tuple[str, ...]
    actions: tuple[str, ...]
    resource: str
    reason: str

    def covers(self, grant: Grant) -> bool:
        return (
            any(fnmatchcase(grant.function, one) for one in self.functions)
            and grant.action in self.actions
            and (self.resource == "*" or self.resource in grant.resource)
        )

    def __str__(self) -> str:
        return f"[[{self.kind}]] {', '.join(self.actions)} of {', '.join(self.functions)}"


@dataclass(frozen=True, slots=True)
class Rights:
    """A role with its policies, and the keys' policies, in which a role may be named."""

    role: str
    policies: Sequence[Mapping[str, Any]]
    keys: Mapping[str, Mapping[str, Any]]

    def granted(self) -> Iterator[tuple[str, str]]:
        """Each action with each pattern of resources that it is allowed on."""
        for document in self.policies:
            for statement in _statements(document):
                if statement["Effect"] == "Allow":
                    for action in several(statement["Action"]):
                        yield from ((action, resource) for resource in several(statement["Resource"]))
        for key, document in self.keys.items():
            for statement in _statements(document):
                if statement["Effect"] == "Allow" and _names(statement, self.role):
                    yield from ((action, key) for action in several(statement["Action"]))

    def allow(self, call: Mapping[str, Any]) -> bool:
        """Whether a call is allowed: of a key by the key's own policy, which may leave it to those of the account."""
        partitions = {"dynamodb:leadingkeys": tuple(call["partitions"])}
        asked = Asked(call["action"], call["resource"], {**partitions, "aws:principalarn": (self.role,)})
        own = judge([read_policy(document) for document in self.policies], asked)
        if call["resource"] not in self.keys:
            return own == "allowed"
        statements = list(_statements(self.keys[call["resource"]]))
        account = f"arn:aws:iam::{self.role.split(':')[4]}:root"
        about = [one for one in statements if any(_names(one, principal) for principal in (self.role, account, "*"))]
        named = [one for one in about if one["Effect"] == "Deny" or _names(one, self.role)]
        by_key, directly = (judge([read_policy({**VERSION, "Statement": part})], asked) for part in (about, named))
        return by_key == "allowed" and own != "denied" and "allowed" in (own, directly)


@dataclass
class Seen:
    """What all records together say."""

    granted: set[Grant] = field(default_factory=set)
    used: set[Grant] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)
    functions: set[str] = field(default_factory=set)
    calls: int = 0

    def take(self, record: Mapping[str, Any], verbs: Sequence[str]) -> None:
        """Add one local cloud's record. Functions of a test's own template are none of ours."""
        self.unknown |= {f"{name}: {why}" for name, why in record["unknown"] if name.startswith(OURS)}
        for name, function in record["functions"].items():
            if not name.startswith(OURS):
                continue
            verb, model = verb_of(name, verbs)
            self.functions.add(verb)
            rights = Rights(function["role"], function["policies"], record["keys"])
            generic = {pair: Grant(verb, pair[0], _generic(pair[1], model)) for pair in rights.granted()}
            self.granted |= set(generic.values())
            for call in function["calls"]:
                self.calls += call["count"]
                self.used |= {grant for pair, grant in generic.items() if _is_used_by(pair, call)}
                if call["demanded"] and not rights.allow(call):
                    of = f" of {', '.join(call['partitions'])}" if call["partitions"] else ""
                    self.refused.add(f"{verb}: {call['action']} on {_generic(call['resource'], model)}{of}")


def findings(seen: Seen, excuses: Sequence[Excuse], verbs: Sequence[str]) -> list[str]:
    """What is wrong, in words; empty when granted is used and used is granted."""
    silent = [f"{verb}: no record of it: run the flow tests first" for verb in verbs if verb not in seen.functions]
    unused, everywhere = seen.granted - seen.used, {grant for grant in seen.granted if grant.resource == "*"}
    return [
        *silent,
        *(f"{one}" for one in sorted(seen.unknown)),
        *(f"{one}: used, and not granted" for one in sorted(seen.refused)),
        *(f"{one}: a right to more than one action" for one in sorted(seen.granted) if "*" in one.action),
        *(f"{one}: granted, and never used" for one in _unexcused(unused, "unused", excuses)),
        *(f"{one}: granted on all there is" for one in _unexcused(everywhere, "everywhere", excuses)),
        *(f"{one}: nothing needs this reason any more" for one in excuses if not _is_needed(one, unused, everywhere)),
    ]


def _unexcused(grants: Iterable[Grant], kind: str, excuses: Sequence[Excuse]) -> list[Grant]:
    reasons = [excuse for excuse in excuses if excuse.kind == kind]
    return sorted(grant for grant in grants if not any(excuse.covers(grant) for excuse in reasons))


def _is_needed(excuse: Excuse, unused: set[Grant], everywhere: set[Grant]) -> bool:
    return any(excuse.covers(grant) for grant in (unused if excuse.kind == "unused" else everywhere))


def verb_of(name: str, verbs: Sequence[str]) -> tuple[str, str | None]:
    """A function's folder and its model, from its name: `trimtab-local-roll-out`, `trimtab-local-predict-flights`."""
    rest = name.split("-", 2)[2]
    for verb in sorted(verbs, key=len, reverse=True):
        spelt = verb.replace("_", "-")
        if rest == spelt or rest.startswith(f"{spelt}-"):
            return verb, rest.removeprefix(spelt).removeprefix("-") or None
    raise ValueError(f"{name} is no function of functions/")


def _statements(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    statements = document["Statement"]
    return [statements] if isinstance(statements, Mapping) else list(statements)


def _names(statement: Mapping[str, Any], principal: str) -> bool:
    """Whether a key's statement is about a principal, by its ARN or `*`."""
    named = statement["Principal"]
    return principal in several(named if isinstance(named, str) else named.get("AWS", ()))


def read_excuses(path: Path) -> list[Excuse]:
    """The exceptions, each of which has a reason."""
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    if unknown := document.keys() - {"unused", "everywhere"}:
        raise ValueError(f"{path}: {', '.join(unknown)} is no kind of exception")
    return [
        Excuse(kind, tuple(entry["functions"]), tuple(entry["actions"]), entry.get("resource", "*"), entry["reason"])
        for kind, entries in document.items()
        for entry in entries
    ]


def function_folders() -> list[str]:
    """The functions that there are."""
    return sorted(path.parent.name for path in (ROOT / "functions").glob("*/handler.py"))


def _is_used_by(pair: tuple[str, str], call: Mapping[str, Any]) -> bool:
    action, resource = pair
    return matches(action.lower(), call["action"].lower()) and matches(resource, call["resource"])


def _generic(resource: str, model: str | None) -> str:
    """The same for every model and in every cloud: a key's id is another each time."""
    resource = re.sub(r":key/[0-9a-f-]{36}", ":key/{id}", resource)
    return resource if model is None else resource.replace(model, "{model}")


def main(folder: Path) -> int:
    """Print what is wrong; 1 where anything is."""
    seen, verbs = Seen(), function_folders()
    for path in sorted(folder.glob("*.json")):
        seen.take(json.loads(path.read_text(encoding="utf-8")), verbs)
    wrong = findings(seen, read_excuses(EXCUSES), verbs)
    print(
        f"{len(seen.functions)} functions made {seen.calls:,} calls; of {len(seen.granted)} rights that they have "
        f"{len(seen.granted & seen.used)} were used"
    )
    for line in wrong:
        print(f"  {line}")
    print(f"{len(wrong)} findings" if wrong else "granted is what is used, and used what is granted")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else RECORDS))
