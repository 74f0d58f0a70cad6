"""NannyML's CBPE, fitted on reference.parquet, of each week in weeks.parquet. `cbpe_nannyml.py FOLDER` prints JSON."""

import json
import os
import sys
import time
import warnings
from pathlib import Path

os.environ["NML_DISABLE_USAGE_LOGGING"] = "1"

import nannyml as nml
import pandas as pd

warnings.filterwarnings("ignore")
METRICS = ["roc_auc", "average_precision", "accuracy", "f1"]


def main(folder: Path) -> None:
    reference, weeks = (pd.read_parquet(folder / f"{name}.parquet") for name in ("reference", "weeks"))
    begun = time.perf_counter()
    estimator = nml.CBPE(
        problem_type="classification_binary",
        metrics=METRICS,
        y_pred_proba="score",
        y_pred="prediction",
        y_true="label",
        chunk_number=1,
    )
    estimator.fit(reference)
    found = []
    for _, rows in weeks.groupby("week", sort=True):
        estimate = estimator.estimate(rows.drop(columns="week").reset_index(drop=True))
        frame = estimate.filter(period="analysis").to_df()
        found.append({name: float(frame[(name, "value")].iloc[0]) for name in METRICS})
    print(json.dumps({"version": nml.__version__, "seconds": time.perf_counter() - begun, "weeks": found}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
