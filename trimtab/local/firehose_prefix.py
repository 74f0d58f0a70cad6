"""S3 keys of Firehose: prefixes with !{timestamp:…} and !{firehose:…}, and the name after them."""

import random
import re
import string
from datetime import UTC, datetime

from functions.domain.errors import MisconfiguredError

EXPRESSION = re.compile(r"!\{([a-zA-Z]+):([^}]*)\}")
# Java's DateTimeFormatter, as far as prefixes use it: a letter's repetition says how wide.
FIELDS = {
    "yyyy": "%Y", "yy": "%y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S", "DDD": "%j", "EEE": "%a",
}  # fmt: skip
TOKEN = re.compile(r"'([^']*)'|([A-Za-z])\2*|([^A-Za-z']+)")
PLAIN_SUFFIX = "!{timestamp:yyyy/MM/dd/HH}/"


def check_prefix(prefix: str) -> None:
    """Raises MisconfiguredError for an expression that Firehose or the local cloud does not know."""
    expand(prefix, datetime(2000, 1, 1, tzinfo=UTC), "0", "none")


def object_key(prefix: str, stream: str, version: str, arrived: datetime, identity: str, extension: str) -> str:
    """The key of the object that a buffer becomes; `identity` (32 hex digits) makes it the buffer's own."""
    dated = prefix if "!{timestamp:" in prefix else prefix + PLAIN_SUFFIX
    uuid = "-".join((identity[:8], identity[8:12], identity[12:16], identity[16:20], identity[20:]))
    name = f"{stream}-{version}-{arrived:%Y-%m-%d-%H-%M-%S}-{uuid}{extension}"
    return expand(dated, arrived, identity, "") + name


def expand(prefix: str, arrived: datetime, seed: str, error_type: str) -> str:
    """A prefix with its expressions evaluated, in UTC."""

    def evaluate(match: re.Match[str]) -> str:
        namespace, argument = match[1], match[2]
        if namespace == "timestamp":
            return _timestamp(argument, arrived)
        if namespace == "firehose" and argument == "random-string":
            draw = random.Random(seed)  # noqa: S311 - spreads keys
            return "".join(draw.choices(string.ascii_letters + string.digits, k=11))
        if namespace == "firehose" and argument == "error-output-type" and error_type:
            return error_type
        raise MisconfiguredError(f"the local cloud's Firehose does not know !{{{namespace}:{argument}}} in a prefix")

    expanded = EXPRESSION.sub(evaluate, prefix)
    if "!{" in expanded:
        raise MisconfiguredError(f"the prefix {prefix} has a malformed expression")
    return expanded


def _timestamp(pattern: str, arrived: datetime) -> str:
    parts = []
    for match in TOKEN.finditer(pattern):
        if match[1] is not None:
            parts.append(match[1] or "'")
        elif match[2] is None:
            parts.append(match[3])
        elif match[0] in FIELDS:
            parts.append(arrived.strftime(FIELDS[match[0]]))
        else:
            raise MisconfiguredError(f"the local cloud's Firehose does not know {match[0]} in !{{timestamp:{pattern}}}")
    return "".join(parts)
