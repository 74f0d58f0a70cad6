"""The text of the files that `trimtab new` writes."""

import json
import re

from functions.adapters.model_settings import TIME
from trimtab.column_types import ColumnType
from trimtab.scaffold_plan import Plan

DATA = "data.csv"
MATURES_AFTER = "1d"
BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")

MODEL_TOML = """\
# Inferred by `trimtab new` from {source}. docs/model-toml.md says what each key does.

[model]
name = {name}
task = "{task}"  # {why}
owner = ""
description = {description}
intended_use = ""
limitations = {limitations}

# Ranges and categories are those of the {rows} rows in {source}. A row beyond them is answered, and flagged. To have
# such rows rejected, make the ranges those that can be, complete the categories, and write "reject" in [guard].
{features}
[label]
name = {label}{positive}
matures_after = "{matures_after}"  # a guess: how long after a prediction its truth is known as a rule

[train]
estimator = "estimator:build"
seed = 0
holdout = 0.2  # {holdout}
schedule = "monthly"  # retrain also without a verdict: the gate refuses what is not better
window = "auto"  # learn from all of the log, or from its newest rows alone where that does far better
min_labels = {min_labels}  # {min_labels_why}

[guard]
out_of_range = "flag"
unknown_category = "flag"
max_rows = 1000

# How it is judged once it is live. A window of whole weeks does not mistake a weekend for drift.
[evaluate]
schedule = "{schedule}"
window = "{window}"  # {window_why}
slices = [{slices}]  # performance is also told by the values of these features

# A challenger takes over if it is better on the newest labelled rows, and that is this sure.
[gate]
confidence = 0.9
parity_tolerance = 1e-5

# It gets all of the traffic after its smoke test. For shares of it first, judged on labels too: steps = [0.1, 0.5]
[rollout]
steps = []
watch = "1d"  # for so long an alarm takes it back

[api]
auth = "api_key"
rate = 50
burst = 100
quota = 1_000_000
"""

ESTIMATOR = '''\
"""The estimator: boosted trees on the features as they come{encoded}."""

{imports}


def build() -> {kind}:
    """An unfitted estimator; its columns are the features in the order of model.toml.

    No scaler: trees split by order, and a scaler before them makes ONNX round to the other side of a split.
    """
{body}
'''

IMPORT_TREES = "from sklearn.ensemble import {trees}"
IMPORTS_ENCODED = """\
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import {trees}
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OrdinalEncoder

CATEGORICAL = {categorical}  # {names}"""
BODY_ENCODED = """\
    encode = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    columns = ColumnTransformer([("categories", encode, CATEGORICAL)], remainder="passthrough")
    return Pipeline([("columns", columns), ("trees", {trees}(learning_rate=0.05))])"""

DATASET = '''\
"""The data set: {data}, copied from {source}.

Replace it by whatever gives these columns: a query, a file, an API.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from functions.adapters.csv_file import read_columns

COLUMNS = {{
{columns}
}}


def load() -> Mapping[str, Any]:
    """Each feature of model.toml and the label (None where it is not known){time}."""
    {body}
'''


def model_toml(plan: Plan) -> str:
    """The folder's model.toml."""
    positive = plan.label.positive
    missing = "" if plan.label.missing == 0 else f" {plan.label.missing} rows without a label were not learnt from."
    return MODEL_TOML.format(
        source=_comment(plan.source),
        rows=f"{plan.rows:,}",
        name=quoted(plan.name),
        task=plan.label.task,
        why=_comment(plan.label.why),
        description=quoted(f"Predicts {plan.label.name} from {len(plan.features)} columns of {plan.source}."),
        limitations=quoted(f"Learnt from {plan.source} alone, and reviewed by nobody yet.{missing}"),
        features="\n".join(_feature(column) for column in plan.features),
        label=quoted(plan.label.name),
        positive="" if positive is None else f"\npositive = {_value(positive)}",
        matures_after=MATURES_AFTER,
        schedule=plan.schedule,
        window=plan.window,
        window_why=plan.window_why,
        min_labels=f"{plan.min_labels:_}",
        min_labels_why=plan.min_labels_why,
        slices=", ".join(quoted(name) for name in plan.slices),
        holdout="the newest share, to measure on" if plan.time else "a share chosen by the seed, to measure on",
    )


def estimator_py(plan: Plan) -> str:
    """The folder's estimator.py: histogram gradient boosting, with strings as ordinal codes."""
    trees = f"HistGradientBoosting{'Regressor' if plan.label.task == 'regression' else 'Classifier'}"
    strings = {index: column.name for index, column in enumerate(plan.features) if column.kind == "string"}
    if not strings:
        imports = IMPORT_TREES.format(trees=trees)
        return ESTIMATOR.format(encoded="", imports=imports, kind=trees, body=f"    return {trees}(learning_rate=0.05)")
    names = _comment(", ".join(strings.values()))
    imports = IMPORTS_ENCODED.format(trees=trees, categorical=list(strings), names=names[:80])
    body = BODY_ENCODED.format(trees=trees)
    return ESTIMATOR.format(encoded=", texts as ordinal codes", imports=imports, kind="Pipeline", body=body)


def dataset_py(plan: Plan) -> str:
    """The folder's dataset.py: reads the copy of the CSV file."""
    kinds = {column.name: column.kind for column in plan.features} | {plan.label.name: plan.label.kind}
    body, time = f'return read_columns(Path(__file__).with_name("{DATA}"), COLUMNS)', ""
    if plan.time is not None:
        kinds[plan.time.name] = plan.time.kind
        body = (
            f'columns = read_columns(Path(__file__).with_name("{DATA}"), COLUMNS)\n'
            f'    return {{**columns, "{TIME}": columns[{quoted(plan.time.name)}]}}'
        )
        time = f", and `{TIME}` in UTC: when a row happened"
    columns = "\n".join(f"    {quoted(name)}: {quoted(kind)}," for name, kind in kinds.items())
    return DATASET.format(data=DATA, source=_comment(plan.source), columns=columns, body=body, time=time)


def quoted(text: str) -> str:
    """A string literal that TOML and Python read alike."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _feature(column: ColumnType) -> str:
    key = column.name if BARE_KEY.fullmatch(column.name) else quoted(column.name)
    lines = [f"[features.{key}]", f'type = "{column.kind}"']
    if column.min is not None:
        lines += [f"min = {_value(column.min)}", f"max = {_value(column.max)}"]
    if column.categories is not None:
        lines.append(f"categories = [{', '.join(quoted(category) for category in column.categories)}]")
    if column.missing:
        lines.append(f"nullable = true  # missing in {column.missing:,} rows")
    return "\n".join([*lines, ""])


def _value(value: object) -> str:
    """A number, bool or text as TOML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    return quoted(value) if isinstance(value, str) else repr(value)


def _comment(text: str) -> str:
    """Text that stays within a comment or a docstring."""
    return re.sub(r"[^\w .,;:()'%+@/-]", "_", text)
