"""What each function asks of AWS, as its role: kept so that what its role grants can be held against what it uses.

Counted are distinct rights, with how often each was needed, in `role_calls.json` of the state folder; where
TRIMTAB_ROLE_CALLS names a folder, also there, in a file for each local cloud. `python -m tests.rights` compares.
"""

import json
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from uuid import uuid4

from functions.domain.errors import MisconfiguredError
from trimtab.local.aws_call import CREDENTIAL, signing_service
from trimtab.local.credentials import Credentials, Key
from trimtab.local.http_message import Request
from trimtab.local.iam_actions import LambdaCall, Needed, Place, needed_for

OF_ROLES = "ASIA"  # how ids of a role's keys begin
FILE, GATHERED = "role_calls.json", "TRIMTAB_ROLE_CALLS"
Roles = Callable[[], Iterable[tuple[str, str]]]  # each function's name and its role's ARN
Policies = Callable[[str], list[Any]]  # a role's policies, as documents
KeyPolicies = Callable[[], dict[str, Any]]  # the policy of each key of KMS


class RoleCalls:
    """`note` is told of every call after its answer. The file is written when a right is needed that was not before."""

    def __init__(
        self, folder: Path, credentials: Credentials, place: Place, roles: Roles, policies: Policies, keys: KeyPolicies
    ) -> None:
        self._files = [folder / FILE]
        if gathered := os.environ.get(GATHERED):
            Path(gathered).mkdir(parents=True, exist_ok=True)
            self._files.append(Path(gathered) / f"{uuid4().hex}.json")
        self._credentials, self._place, self._roles, self._policies = credentials, place, roles, policies
        self._keys = keys
        self._counts: Counter[tuple[str, Needed]] = Counter()
        self._unknown: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    def note(self, request: Request, status: int, lambda_call: LambdaCall | None) -> None:
        """Count a call that a function signed; others are nobody's here."""
        key = self._signer(request)
        if key is None or not key.role or key.expires is not None:
            return
        function = key.principal.rpartition("/")[2]
        try:
            needed = needed_for(request, status, self._place, lambda_call)
        except (MisconfiguredError, KeyError, TypeError, AttributeError) as error:
            told = (function, f"{signing_service(request)}: {error}")
            with self._lock:
                fresh = told not in self._unknown
                self._unknown.add(told)
            if fresh:
                self.keep()
            return
        with self._lock:
            fresh = any((function, one) not in self._counts for one in needed)
            self._counts.update((function, one) for one in needed)
        if fresh:
            self.keep()

    def shown(self) -> dict[str, Any]:
        """Each function's role, policies and calls; keys' policies; calls whose right is not known, by function."""
        with self._lock:
            counts, unknown = dict(self._counts), sorted(self._unknown)
        functions: dict[str, Any] = {
            name: {"role": role, "policies": self._policies(role), "calls": []} for name, role in self._roles()
        }
        for (name, one), count in sorted(counts.items(), key=lambda entry: (entry[0][0], entry[0][1].action)):
            call = {"action": one.action, "resource": one.resource, "partitions": one.partitions}
            if name in functions:
                functions[name]["calls"].append({**call, "demanded": one.demanded, "count": count})
        return {"v": 1, "functions": functions, "keys": self._keys(), "unknown": [list(pair) for pair in unknown]}

    def keep(self) -> None:
        """Write what is known now."""
        text = json.dumps(self.shown(), indent=1)
        for file in self._files:
            scratch = file.with_name(f"{file.name}.{threading.get_ident()}")
            scratch.write_text(text, encoding="utf-8")
            scratch.replace(file)

    def _signer(self, request: Request) -> Key | None:
        """Whose key signed, in the header or in a presigned URL."""
        match = CREDENTIAL.search(request.header("authorization") or "")
        if match is None and "X-Amz-Credential=" in request.query:
            scope = request.query.partition("X-Amz-Credential=")[2].partition("&")[0].replace("%2F", "/")
            match = CREDENTIAL.search(f"Credential={scope}")
        return self._credentials.find(match[1]) if match and match[1].startswith(OF_ROLES) else None
