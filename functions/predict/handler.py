"""The serving function. Importing this module starts it, as nothing else here does: what is there when the import ends
is what SnapStart keeps, and what Lambda does outside of a client's wait."""

import gc
import os
from collections.abc import Mapping
from typing import Any

from functions.adapters.firehose import FirehoseSink
from functions.predict.settings import Settings
from functions.predict.start import start

# Nothing of what starts up is garbage. Not looking for any saves a twentieth of a cold start, and freezing what is
# there keeps the first request from looking through it.
gc.disable()
_api = start(Settings.from_environment(os.environ), lambda settings: FirehoseSink(settings.stream, settings.region))
gc.freeze()
gc.enable()


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Answer one REST proxy event of API Gateway."""
    return _api.answer(event)
