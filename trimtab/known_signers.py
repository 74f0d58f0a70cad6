"""Whose exported versions this project takes: a file in the project, which is reviewed as code is.

A key is never taken at its first sight: a person has to name it, by its file or by its fingerprint.
"""

import re
from pathlib import Path

from functions.domain.errors import InvalidRequestError
from trimtab.bundle_signature import fingerprint
from trimtab.project import Project

FILE = "known_signers"
HEADER = """\
# Whose exported versions `trimtab import` takes: fingerprint, and the key as it calls itself.
# A line here lets all that this key signs in. docs/portability.md
"""
_FINGERPRINT = re.compile(r"SHA256:[0-9a-f]{64}")


class KnownSigners:
    """The project's known_signers."""

    def __init__(self, project: Project) -> None:
        self._path = project.root / FILE

    def knows(self, signer: str) -> bool:
        """Whether a key is trusted.

        Raises:
            InvalidRequestError: the file has a line that is none.
        """
        return signer in self._fingerprints()

    def add(self, signer: str, called: str) -> None:
        """Trust a key from now on; nothing where that was said before."""
        if self.knows(signer):
            return
        text = self._path.read_text(encoding="utf-8") if self._path.is_file() else HEADER
        label = re.sub(r"[^\x21-\x7e]+", " ", called).strip()
        self._path.write_text(f"{text.rstrip()}\n{signer} {label}".rstrip() + "\n", encoding="utf-8")

    def _fingerprints(self) -> set[str]:
        if not self._path.is_file():
            return set()
        found = set()
        for number, line in enumerate(self._path.read_text(encoding="utf-8").splitlines(), start=1):
            if not line.strip() or line.startswith("#"):
                continue
            first = line.split()[0]
            if not _FINGERPRINT.fullmatch(first):
                raise InvalidRequestError(f"{self._path}, line {number}: {first[:80]!r} is no fingerprint: remove it")
            found.add(first)
        return found


def named_signer(trust: str) -> str:
    """The fingerprint that `--trust` names: itself, or that of a key in a PEM file.

    Raises:
        InvalidRequestError: it is neither.
        CorruptArtifactError: the file holds no key that could have signed.
    """
    if _FINGERPRINT.fullmatch(trust):
        return trust
    if Path(trust).is_file():
        return fingerprint(Path(trust).read_bytes())
    raise InvalidRequestError(f"--trust {trust!r} is neither a file with a public key nor SHA256: and 64 hex digits")
