"""How much one request may tell of what was true or predicted elsewhere; said once, for checks and for descriptions."""

from typing import Final

MAX_BODY: Final = 4 * 1_048_576  # bytes; Lambda takes 6 MiB, and a body in base64 grows by a third
MAX_ROWS: Final = 10_000
LONGEST_TEXT: Final = 200  # characters of an id or of a version's name
LONGEST_CLASS: Final = 256
AHEAD_MS: Final = 5 * 60_000  # how far a sender's clock may be ahead of API Gateway's
LEAST_NUMBER: Final = 100_000_000_000  # as a time: March 1973 in milliseconds; in seconds it would be the year 5138
