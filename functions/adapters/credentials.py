"""Whom `predict` signs as, by the two ways in which Lambda says it.

Usually the keys stand in the environment and outlive the execution environment. Under SnapStart they would be old by
the time a snapshot is restored, so Lambda names a local address instead that hands out keys with an expiry.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from functions.adapters.endpoint import Endpoint
from functions.adapters.http_connection import Deadline, HttpConnection
from functions.adapters.sigv4 import Credentials
from functions.adapters.tls import Trust
from functions.domain.errors import MisconfiguredError, UnavailableError

_RENEW_BEFORE = 300.0  # seconds before they expire
_LOCAL_HOSTS = frozenset({"localhost", "::1", "169.254.170.2", "169.254.170.23", "fd00:ec2::23"})


class CredentialSource:
    """Answers the credentials of now, from an environment that may change beneath it."""

    def __init__(self, environ: Mapping[str, str], trust: Trust) -> None:
        self._environ = environ
        self._trust = trust
        self._kept: Credentials | None = None

    def get(self, now: float, deadline: Deadline) -> Credentials:
        """Credentials that are good at `now` (seconds since the epoch).

        Those that expire within five minutes are renewed; where that fails, they are used for as long as they last.

        Raises:
            UnavailableError: there are none, or they could not be fetched.
        """
        kept = self._kept
        if kept is not None and (kept.expires is None or now < kept.expires - _RENEW_BEFORE):
            return kept
        try:
            self._kept = self._from_environment() or self._from_container(deadline)
        except (UnavailableError, MisconfiguredError):
            if kept is not None and kept.expires is not None and now < kept.expires:
                return kept
            raise
        return self._kept

    def forget(self) -> None:
        """Drop what is kept: it was refused, or the process was restored from a snapshot."""
        self._kept = None

    def _from_environment(self) -> Credentials | None:
        access_key, secret_key = self._environ.get("AWS_ACCESS_KEY_ID"), self._environ.get("AWS_SECRET_ACCESS_KEY")
        if not access_key or not secret_key:
            return None
        return _checked(Credentials(access_key, secret_key, self._environ.get("AWS_SESSION_TOKEN") or None))

    def _from_container(self, deadline: Deadline) -> Credentials:
        url = self._environ.get("AWS_CONTAINER_CREDENTIALS_FULL_URI")
        if not url:
            raise MisconfiguredError(
                "no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
                "or AWS_CONTAINER_CREDENTIALS_FULL_URI"
            )
        endpoint = Endpoint.parse(url)
        if endpoint.scheme == "http" and not _is_local(endpoint.host):
            raise MisconfiguredError(f"AWS_CONTAINER_CREDENTIALS_FULL_URI: no secrets over http from {endpoint.host}")
        headers = {"Host": endpoint.authority, "Accept": "application/json"}
        if token := self._container_token():
            headers["Authorization"] = token
        connection = HttpConnection(endpoint, self._trust)
        try:
            response = connection.request("GET", endpoint.path or "/", headers, b"", deadline)
        finally:
            connection.close()
        if response.status != 200:
            raise UnavailableError(f"no AWS credentials: {endpoint.authority} answered {response.status}")
        return _parse(response.body)

    def _container_token(self) -> str:
        """Read anew each time, since Lambda replaces it at a restore."""
        if path := self._environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"):
            try:
                token = Path(path).read_text().strip()
            except (OSError, UnicodeDecodeError) as error:
                raise UnavailableError(f"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: {error}") from error
        else:
            token = self._environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN", "")
        if not _fits_header(token):
            raise MisconfiguredError("the container's authorization token would break the request's header")
        return token


def _is_local(host: str) -> bool:
    """This machine, or the link-local addresses at which AWS hands out credentials."""
    return host in _LOCAL_HOSTS or (host.startswith("127.") and host.replace(".", "").isdigit())


def _parse(body: bytes) -> Credentials:
    """The document of the container's credentials endpoint."""
    from datetime import datetime  # only where keys expire

    try:
        document = json.loads(body)
        expires = datetime.fromisoformat(document["Expiration"]).timestamp()
        keys = document["AccessKeyId"], document["SecretAccessKey"], document["Token"]
    except (ValueError, KeyError, TypeError) as error:
        raise UnavailableError(
            f"no AWS credentials: the endpoint's answer is malformed ({type(error).__name__})"
        ) from None
    if not all(isinstance(key, str) and key for key in keys):
        raise UnavailableError("no AWS credentials: the endpoint's answer is malformed")
    return _checked(Credentials(*keys, expires=expires))


def _checked(credentials: Credentials) -> Credentials:
    if not _fits_header(f"{credentials.access_key}{credentials.token or ''}"):
        raise MisconfiguredError("the AWS credentials hold characters that no header can")
    return credentials


def _fits_header(text: str) -> bool:
    return text.isascii() and text.isprintable()
