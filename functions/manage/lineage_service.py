"""The later half of lineage: a version's releases, their rollouts, and the windows that they answered."""

from functions.domain.evaluation import Evaluation
from functions.domain.model_version import ModelVersion
from functions.domain.rollout import Rollout
from functions.manage.graph import Document, Graph
from functions.manage.model_facts import ModelFacts
from functions.manage.service_record import live_windows, predictions_of

LAST_WINDOWS = 3  # that are nodes of their own; those before them are one node


def published(graph: Graph, facts: ModelFacts, version: ModelVersion) -> None:
    """Releases and rollouts of a version."""
    for release in facts.releases_of(version.number):
        about: Document = {"state": release.state, "published_at": release.published_at}
        about |= {
            "live_at": release.live_at,
            "barred": release.barred,
            "pruned_at": release.pruned_at,
            "layer": release.layer,
        }
        label = f"release {release.number}"
        place = graph.add(f"release/{release.number}", "release", label, release.code_digest, about)
        graph.join(f"version/{version.number}", place, "published")
    for rollout in facts.rollouts_of(version.number):
        about = {"cause": rollout.cause, "actor": rollout.actor, "started_at": rollout.started_at}
        about |= {"state": rollout.state, "weight": rollout.weight, "reason": rollout.reason}
        label = f"rollout {rollout.number}: {rollout.state.replace('_', ' ')}"
        place = graph.add(f"rollout/{rollout.number}", "rollout", label, None, about)
        graph.join(f"release/{rollout.release}", place, "rolled out")


def answered(graph: Graph, facts: ModelFacts, name: str) -> None:
    """The windows in which the version was live: the last ones each, the earlier ones together."""
    found = live_windows(facts, name)
    earlier, last = found[:-LAST_WINDOWS], found[-LAST_WINDOWS:]
    if earlier:
        about = {"windows": len(earlier), "from": earlier[0].window[0], "to": earlier[-1].window[1]}
        place = graph.add(
            f"predictions/until-{earlier[-1].window[1]}",
            "predictions",
            f"{len(earlier):,} earlier windows",
            None,
            about,
        )
        graph.join(_answering(graph, facts, name, earlier[-1]), place, "answered")
    for window in last:
        own = predictions_of(facts.report(window), name)
        rows = window.rows if own is None else own
        about = {"start": window.window[0], "end": window.window[1], "predictions": own, "of_all": window.rows}
        about |= {"labelled_rows": window.labelled_rows, "verdict": window.verdict, "report": window.report}
        label = f"{rows:,} predictions"
        place = graph.add(f"predictions/{window.window[1]}", "predictions", label, None, about)
        graph.join(_answering(graph, facts, name, window), place, "answered")


def _answering(graph: Graph, facts: ModelFacts, name: str, window: Evaluation) -> str:
    """The node that answered in a window: the newest rollout that had begun by then, else a release, else the version.

    A release that was made live before rollouts were kept has none.
    """
    if facts.external:
        return f"version/{name}"
    begun = [one for one in facts.rollouts_of(int(name)) if _had_traffic(one, window)]
    if begun:
        return f"rollout/{begun[-1].number}"
    releases = [one for one in facts.releases_of(int(name)) if graph.has(f"release/{one.number}")]
    return f"release/{releases[-1].number}" if releases else f"version/{name}"


def _had_traffic(rollout: Rollout, window: Evaluation) -> bool:
    """Whether it had begun by the window's end. Times are ISO 8601 in UTC, but some tell milliseconds: the second is
    compared.
    """
    return rollout.started_at[:19] <= window.window[1][:19]
