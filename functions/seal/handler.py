"""Seals the head of a stage's audit chain: by schedule, once an hour."""

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from functions.adapters.registry_table import RegistryTable, registry_client
from functions.adapters.sealed_heads import SealedHeads, sealing_client
from functions.seal.request import SealRequest
from functions.seal.seal import Tools, seal
from functions.seal.settings import Settings


@cache
def build() -> Tools:
    settings = Settings.from_environment(os.environ)
    store = RegistryTable(registry_client(), settings.registry_table)
    return Tools(store, SealedHeads(sealing_client(), settings.audit_bucket), settings.stage)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Whatever goes wrong raises, so that Lambda runs the event again and the alarm sees it."""
    return seal(SealRequest.from_event(event), build())
