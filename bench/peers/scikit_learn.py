"""The fitted pipeline itself in a plain handler: joblib to load it, a pandas DataFrame to feed it."""

import base64
import json
import os
from typing import Any

import joblib
import pandas as pd

pipeline = joblib.load(os.environ["PIPELINE"])


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    rows = json.loads(base64.b64decode(event["body"]))["rows"]
    frame = pd.DataFrame(rows)
    probabilities = pipeline.predict_proba(frame)[:, 1]
    predictions = [{"label": bool(p >= 0.5), "probability": float(p)} for p in probabilities]
    body = json.dumps({"predictions": predictions})
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": body}
