"""`reproduce`: train a version anew from what was kept of it, and compare every byte."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from functions.adapters import folder_code
from functions.adapters.data_lake import Readable
from functions.adapters.model_folder import load_settings
from functions.adapters.training_rows import read_manifest, read_split
from functions.adapters.write_once import get_checked
from functions.domain.canonical_json import digest_of
from functions.domain.errors import NotFoundError
from functions.domain.learnt_from import learnt_from
from functions.domain.release_artifact import MANIFEST, listed_files
from functions.domain.snapshot_manifest import training_key
from trimtab.json_difference import first_difference

LINEAGE = "lineage.json"
Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class FileCompared:
    """One file of the artifact; `difference` says where the two first differ, None where they do not."""

    file: str
    difference: str | None


@dataclass(frozen=True, slots=True)
class Reproduction:
    """A version beside what its snapshot and its code give today. `notes` say what is not as it was then."""

    model: str
    version: int
    registered: str
    reproduced: str
    files: tuple[FileCompared, ...]
    notes: tuple[str, ...]

    @property
    def identical(self) -> bool:
        return self.registered == self.reproduced and not any(each.difference for each in self.files)


def reproduce(
    bucket: Readable, model: str, version: int, digest: str, folder: Path | None, report: Report
) -> Reproduction:
    """Train a version anew; `digest` is its artifact's, as registered, `folder` the model's folder as it is here.

    The version's own code is taken, which was kept with it; the folder is only told apart from that. Everything that
    `bucket` gives is checked against `digest`, or against a digest in what was: it need not be trusted.

    Raises:
        ConflictError: there is nothing to repeat: it came without data, or before snapshots were kept.
        NotFoundError, CorruptArtifactError: a file is not there, or was changed.
        ModelFolderError, ParityError: what was kept cannot be trained here; says why.
    """
    kept = registered_files(bucket, model, version, digest)
    lineage = json.loads(kept[LINEAGE])
    named = learnt_from(lineage, model, version)
    code = get_checked(bucket, training_key(model, named.archive, "zip"), named.archive)
    notes = [*_changes(lineage, named.archive, folder)]
    for line in notes:
        report(f"note: {line}")
    made = _trained(bucket, model, named.snapshot, code, report)
    compared = tuple(FileCompared(name, _difference(name, kept[name], made.get(name))) for name in sorted(kept))
    return Reproduction(model, version, digest, digest_of(made[MANIFEST]), compared, tuple(notes))


def registered_files(bucket: Readable, model: str, version: int, digest: str) -> dict[str, bytes]:
    """The files of a registered version, each checked.

    Raises:
        NotFoundError: one is not there; CorruptArtifactError: it is not what was registered.
    """
    prefix = f"artifacts/model={model}/version={version}/"
    manifest = get_checked(bucket, prefix + MANIFEST, digest)
    listed = listed_files(model, digest, manifest)
    return {MANIFEST: manifest, **{name: get_checked(bucket, prefix + name, sha) for name, sha in listed.items()}}


def _changes(lineage: Mapping[str, Any], archive: str, folder: Path | None) -> Iterator[str]:
    """What here is not as it was when the version was trained."""
    from functions.adapters import candidate_judge  # onnxruntime and scikit-learn take time to import
    from functions.retrain import lineage as now

    if folder is None:
        yield "this project has no folder of the model; the code that was kept with the version is used"
    elif digest_of(folder_code.archive(folder)) != archive:
        yield f"models/{folder.name} has changed since; the code that was kept with the version is used"
    ours = {**now.our_files(), **candidate_judge.code_files()}
    then = {name: sha for name, sha in lineage["code"]["files"].items() if name.startswith("functions/")}
    if other := sorted(name for name in {*ours, *then} if ours.get(name) != then.get(name)):
        shown = ", ".join(other[:5]) + (f" and {len(other) - 5} more" if len(other) > 5 else "")
        yield f"Trimtab's own training code has changed since: {shown}"


def _trained(bucket: Readable, model: str, snapshot: str, code: bytes, report: Report) -> Mapping[str, bytes]:
    """Both halves of the training, on the rows and with the code that were kept."""
    from functions.adapters.candidate_judge import judge
    from functions.domain.candidate import Candidate
    from functions.retrain.fitting import fit

    manifest = read_manifest(bucket, model, training_key(model, snapshot, "json"))
    with TemporaryDirectory(prefix="trimtab-reproduce-") as root:
        folder = Path(root) / model
        folder.mkdir()
        folder_code.unpack(code, folder)
        settings = load_settings(folder)
        parts = read_split(bucket, manifest, settings.contract_features)
        candidate = fit(folder, settings, parts, snapshot, report)
        return judge(Candidate.from_files(candidate.to_files()), parts, report).files


def _difference(name: str, before: bytes, after: bytes | None) -> str | None:
    if after is None:
        raise NotFoundError(f"{name} was not made")
    if before == after:
        return None
    if not name.endswith(".json"):
        return f"{len(after):,} bytes, not {len(before):,}" if len(before) != len(after) else "other bytes"
    was, found = json.loads(before), json.loads(after)
    parts = [first_difference(was, found) or "spelt otherwise"]
    if name == LINEAGE:
        packages = {**was["packages"], "python": was["python"]}, {**found["packages"], "python": found["python"]}
        changed = sorted(
            each for each in {*packages[0], *packages[1]} if packages[0].get(each) != packages[1].get(each)
        )
        parts += [f"{each} {packages[1].get(each)} here, {packages[0].get(each)} then" for each in changed]
    return "; ".join(parts)
