"""Reads a model's folder: finds it, checks its model.toml, and runs its Python code."""

import difflib
import importlib
import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from functions.adapters.model_settings import FeatureSettings, ModelSettings
from functions.domain.durations import PATTERN as SPAN
from functions.domain.errors import ModelFolderError

SETTINGS_FILE = "model.toml"
REFERENCE_PAGE = "docs/model-toml.md lists every key"


def model_folders(root: Path) -> list[Path]:
    """The model folders of a project, by name: each `models/*` under `root` that holds a model.toml."""
    return sorted(path.parent for path in (root / "models").glob(f"*/{SETTINGS_FILE}"))


def load_settings(folder: Path) -> ModelSettings:
    """Read and check a folder's model.toml.

    Raises:
        ModelFolderError: it is missing, no TOML, or breaks the schema; its text names file, key and next step.
    """
    path = folder / SETTINGS_FILE
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelFolderError(f"{path}: no such file: `trimtab new {folder.name} --from data.csv --label …`") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError, OSError) as error:
        raise ModelFolderError(f"{path}: cannot be read as TOML: {error or type(error).__name__}: mend it") from None
    settings = parse_settings(document, str(path))
    if settings.model.name != folder.resolve().name:
        raise ModelFolderError(
            f"{path}: [model] name: is {settings.model.name!r}, but the folder is {folder.resolve().name!r}: "
            "give both the same name"
        )
    return settings


def parse_settings(document: Mapping[str, Any], source: str) -> ModelSettings:
    """Check a parsed model.toml; `source` is what errors call it.

    Raises:
        ModelFolderError: it breaks the schema; every fault is named.
    """
    try:
        return ModelSettings.model_validate(document)
    except ValidationError as error:
        faults = error.errors(include_url=False)
        lines = [f"{source}: {_explain(fault)}" for fault in faults[:20]]
        if len(faults) > 20:
            lines.append(f"{source}: and {len(faults) - 20} more")
        raise ModelFolderError("\n".join([*lines, REFERENCE_PAGE])) from None


def _explain(fault: ErrorDetails) -> str:
    """One fault as `[table] key: what is wrong: what to do`."""
    place = [str(part) for part in fault["loc"]]
    key = _place(place)
    match fault["type"]:
        case "missing":
            return f"{key}: is missing: add it"
        case "extra_forbidden":
            return f"{key}: is unknown: {_nearest(place)}"
        case "value_error":
            return f"{key}: {fault['ctx']['error']!s}"
        case "string_pattern_mismatch" if place == ["model", "name"]:
            return f"{key}: {_shown(fault['input'])} is no name: use lower-case letters, digits and single hyphens"
        case "string_pattern_mismatch" if fault["ctx"]["pattern"] == SPAN:
            return f'{key}: {_shown(fault["input"])} is no span of time: write a whole number and s, m, h or d: "6h"'
        case "string_pattern_mismatch":
            return f'{key}: {_shown(fault["input"])} is no reference: write it as "module:function"'
    return f"{key}: {fault['msg'][0].lower()}{fault['msg'][1:]}: it is {_shown(fault['input'])}"


def _place(parts: list[str]) -> str:
    if not parts:
        return SETTINGS_FILE
    depth = 2 if parts[0] == "features" else 1
    table, rest = (
        ".".join(parts[:depth]),
        [part for part in parts[depth:] if not part.startswith(("function-", "tuple["))],
    )
    return f"[{table}] {rest[0]}" if rest else f"[{table}]"


def _nearest(parts: list[str]) -> str:
    """What the unknown key may have meant, or the keys that its table knows."""
    fields = ModelSettings.model_fields
    table: type[BaseModel] = ModelSettings
    if len(parts) == 3:
        table = FeatureSettings
    elif len(parts) == 2:
        table = next(f.annotation for name, f in fields.items() if parts[0] in (name, f.alias))  # type: ignore[assignment]
    known = [field.alias or name for name, field in table.model_fields.items()]
    close = difflib.get_close_matches(parts[-1], known, n=1)
    return f"did you mean {close[0]}?" if close else f"known here: {', '.join(known)}"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}…"


class FolderCode:
    """The Python code of one model's folder, run so that many folders with equally named modules do not meet.

    While it runs, the folder is first on `sys.path`; afterwards `sys.path` and `sys.modules` are as before.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._modules: dict[str, ModuleType] = {}

    def has(self, module: str) -> bool:
        return (self._folder / f"{module}.py").is_file()

    def call(self, reference: str, *arguments: Any) -> Any:
        """Call `module:function` of the folder.

        Raises:
            ModelFolderError: there is no such module or function, or it raised.
        """
        module_name, _, function_name = reference.partition(":")
        place = f"{self._folder.name}/{module_name}.py"
        if not self.has(module_name):
            raise ModelFolderError(f"{place}: no such file, but {reference!r} is called: write it")
        with self._at_home():
            try:
                function = getattr(importlib.import_module(module_name), function_name, None)
                if not callable(function):
                    raise ModelFolderError(f"{place}: has no function {function_name}: write `def {function_name}(…)`")
                return function(*arguments)
            except ModelFolderError:
                raise
            except Exception as error:
                raise ModelFolderError(
                    f"{place}: {_where(error, self._folder)}{type(error).__name__}: {error}"
                ) from error

    @contextmanager
    def _at_home(self) -> Iterator[None]:
        """The folder's modules importable by their bare names, before any others of the same name."""
        before_path, before_modules = list(sys.path), dict(sys.modules)
        wrote_bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True
        own = {path.stem for path in self._folder.glob("*.py")} | {
            path.parent.name for path in self._folder.glob("*/__init__.py")
        }
        for name in [name for name in sys.modules if name.partition(".")[0] in own]:
            del sys.modules[name]
        sys.modules.update(self._modules)
        sys.path.insert(0, str(self._folder))
        importlib.invalidate_caches()
        try:
            yield
        finally:
            self._modules = {name: m for name, m in sys.modules.items() if name.partition(".")[0] in own}
            for name in self._modules:
                del sys.modules[name]
            sys.modules.update({name: m for name, m in before_modules.items() if name.partition(".")[0] in own})
            sys.path[:] = before_path
            sys.dont_write_bytecode = wrote_bytecode


def _where(error: BaseException, folder: Path) -> str:
    """`line 12: ` of the innermost frame that lies in the folder, or nothing."""
    line, trace = None, error.__traceback__
    while trace is not None:
        if Path(trace.tb_frame.f_code.co_filename).is_relative_to(folder):
            line = trace.tb_lineno
        trace = trace.tb_next
    if isinstance(error, SyntaxError):
        line = error.lineno
    return f"line {line}: " if line else ""
