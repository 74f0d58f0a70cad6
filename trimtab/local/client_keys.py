"""API keys and usage plans, as they stand in moto: whoever adds a client there reaches the gateway with it."""

from dataclasses import dataclass
from typing import Any

from trimtab.local.journal import Journal
from trimtab.local.moto_app import Moto
from trimtab.local.routes import Limits


@dataclass(frozen=True, slots=True)
class Client:
    """A key that opens an API's stage, and what its usage plan allows. `method_limits` is by `/path/METHOD`."""

    key_id: str
    plan_id: str
    limits: Limits
    method_limits: dict[str, Limits]
    quota: int | None
    period: str


class ClientKeys:
    """`find` is asked for every request: what it knows is kept until any AWS call changes something."""

    def __init__(self, moto: Moto, journal: Journal, account: str, region: str) -> None:
        self._moto, self._journal, self._account, self._region = moto, journal, account, region
        self._known: dict[tuple[str, str, str], Client | None] = {}
        self._as_of = -1

    def find(self, value: str, api: str, stage: str) -> Client | None:
        """The client with this key, if the key is enabled and in a usage plan of this stage."""
        if self._as_of != self._journal.position:
            self._known, self._as_of = {}, self._journal.position
        place = (value, api, stage)
        if place not in self._known:
            with self._moto.lock:
                client = self._look_up(*place)
            if len(self._known) > 10_000:
                self._known = {}
            self._known[place] = client
        return self._known[place]

    def _look_up(self, value: str, api: str, stage: str) -> Client | None:
        backend = self._moto.backend("apigateway", self._account, self._region)
        key = next((key for key in backend.keys.values() if key.value == value), None)
        if key is None or not _is_on(key.enabled):
            return None
        for plan_id, plan in backend.usage_plans.items():
            if key.id not in backend.usage_plan_keys.get(plan_id, {}):
                continue
            for stage_of_plan in plan.api_stages:
                if (stage_of_plan["apiId"], stage_of_plan["stage"]) == (api, stage):
                    return _client(key.id, plan_id, plan, stage_of_plan)
        return None


def _client(key_id: str, plan_id: str, plan: Any, stage: dict[str, Any]) -> Client:
    quota = plan.quota or {}
    return Client(
        key_id=key_id,
        plan_id=plan_id,
        limits=_limits(plan.throttle or {}),
        method_limits={path: _limits(limits) for path, limits in (stage.get("throttle") or {}).items()},
        quota=int(quota["limit"]) if "limit" in quota else None,
        period=quota.get("period", "DAY"),
    )


def _limits(throttle: dict[str, Any]) -> Limits:
    rate, burst = throttle.get("rateLimit"), throttle.get("burstLimit")
    return Limits(None if rate is None else float(rate), None if burst is None else int(burst))


def _is_on(enabled: Any) -> bool:
    return str(enabled).lower() == "true"
