"""Lineage: every digest from data to predictions, as a graph, as trees and as a picture."""

from typing import Any
from xml.etree import ElementTree

import pytest

from functions.domain.errors import NotFoundError
from functions.manage.lineage import Lineage
from tests.functions.gate.worlds import EXECUTION, by_hand
from tests.functions.manage.worlds import EXTERNAL, MODEL, ManagedWorld, report_of
from trimtab.lineage_picture import picture
from trimtab.lineage_text import tree

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def world(world: ManagedWorld) -> ManagedWorld:
    """The stage's, with six windows of version 2, of which the last has its report."""
    for day in range(1, 6):
        world.evaluate(day)
    world.report(world.evaluate(6), report_of("1", "2"))
    return world


def lineage(world: ManagedWorld, version: str | None = "2", model: str = MODEL) -> dict[str, Any]:
    """The graph, of which each edge joins two nodes that are there."""
    found = Lineage(*world.args).document(model, version)
    ids = [node["id"] for node in found["nodes"]]
    assert len(set(ids)) == len(ids)
    assert {end for edge in found["edges"] for end in (edge["from"], edge["to"])} <= set(ids)
    return found


def edges(found: dict[str, Any]) -> set[tuple[str, str, str]]:
    """Edges by what their ends are, digests left out."""
    kinds = {
        node["id"]: node["id"] if node["kind"] in ("version", "release", "rollout") else node["kind"]
        for node in found["nodes"]
    }
    return {(kinds[edge["from"]], edge["what"], kinds[edge["to"]]) for edge in found["edges"]}


def test_a_version_of_the_loop_is_followed_from_its_rows_to_its_predictions(world: ManagedWorld) -> None:
    assert edges(lineage(world)) == {
        ("data", "files", "snapshot"),
        ("snapshot", "rows", "training"),
        ("code", "code", "training"),
        ("training", "challenger", "gate"),
        ("version/1", "champion", "gate"),
        ("data", "golden set", "gate"),
        ("gate", "registered", "version/2"),
        ("version/2", "published", "release/3"),
        ("release/3", "rolled out", "rollout/1"),
        ("rollout/1", "answered", "predictions"),
    }


def test_every_digest_is_that_of_what_lies_in_bucket_and_registry(world: ManagedWorld) -> None:
    found = {node["id"]: node for node in lineage(world)["nodes"]}
    version = world.registry.version(MODEL, 2)
    training = next(one for one in world.trainings.trainings(MODEL, 9) if one.execution == EXECUTION)
    assert training.snapshot is not None
    manifest = world.stage.manifest(training.snapshot)
    assert manifest.golden is not None
    assert found["version/2"]["sha256"] == version.artifact_digest
    assert (
        training.snapshot
        == f"training/model={MODEL}/{next(n['sha256'] for n in found.values() if n['kind'] == 'snapshot')}.json"
    )
    data = {node["sha256"] for node in found.values() if node["kind"] == "data"}
    assert data == {*(file.sha256 for file in manifest.files), manifest.golden.sha256}
    assert found["release/3"]["sha256"] == "c" * 64


def test_windows_tell_how_many_predictions_the_version_made(world: ManagedWorld) -> None:
    windows = [node for node in lineage(world)["nodes"] if node["kind"] == "predictions"]
    earlier, *last = windows
    assert (earlier["label"], earlier["about"]["windows"]) == ("3 earlier windows", 3)
    assert [node["about"]["predictions"] for node in last] == [None, None, 450]
    assert last[-1]["about"]["of_all"] == 900


def test_a_version_by_hand_has_no_gate(world: ManagedWorld) -> None:
    assert edges(lineage(world, "1")) == {
        ("data", "files", "snapshot"),
        ("snapshot", "rows", "training"),
        ("code", "code", "training"),
        ("training", "registered", "version/1"),
        ("version/1", "published", "release/2"),
    }


def test_a_model_s_versions_tell_which_champion_each_beat_and_whose_rows_they_took_over(world: ManagedWorld) -> None:
    found = edges(lineage(world, None))
    assert ("version/1", "champion", "version/2") in found
    assert ("version/1", "champion", "training") in found  # a challenger that was refused
    assert ("snapshot", "first rows", "snapshot") in found
    assert ("version/2", "answered", "predictions") in found
    windows = next(node for node in lineage(world, None)["nodes"] if node["id"] == "service/2")
    assert (windows["label"], windows["about"]["to"]) == ("6 windows judged", "2013-03-18T00:00:00Z")


def test_a_version_that_met_nobody_stands_for_itself(world: ManagedWorld) -> None:
    world.add(by_hand(red=1.0)[1])
    found = lineage(world, None)
    assert [
        edge for edge in found["edges"] if "version/3" in (edge["from"], edge["to"]) and edge["what"] == "champion"
    ] == []


def test_an_external_model_s_versions_are_those_that_its_observations_name(world: ManagedWorld) -> None:
    world.add_external()
    world.evaluate(1, "2024-02", EXTERNAL)
    assert edges(lineage(world, "2024-02", EXTERNAL)) == {("version/2024-02", "answered", "predictions")}
    assert edges(lineage(world, None, EXTERNAL)) == {("version/2024-02", "answered", "predictions")}
    assert "came of\n  nothing that is known" in tree(lineage(world, "2024-02", EXTERNAL))


def test_what_is_not_there_is_named(world: ManagedWorld) -> None:
    with pytest.raises(NotFoundError, match="small has no version 9: it has 1, 2"):
        lineage(world, "9")
    with pytest.raises(NotFoundError, match="other has no version yet: deploy it first"):
        lineage(world, None, "other")


def test_the_tree_reads_from_a_version_back_to_its_rows_and_on_to_its_predictions(world: ManagedWorld) -> None:
    found = lineage(world)
    said = tree(found).splitlines()
    assert said[0].startswith("version 2 (approved, live)  sha256 ")
    assert said[2:4] == ["came of", next(line for line in said if "(registered) gate: passed" in line)]
    below = said.index("what came of it")
    assert any("(golden set) golden set (300 rows)" in line for line in said[:below])
    assert any("450 predictions" in line for line in said[below:])
    digests = [node["sha256"][:12] for node in found["nodes"] if node["sha256"]]
    assert all(any(digest in line for line in said) for digest in digests)


def test_a_model_s_tree_tells_of_each_version_and_why_challengers_were_refused(world: ManagedWorld) -> None:
    said = tree(lineage(world, None))
    assert "\n\nversion 2 (approved, live)" in said
    assert "  <- (champion) version 1" in said
    assert "refused challenger" in said
    assert "worse; needed: better" in said


@pytest.mark.parametrize("version", ["1", "2", None])
def test_the_picture_has_each_node_once_its_digest_and_nothing_from_outside(
    version: str | None, world: ManagedWorld
) -> None:
    found = lineage(world, version)
    root = ElementTree.fromstring(picture(found, "Lineage"))  # noqa: S314 - our own
    titles = [group.findtext(f"{SVG}title") for group in root.iter(f"{SVG}g")]
    assert [title.splitlines()[0] for title in titles if title] == [
        f"{n['kind']}: {n['label']}" for n in found["nodes"]
    ]
    assert all(any(node["sha256"] in title for title in titles if title) for node in found["nodes"] if node["sha256"])
    assert len(list(root.iter(f"{SVG}path"))) == 2 * len(found["edges"])
    assert not [name for part in root.iter() for name in part.attrib if name.endswith(("href", "src"))]


def test_names_from_data_are_text_in_the_picture(world: ManagedWorld) -> None:
    world.add_external()
    world.evaluate(1, "<script>x</script>", EXTERNAL)
    drawn = picture(lineage(world, "<script>x</script>", EXTERNAL), "Lineage of <b>")
    assert "<script>" not in drawn
    assert "<b>" not in drawn
