"""JSON schemas of the registry's records, made from their dataclasses: what a record has, its answer has, no more."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, Literal, TypeAliasType, Union, get_args, get_origin, get_type_hints

from functions.domain.json_schema import Schema, array_schema, object_schema

_SCALARS: Mapping[object, str] = {str: "string", int: "integer", float: "number", bool: "boolean", NoneType: "null"}


def record_schema(record: type, **more: Schema) -> Schema:
    """The schema of a dataclass as `asdict` and JSON make of it, with `more` properties beside its own.

    Raises:
        TypeError: a field is of a type that this does not know.
    """
    hints = get_type_hints(record)
    own = {field.name: _schema(hints[field.name]) for field in fields(record)}
    return object_schema({**own, **more}, additionalProperties=False)


def _schema(hint: Any) -> Schema:
    if isinstance(hint, TypeAliasType):
        return _schema(hint.__value__)
    if hint is Any:
        return {}
    if hint in _SCALARS:
        return {"type": _SCALARS[hint]}
    if is_dataclass(hint) and isinstance(hint, type):
        return record_schema(hint)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin in (Union, UnionType):
        return {"anyOf": [_schema(each) for each in arguments]}
    if origin in (tuple, list, Sequence):
        return _array(origin, arguments)
    if origin in (dict, Mapping):
        return {"type": "object", "additionalProperties": _schema(arguments[1])}
    raise TypeError(f"no schema for {hint!r}")


def _array(origin: Any, arguments: tuple[Any, ...]) -> Schema:
    if origin is tuple and arguments[-1] is not Ellipsis:
        length = len(arguments)
        return {"type": "array", "prefixItems": [_schema(a) for a in arguments], "minItems": length, "maxItems": length}
    return array_schema(_schema(arguments[0]))
