"""Objects that are written once: named by what is in them, or decided for good."""

from functions.adapters.data_lake import DataLake, Readable
from functions.domain.canonical_json import digest_of
from functions.domain.errors import ConflictError, CorruptArtifactError, NotFoundError


def put_once(lake: DataLake, key: str, body: bytes, content_type: str = "application/octet-stream") -> bytes:
    """Write an object where there is none; what lies there, where somebody was faster.

    Raises:
        UnavailableError: S3 did not take it.
    """
    try:
        lake.put_if(key, body, None, content_type)
    except ConflictError:
        found = lake.get(key)
        if found is None:
            raise
        return found.body
    return body


def get_checked(lake: Readable, key: str, sha256: str) -> bytes:
    """An object whose digest is known.

    Raises:
        NotFoundError: it is not there.
        CorruptArtifactError: it is another one.
        UnavailableError: S3 did not answer.
    """
    found = lake.get(key)
    if found is None:
        raise NotFoundError(f"{key} is not in the artifact bucket")
    if digest_of(found.body) != sha256:
        raise CorruptArtifactError(f"{key} is not what its digest says: it was changed after it was written")
    return found.body
