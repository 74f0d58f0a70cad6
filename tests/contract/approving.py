"""A model whose versions people must approve, and the identities that these people may come with."""

from dataclasses import replace

from functions.adapters.approval_registry import ApprovalRegistry
from functions.adapters.monitoring_registry import MonitoringRegistry
from functions.adapters.registry import Registry
from functions.adapters.registry_store import Store
from functions.domain.approval import ApprovalConfig, Mode
from functions.domain.caller import Caller, caller_of
from tests.functions.roll_out.around import settings_of
from tests.functions.roll_out.trained import trained

MODEL, MADE = "flights", "2013-03-01T00:00:00Z"
_IAM, _STS = "arn:aws:iam::123456789012:", "arn:aws:sts::123456789012:assumed-role/"

# Whom each identity belongs to in truth; nobody knows whose the last ones are.
IDENTITIES = {
    f"{_IAM}user/ann": "ann",
    f"{_IAM}user/staff/Ann@example.com": "ann",
    f"{_STS}trimtab-prod-approver/ann": "ann",
    f"{_IAM}user/bob": "bob",
    f"{_IAM}user/BOB": "bob",
    f"{_STS}trimtab-prod-approver/bob": "bob",
    f"{_STS}trimtab-prod-approver-flights/b.o.b": "bob",
    f"{_STS}AWSReservedSSO_Approver_0123456789abcdef/Bob@example.com": "bob",
    f"{_STS}AWSReservedSSO_Admin_0123456789abcdef/bob+2@example.com": "bob",
    f"{_IAM}user/carol": "carol",
    f"{_STS}AWSReservedSSO_Approver_0123456789abcdef/carol@example.com": "carol",
    f"{_STS}admin/carol": None,
    f"{_STS}admin/dan": None,
    "arn:aws:sts::123456789012:federated-user/dan": None,
}


def who(name: str) -> Caller:
    return caller_of(f"{_IAM}user/{name}")


def at_once(_: float) -> None:
    """Retries wait for nothing."""


def approvals_in(store: Store, mode: Mode, expires_s: int = 2_592_000) -> ApprovalRegistry:
    """Version 1 of the model, by ann, waits for its approvals."""
    config = replace(settings_of(MODEL), approval=ApprovalConfig(mode, expires_s))
    MonitoringRegistry(store).configure(config, "a deployment", MADE)
    Registry(store, at_once).register(trained(1), "ann", MADE, "ann")
    return ApprovalRegistry(store, at_once)
