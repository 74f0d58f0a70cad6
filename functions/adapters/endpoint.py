"""Where an AWS service listens."""

from collections.abc import Mapping
from typing import NamedTuple

from functions.domain.errors import MisconfiguredError

_DOMAINS = {  # by the start of the region's name; what is not listed is amazonaws.com
    "cn-": "amazonaws.com.cn",
    "eusc-": "amazonaws.eu",
    "us-iso-": "c2s.ic.gov",
    "us-isob-": "sc2s.sgov.gov",
    "us-isof-": "csp.hci.ic.gov",
    "eu-isoe-": "cloud.adc-e.uk",
}
_DEFAULT_PORTS = {"https": 443, "http": 80}


class Endpoint(NamedTuple):
    """Where a service listens; `path` is the prefix of all its paths, without a slash at the end."""

    scheme: str
    host: str
    port: int
    path: str = ""

    @property
    def authority(self) -> str:
        """The `Host` header: the port only where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @classmethod
    def parse(cls, url: str) -> "Endpoint":
        """Read `http[s]://host[:port][/path]`.

        Raises:
            MisconfiguredError: it is something else.
        """
        scheme, _, rest = url.partition("://")
        authority, _, path = rest.partition("/")
        host, colon, port = authority.rpartition(":")
        if not colon or port.endswith("]"):
            host, port = authority, str(_DEFAULT_PORTS.get(scheme, ""))
        host = host.removeprefix("[").removesuffix("]")
        sound = scheme in _DEFAULT_PORTS and host.isascii() and host.isprintable() and not set(host) & set(" @?#[]")
        if not sound or not host or not (port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
            raise MisconfiguredError(f"{url!r} is not an endpoint; it should look like https://host[:port]")
        return cls(scheme, host, int(port), f"/{path}".rstrip("/"))


def aws_endpoint(service: str, region: str, environ: Mapping[str, str]) -> Endpoint:
    """The service's endpoint in a region, or what AWS_ENDPOINT_URL_<SERVICE> or AWS_ENDPOINT_URL say instead.

    Raises:
        MisconfiguredError: the environment names no sound endpoint.
    """
    url = environ.get(f"AWS_ENDPOINT_URL_{service.upper()}") or environ.get("AWS_ENDPOINT_URL")
    if not url:
        domain = next((domain for start, domain in _DOMAINS.items() if region.startswith(start)), "amazonaws.com")
        url = f"https://{service}.{region}.{domain}"
    return Endpoint.parse(url)
