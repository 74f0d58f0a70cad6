"""Evidently on the same window: drift, summary and classification. `python evaluate_evidently.py FOLDER`."""

import json
import sys
import warnings
from pathlib import Path

import pandas as pd
from evidently import BinaryClassification, DataDefinition, Dataset, Report
from evidently.presets import ClassificationPreset, DataDriftPreset, DataSummaryPreset

warnings.filterwarnings("ignore")


def main(folder: Path) -> None:
    about = json.loads((folder / "columns.json").read_text())
    definition = DataDefinition(
        numerical_columns=about["numbers"],
        categorical_columns=about["texts"],
        classification=[
            BinaryClassification(target="label", prediction_probas="score", prediction_labels="prediction", pos_label=1)
        ],
    )
    window, reference = (pd.read_parquet(folder / f"{name}.parquet") for name in ("window", "reference"))
    current = Dataset.from_pandas(window, data_definition=definition)
    before = Dataset.from_pandas(reference, data_definition=definition)
    Report([DataDriftPreset(), DataSummaryPreset()]).run(current, before).dict()
    known = window[window["label"].notna()].astype({"label": int})
    labelled = Dataset.from_pandas(known, data_definition=definition)
    Report([ClassificationPreset()]).run(labelled, before).dict()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
