"""docs/model-toml.md: every key is there, no other is, and its examples train."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from pydantic import BaseModel

from functions.adapters.model_settings import FeatureSettings, ModelSettings
from tests.unit.folders import trained, write_folder

PAGE = (Path(__file__).parents[2] / "docs" / "model-toml.md").read_text(encoding="utf-8")


def tables() -> dict[str, type[BaseModel]]:
    """The schema's tables by the heading that the page gives them."""
    found: dict[str, type[BaseModel]] = {"[features.X]": FeatureSettings}
    for name, field in ModelSettings.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            found[f"[{field.alias or name}]"] = field.annotation
    return found


def section(heading: str) -> str:
    return PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def documented(heading: str) -> dict[str, str]:
    """The keys in a section's table, with the default that it names."""
    rows = [line.split("|") for line in section(heading).splitlines() if line.startswith("| `")]
    return {key: row[2].strip() for row in rows for key in re.findall(r"`(\w+)`", row[1])}


@pytest.mark.parametrize("heading", tables())
def test_each_key_is_documented_and_no_other(heading: str) -> None:
    assert set(documented(heading)) == set(tables()[heading].model_fields)


@pytest.mark.parametrize("heading", tables())
def test_each_default_is_the_one_documented(heading: str) -> None:
    for name, field in tables()[heading].model_fields.items():
        said = documented(heading)[name].strip("`").replace("_", "") if documented(heading)[name] else None
        if field.is_required():
            assert said is None, name
        elif isinstance(field.default, bool):
            assert said == str(field.default).lower(), name
        elif isinstance(field.default, str):
            assert said == f'"{field.default}"'.replace("_", ""), name
        elif field.default == ():
            assert said in ("none", "all of the task"), name
        elif isinstance(field.default, tuple):
            assert said == json.dumps(field.default).replace("_", ""), name
        elif field.default is not None:
            assert float(said or "nan") == field.default, name


def example(name: str) -> str:
    return PAGE.partition(f"```python\n# {name}.py\n")[2].partition("```")[0]


SETTINGS = """
[model]
name = "small"
task = "binary"
[features.a]
type = "float32"
[features.b]
type = "float32"
[label]
name = "y"
positive = 1
[train]
"""


@pytest.mark.parametrize(("road", "file"), [("estimator", "estimator:build"), ("export", "lightgbm_export:export")])
def test_its_examples_train(tmp_path: Path, road: str, file: str) -> None:
    module = file.partition(":")[0]
    folder = write_folder(
        tmp_path, f'{SETTINGS}{road} = "{file}"', dataset=example("dataset"), **{module: example(module)}
    )
    chance = np.random.default_rng(0)
    rows = [f"{a:.3f},{b:.3f},{int(a + b > 0)}" for a, b in chance.normal(size=(300, 2))]
    (folder / "data.csv").write_text("\n".join(["a,b,y", *rows]))

    result = trained(folder)

    assert result.parity is not None
    assert (result.metrics["roc_auc"] or 0) > 0.9
