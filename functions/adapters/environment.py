"""The environment's variables, as each function's settings read them."""

from collections.abc import Mapping

from functions.domain.errors import MisconfiguredError

MEMORY = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE"  # MB of the function, which Lambda itself sets
LEAST_MB = 256


def required(environ: Mapping[str, str], name: str) -> str:
    """A variable's value.

    Raises:
        MisconfiguredError: it is missing or empty; the text has its name.
    """
    value = environ.get(name)
    if not value:
        raise MisconfiguredError(f"the environment variable {name} is not set")
    return value


def number(environ: Mapping[str, str], name: str) -> int:
    """A variable that is a whole number.

    Raises:
        MisconfiguredError: it is missing, or no number.
    """
    value = required(environ, name)
    if not (value.isascii() and value.isdigit()):
        raise MisconfiguredError(f"the environment variable {name} should be a number, not {value!r}")
    return int(value)


def memory_but(environ: Mapping[str, str], spared_mb: int) -> int:
    """The function's memory in MB without what is spared for other things; a little is left in any case."""
    return max(LEAST_MB, number(environ, MEMORY) - spared_mb)
