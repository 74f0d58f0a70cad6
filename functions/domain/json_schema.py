"""JSON schemas (2020-12) of features' values.

A limit of a feature is one of the schema only where the guard rejects what breaks it; what is flagged is allowed.
"""

from typing import Any

from functions.domain.contract import Feature, Guard
from functions.domain.number_columns import FLOAT32_MAX, INT64_MAX, INT64_MIN

Schema = dict[str, Any]


def object_schema(properties: Schema, *optional: str, **more: Any) -> Schema:
    """An object with these properties, all of them required but the `optional` ones."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, **more}


def array_schema(items: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": items, **more}


def value_schema(feature: Feature, guard: Guard) -> Schema:
    """A feature's value in one row: a scalar, or a list for a vector."""
    schema = scalar_schema(feature, guard)
    if feature.size is None:
        return schema
    return array_schema(schema, minItems=feature.size, maxItems=feature.size)


def scalar_schema(feature: Feature, guard: Guard) -> Schema:
    """A single value of a feature."""
    schema: Schema = {"type": "string" if feature.type == "string" else "boolean"}
    if feature.type in ("float32", "int64"):
        schema = _number(feature, guard)
    if feature.categories is not None:
        known = list(feature.categories)
        if guard.unknown_category == "reject":
            schema["enum"] = [*known, "", None] if feature.nullable else known
        else:
            schema["description"] = f"Anything but {', '.join(str(category) for category in known)} is flagged."
    if feature.nullable:
        schema["type"] = [schema["type"], "null"]
    return schema


def example(feature: Feature) -> Any:
    """A value that the feature may have."""
    value: Any
    if feature.categories:
        value = feature.categories[0]
    elif feature.type == "string":
        value = "text"
    elif feature.type == "bool":
        value = True
    else:
        low, high = feature.min, feature.max
        middle = (low + high) / 2 if low is not None and high is not None else low if low is not None else high or 0
        value = round(middle) if feature.type == "int64" else float(middle)
    return value if feature.size is None else [value] * feature.size


def _number(feature: Feature, guard: Guard) -> Schema:
    whole = feature.type == "int64"
    low, high = (INT64_MIN, INT64_MAX) if whole else (-FLOAT32_MAX, FLOAT32_MAX)
    schema: Schema = {"type": "integer" if whole else "number", "format": "int64" if whole else "float"}
    if guard.out_of_range == "reject":
        low = low if feature.min is None else feature.min
        high = high if feature.max is None else feature.max
    elif not feature.min is feature.max is None:
        schema["description"] = f"Below {feature.min} or above {feature.max} is flagged."
    return {**schema, "minimum": int(low) if whole else low, "maximum": int(high) if whole else high}
