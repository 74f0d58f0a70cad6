"""Fit the model's own estimator on a DataFrame: `python fit_scikit_learn.py MODEL_FOLDER TRAINING_ROWS PIPELINE`."""

import json
import sys
from pathlib import Path

import joblib
import pandas as pd

folder, rows_file, pipeline_file = sys.argv[1:]
sys.path.insert(0, folder)

from estimator import build  # noqa: E402 - the model's folder is on the path only now

training = json.loads(Path(rows_file).read_text())
pipeline = build().set_params(trees__random_state=0)
rows = pd.DataFrame(training["rows"])
floats = rows.select_dtypes("float64").columns
pipeline.fit(rows.astype(dict.fromkeys(floats, "float32")), training["labels"])
joblib.dump(pipeline, pipeline_file)
