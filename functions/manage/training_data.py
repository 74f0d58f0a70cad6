"""What a version was learnt from: each file with its digest and a URL to read it by, so that it can be trained anew.

The files hold clients' rows, and go from the bucket to whoever asked, not through this function.
"""

from collections.abc import Mapping
from json import loads

from functions.adapters.data_lake import DataLake
from functions.adapters.gateway_answer import Answer, json_answer
from functions.adapters.references import References
from functions.adapters.registry import Registry
from functions.adapters.training_rows import read_manifest
from functions.domain.errors import InvalidRequestError
from functions.domain.learnt_from import learnt_from
from functions.domain.model_version import ModelVersion
from functions.domain.release_artifact import MANIFEST
from functions.domain.snapshot_manifest import training_key
from functions.manage.model_facts import LINEAGE
from functions.manage.models import known_model
from functions.manage.pages import after_of, limit_of, page
from functions.manage.request import ManageRequest
from functions.manage.tools import Tools

SCHEMA_VERSION = 1


def show_training_data(request: ManageRequest, tools: Tools) -> Answer:
    """A page of the files of a version and of what it learnt from, in the order in which a training reads them."""
    model, number = known_model(request, tools), request.number("version")
    limit, after = limit_of(request), after_of(request)
    version = Registry(tools.store).version(model, number)
    digests = training_files(version, References(tools.artifacts, tools.data), tools.artifacts)
    keys = list(digests)
    if after and after not in digests:
        raise InvalidRequestError("after must be the `next` of the page before, as it was given")
    start = keys.index(after) + 1 if after else 0
    shown = keys[start : start + limit]
    items = [{"key": key, "sha256": digests[key], "url": tools.urls.get(key)} for key in shown]
    last = shown[-1] if start + limit < len(keys) else None
    document = {"v": SCHEMA_VERSION, "model": model, "version": number, "artifact": version.artifact_digest}
    return json_answer({**document, **page(items, last)})


def training_files(version: ModelVersion, references: References, artifacts: DataLake) -> Mapping[str, str]:
    """SHA-256 by key of the version's own files, its snapshot's manifest, its code and the rows that it learnt from.

    Golden rows and those in quarantine are not among them: nothing was learnt from these.

    Raises:
        ConflictError: nothing was kept of it, or it came without data.
        NotFoundError: a file that the registry or the lineage names is not there.
        CorruptArtifactError: one is not what was registered.
        UnavailableError: S3 did not answer.
    """
    listed = references.digests(version)
    lineage = loads(references.files(version, (LINEAGE,))[LINEAGE])
    named = learnt_from(lineage, version.model, version.number)
    snapshot = training_key(version.model, named.snapshot, "json")
    manifest = read_manifest(artifacts, version.model, snapshot)
    prefix = f"artifacts/model={version.model}/version={version.number}/"
    return {
        prefix + MANIFEST: version.artifact_digest,
        **{prefix + name: digest for name, digest in sorted(listed.items())},
        training_key(version.model, named.archive, "zip"): named.archive,
        snapshot: named.snapshot,
        **{file.key: file.sha256 for file in manifest.files},
    }
