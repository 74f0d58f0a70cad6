"""One spelling for a document, so that equal documents have equal digests."""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any


def canonical_json(document: Mapping[str, Any]) -> str:
    """Sorted keys, no white space; NaN and infinities raise ValueError."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest_of(content: str | bytes) -> str:
    """SHA-256 in hex, of text as UTF-8."""
    return sha256(content.encode() if isinstance(content, str) else content).hexdigest()
