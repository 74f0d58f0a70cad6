"""Whose certificates a client believes, made ready in a millisecond.

Loading a system's 140 or so certificates takes 26 ms, a tenth of a whole cold start. AWS names five roots that the
certificates of all its public endpoints lead to, so those are tried first; only where they do not fit (a partition
with other authorities, a proxy of one's own) is the system's store loaded. Both are checked equally strictly.
"""

import socket
from pathlib import Path
from typing import TYPE_CHECKING

from functions.adapters.amazon_roots import AMAZON_ROOTS

if TYPE_CHECKING:
    import ssl


class UnknownAuthorityError(OSError):
    """The certificate leads to none of Amazon's roots; from now on the system's store is used: try again."""


class Trust:
    """Makes TLS connections. `bundle` (AWS_CA_BUNDLE) is a PEM file that replaces all other authorities."""

    def __init__(self, bundle: Path | None = None) -> None:
        self._bundle = bundle
        self._amazon_only = bundle is None
        self._context: ssl.SSLContext | None = None

    def wrap(self, connected: socket.socket, host: str) -> socket.socket:
        """TLS over a connected socket, within that socket's timeout.

        Raises:
            UnknownAuthorityError: see there.
            OSError: the handshake failed, the certificate is not one to believe, or the bundle cannot be read.
        """
        import ssl  # here, since an http endpoint needs none of it

        if self._context is None:
            # As of Python 3.13 this is strict: TLS 1.2 or later, host names and RFC 5280 checked.
            self._context = ssl.create_default_context(
                cafile=None if self._bundle is None else str(self._bundle),
                cadata=AMAZON_ROOTS if self._amazon_only else None,
            )
        try:
            # The name as bytes: for a str, ssl would import the idna codec.
            return self._context.wrap_socket(connected, server_hostname=host.encode())
        except ssl.SSLCertVerificationError as error:
            if not self._amazon_only:
                raise
            self._amazon_only, self._context = False, None
            raise UnknownAuthorityError(str(error)) from error

    def would_block(self) -> tuple[type[OSError], ...]:
        """What reading raises where nothing is there to be read."""
        if self._context is None:
            return (BlockingIOError,)
        import ssl

        return (BlockingIOError, ssl.SSLWantReadError)
