"""What served a request, as the management API tells it, and in words."""

from collections.abc import Iterator
from typing import Any

from functions.domain.errors import NotFoundError
from trimtab.management import Management, part
from trimtab.stage import Stage

Document = dict[str, Any]


def explained(stage: Stage, request: str, model: str | None, at: str | None) -> Document:
    """The explanation of a request to a model, or to whichever model of the stage had it.

    Raises:
        NotFoundError: no model's log has it.
        InvalidRequestError: the id does not tell when it was made.
    """
    api = Management(stage)
    if model is not None:
        return api.get(f"/requests/{part(model)}/{part(request)}", at=at)
    models = [one["model"] for one in api.pages("/models")]
    for name in models:
        try:
            return api.get(f"/requests/{part(name)}/{part(request)}", at=at)
        except NotFoundError:
            continue
    raise NotFoundError(f"no log of {', '.join(models) or 'any model'} has the request {request}")


def lines(found: Document) -> Iterator[tuple[str, str]]:
    """What is told, a line for each thing."""
    served, release, rollout, version = (found[name] for name in ("served", "release", "rollout", "version"))
    latency = "" if served["latency_us"] is None else f", answered in {served['latency_us'] / 1000:.1f} ms"
    yield "request", f"{found['request']} to {found['model']}, {served['time']}"
    yield (
        "asked by",
        f"{served['client'] or 'nobody that is known'} ({served['source']}), {served['rows']} rows{latency}",
    )
    yield "found in", served["where"]
    if release is not None:
        yield (
            "release",
            f"{release['number']}: version {release['model_version']} with code {release['code_digest'][:12]}",
        )
        yield "published", f"{release['published_at']}, {release['state']}, last live {release['live_at'] or 'never'}"
    if rollout is not None:
        share = "none that is known" if rollout["share"] is None else f"{rollout['share']:.0%}"
        yield "rollout", f"{rollout['number']} by {rollout['actor']} ({rollout['cause']}); its share then: {share}"
    if version is None:
        yield "version", f"{served['version']}: the registry has none of that name"
        return
    yield (
        "version",
        f"{version['version']}, {version['state']}, registered {version['registered_at']} by "
        + str(version["registered_by"]),
    )
    yield "artifact", version["artifact_sha256"]
    yield from _learning(version)
    for approval in version["approvals"]:
        yield "approved", f"by {approval['by']}, {approval['time']}: {approval['comment'] or 'no comment'}"
    for act in version["acts"] or ():
        yield f"entry {act['number']}", f"{act['time']} {act['action']} by {act['actor']}"


def _learning(version: Document) -> Iterator[tuple[str, str]]:
    data, gate, training = version["trained_on"], version["gate"], version["made_by"]["training"]
    if data is None:
        yield "trained on", "nothing that is known: it came ready-made"
    else:
        for name in ("fit", "holdout"):
            if data[name]:
                yield name, ", ".join(f"{key} {value}" for key, value in data[name].items())
        yield "data", f"snapshot {data['snapshot_sha256']}" if data["snapshot_sha256"] else f"rows {data['sha256']}"
    if training is not None:
        yield (
            "training",
            f"{training['execution']}, by {training['actor']} ({training['cause']}), {training['started_at']}",
        )
    if gate is not None:
        yield "gate", f"{gate['decision']}, {gate['as_of']}, against {(gate['champion'] or {}).get('version', 'none')}"
