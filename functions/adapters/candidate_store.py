"""Candidates in the artifact bucket: `candidates/model=M/<digest>/`, each file written once."""

import re

from functions.adapters.data_lake import DataLake
from functions.adapters.write_once import put_once
from functions.domain.candidate import DESCRIPTION, FILES, Candidate, candidate_digest, candidate_prefix
from functions.domain.errors import CorruptArtifactError, InvalidRequestError, NotFoundError


def keep_candidate(artifacts: DataLake, candidate: Candidate) -> str:
    """Write a candidate's files; their prefix. The description comes last: it says that all is there.

    Raises:
        CorruptArtifactError: something else lies there.
        UnavailableError: S3 did not take it.
    """
    files = candidate.to_files()
    prefix = candidate_prefix(candidate.description.model, candidate_digest(files))
    for name in sorted(files, key=lambda name: name == DESCRIPTION):
        if put_once(artifacts, prefix + name, files[name]) != files[name]:
            raise CorruptArtifactError(f"{prefix}{name} is not what its digest says: it was changed")
    return prefix


def fetch_candidate(artifacts: DataLake, model: str, prefix: str) -> Candidate:
    """Read a candidate, and check that it is the one that its prefix names.

    Raises:
        InvalidRequestError: the prefix is none of this model's.
        NotFoundError: there is none; CorruptArtifactError: a file was changed.
        UnavailableError: S3 did not answer.
    """
    match = re.fullmatch(rf"candidates/model={re.escape(model)}/([0-9a-f]{{64}})/", prefix)
    if match is None:
        raise InvalidRequestError(f"{prefix!r} must be 'candidates/model={model}/<digest>/'")
    found = {name: artifacts.get(prefix + name) for name in FILES}
    files = {name: each.body for name, each in found.items() if each is not None}
    if DESCRIPTION not in files:
        raise NotFoundError(f"there is no candidate under {prefix}: retrain again")
    if candidate_digest(files) != match[1]:
        raise CorruptArtifactError(f"the candidate under {prefix} is not what its digest says: it was changed")
    candidate = Candidate.from_files(files)
    if candidate.description.model != model:
        raise CorruptArtifactError(f"the candidate under {prefix} is one of {candidate.description.model!r}")
    return candidate
