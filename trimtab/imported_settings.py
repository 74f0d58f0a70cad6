"""The model.toml of an imported version: what its contract says, and its settings as they were deployed."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from functions.adapters.model_folder import SETTINGS_FILE, parse_settings
from functions.domain.bundle import Bundle, settings_of
from functions.domain.contract import Feature
from functions.domain.correction_config import GateConfig, RolloutConfig
from functions.domain.errors import CorruptArtifactError
from functions.domain.model_config import EvaluationConfig, ModelConfig
from trimtab.scaffold_files import BARE_KEY, quoted

ONNX = "imported/model.onnx"
UNITS = ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"))
HEADER = """\
# Imported by `trimtab import`: version {version} of {model}, signed by
# {signer}
# The ranges and limits are those that this version was made with. What a stage decides for itself is left to you:
# [approval], [alarms], [api], [train] schedule. docs/model-toml.md says what each key does.
"""


def model_toml(bundle: Bundle, name: str, signer: str) -> str:
    """The text of model.toml for the version under a name of its own.

    Raises:
        CorruptArtifactError: the settings are not such as a model.toml of this Trimtab can say.
        ModelFolderError: the contract is not.
    """
    header = HEADER.format(version=bundle.version, model=bundle.model, signer=signer)
    text = header + "\n" + toml(settings_document(bundle, name))
    parse_settings(tomllib.loads(text), SETTINGS_FILE)
    return text


def settings_document(bundle: Bundle, name: str) -> dict[str, Any]:
    """The settings as model.toml has them, table by table."""
    contract = bundle.artifact.contract
    try:
        config = ModelConfig.from_document(settings_of(bundle))
    except (KeyError, TypeError, AttributeError) as error:
        raise CorruptArtifactError(f"the settings in it are not such as this code knows: {error}") from error
    label = {"name": config.label, "positive": contract.positive, "matures_after": span(config.matures_after_s)}
    return {
        "model": {"name": name, "task": contract.task, **config.about},
        "features": {feature.name: feature_document(feature) for feature in contract.features},
        "label": label,
        "train": {"onnx": ONNX},
        "guard": asdict(contract.guard),
        "evaluate": _evaluate(config.evaluate),
        "gate": _gate(config.gate),
        "rollout": _rollout(config.rollout),
        "api": {"max_body": contract.max_body},
        "lambda": {"memory": config.memory_mb},
    }


def feature_document(feature: Feature) -> dict[str, Any]:
    """[features.X] of a feature of the contract."""
    document = asdict(feature)
    del document["name"]
    return document | {"nullable": feature.nullable or None}


def span(seconds: int) -> str:
    """A span of time as model.toml writes it, in the largest unit that fits: 86400 is 1d."""
    size, unit = next((size, unit) for size, unit in UNITS if seconds % size == 0 and (seconds or unit == "s"))
    return f"{seconds // size}{unit}"


def toml(document: Mapping[str, Any]) -> str:
    """Tables of plain values, and tables in tables once; what is None is left out."""
    return "\n".join(_table([name], table) for name, table in document.items())


def _table(path: list[str], table: Mapping[str, Any]) -> str:
    plain = {key: value for key, value in table.items() if value is not None and not isinstance(value, Mapping)}
    inner = {key: value for key, value in table.items() if isinstance(value, Mapping)}
    text = ""
    if plain or not inner:
        text = f"[{'.'.join(_key(part) for part in path)}]\n"
        text += "".join(f"{_key(key)} = {_value(value)}\n" for key, value in plain.items())
    parts = [text] if text else []
    return "\n".join([*parts, *(_table([*path, key], value) for key, value in inner.items())])


def _key(name: str) -> str:
    return name if re.fullmatch(BARE_KEY, name) else quoted(name)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(one) for one in value)}]"
    return quoted(value) if isinstance(value, str) else repr(value)


def _evaluate(config: EvaluationConfig) -> dict[str, Any]:
    return _with_spans(asdict(config), {"schedule_s": "schedule", "window_s": "window", "cool_down_s": "cool_down"})


def _gate(config: GateConfig) -> dict[str, Any]:
    """Without the golden set: its rows are no part of a version."""
    return {key: value for key, value in asdict(config).items() if key != "golden"}


def _rollout(config: RolloutConfig) -> dict[str, Any]:
    document = _with_spans(asdict(config), {"bake_s": "bake", "watch_s": "watch"})
    document["on"] = document.pop("judges")
    return document


def _with_spans(document: dict[str, Any], spans: Mapping[str, str]) -> dict[str, Any]:
    return {spans.get(key, key): span(value) if key in spans else value for key, value in document.items()}
