"""NannyML on the same window: univariate drift, realised and estimated performance. `evaluate_nannyml.py FOLDER`."""

import json
import os
import sys
import warnings
from pathlib import Path

os.environ["NML_DISABLE_USAGE_LOGGING"] = "1"

import nannyml as nml
import pandas as pd

warnings.filterwarnings("ignore")
METRICS = ["roc_auc", "f1", "accuracy", "average_precision"]


def main(folder: Path) -> None:
    about = json.loads((folder / "columns.json").read_text())
    window, reference = (pd.read_parquet(folder / f"{name}.parquet") for name in ("window", "reference"))
    one = {"chunk_number": 1}
    drift = nml.UnivariateDriftCalculator(
        column_names=[*about["numbers"], *about["texts"], "score"],
        treat_as_categorical=about["texts"],
        continuous_methods=["jensen_shannon", "wasserstein"],
        categorical_methods=["jensen_shannon"],
        **one,
    )
    drift.fit(reference)
    drift.calculate(window).to_df()
    named = {"y_pred_proba": "score", "y_pred": "prediction", "y_true": "label"}
    realised = nml.PerformanceCalculator(problem_type="classification_binary", metrics=METRICS, **named, **one)
    realised.fit(reference)
    realised.calculate(window[window["label"].notna()]).to_df()
    estimated = nml.CBPE(problem_type="classification_binary", metrics=METRICS, **named, **one)
    estimated.fit(reference)
    estimated.estimate(window).to_df()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
