"""Starts `predict`: reads its settings, checks and opens the model, reaches out to Firehose."""

import importlib
import importlib.util
import sys
from collections.abc import Callable
from threading import Thread
from typing import Protocol

from functions.domain.errors import CorruptArtifactError
from functions.domain.prediction_record import Sink
from functions.predict.api import Api, ClosedRelease
from functions.predict.settings import Settings


class Stream(Sink, Protocol):
    """A sink with a connection that can be made before it is needed."""

    def warm_up(self) -> None:
        """Connect, and fetch credentials; never raises."""
        ...

    def reset(self) -> None:
        """Forget connection and credentials: a snapshot's are stale."""
        ...


def start(settings: Settings, open_stream: Callable[[Settings], Stream]) -> Api:
    """The API of the release that the settings name.

    A release whose files are not those that it was made with does not serve; it says so in the log and answers 503.
    """
    if settings.contract_sha256 is None or settings.model_version is None or settings.release is None:
        return Api(settings.model, ClosedRelease(f"{settings.model!r} has no release yet; deploy one, then try again"))
    stream = open_stream(settings)
    if settings.snap_start:  # what is connected now would be dead after a restore
        _after_restore(stream)
    else:
        Thread(target=stream.warm_up, daemon=True).start()
    # numpy and onnxruntime take most of a cold start to import: they come after the connection is on its way.
    from functions.predict.model import open_model, read_contract
    from functions.predict.records import Recorder
    from functions.predict.release import OpenRelease

    try:
        contract = read_contract(settings.model_dir, settings.contract_sha256)
        model = open_model(settings.model_dir, contract)
    except CorruptArtifactError as error:
        sys.stdout.write(f"ERROR release {settings.release} of {settings.model} does not serve: {error}\n")
        return Api(
            settings.model, ClosedRelease(f"release {settings.release} of {settings.model!r} is damaged; see its log")
        )
    recorder = Recorder(settings.model, settings.model_version, settings.release, stream)
    return Api(settings.model, OpenRelease(model, settings.model_version, settings.release, recorder))


def _after_restore(stream: Stream) -> None:
    """Connect anew whenever a snapshot is resumed, where the runtime offers hooks for that."""
    if importlib.util.find_spec("snapshot_restore_py") is None:
        return
    hooks = importlib.import_module("snapshot_restore_py")
    hooks.register_after_restore(stream.reset)
    hooks.register_after_restore(stream.warm_up)
