"""`trimtab new`: a model's folder from a CSV file, which trains and deploys as it stands."""

import re
import shutil
import tempfile
import tomllib
from pathlib import Path

from functions.adapters.csv_file import read_table
from functions.adapters.model_folder import SETTINGS_FILE, parse_settings
from functions.adapters.model_settings import MODEL_NAME
from functions.domain.errors import ModelFolderError
from trimtab import scaffold_files
from trimtab.scaffold_plan import Progress, make_plan


def new(name: str, csv: Path, label: str, models_root: Path, report: Progress) -> Path:
    """Write `models_root/name` with model.toml, estimator.py, dataset.py and a copy of the CSV; returns the folder.

    `report` is told what was inferred and which columns were left out, and why.

    Raises:
        ModelFolderError: the name is taken or no name, or the file cannot be learnt from; says where and what to do.
    """
    folder = models_root / name
    if not re.fullmatch(MODEL_NAME, name) or len(name) > 32:
        raise ModelFolderError(f"{name!r} is no model name: up to 32 lower-case letters, digits and single hyphens")
    if folder.exists():
        raise ModelFolderError(f"{folder} exists: choose another name, or remove it")
    plan = make_plan(name, read_table(csv), label, report)
    models_root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=models_root, prefix=f".{name}-") as work:
        fresh = Path(work) / name
        fresh.mkdir()
        shutil.copyfile(csv, fresh / scaffold_files.DATA)
        settings = scaffold_files.model_toml(plan)
        parse_settings(tomllib.loads(settings), SETTINGS_FILE)
        (fresh / SETTINGS_FILE).write_text(settings, encoding="utf-8")
        (fresh / "estimator.py").write_text(scaffold_files.estimator_py(plan), encoding="utf-8")
        (fresh / "dataset.py").write_text(scaffold_files.dataset_py(plan), encoding="utf-8")
        fresh.rename(folder)
    return folder
