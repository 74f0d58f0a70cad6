"""The model behind FastAPI and Mangum, with a log in Firehose by boto3, as their documentation has one write it."""

import json
import os
from pathlib import Path

import boto3
import numpy as np
import onnxruntime
from fastapi import FastAPI
from mangum import Mangum
from pydantic import BaseModel, Field


class Flight(BaseModel):
    carrier: str
    origin: str
    dest: str
    departure_minute: int = Field(ge=0, le=1439)
    arrival_minute: int = Field(ge=0, le=1439)
    weekday: int = Field(ge=1, le=7)
    distance: float = Field(ge=10, le=6000)
    temperature: float | None = Field(ge=-40, le=130)
    humidity: float | None = Field(ge=0, le=100)
    wind_direction: float | None = Field(ge=0, le=360)
    wind_speed: float | None = Field(ge=0, le=150)
    precipitation: float | None = Field(ge=0, le=10)
    pressure: float | None = Field(ge=850, le=1100)
    visibility: float | None = Field(ge=0, le=10)


class Flights(BaseModel):
    rows: list[Flight] = Field(min_length=1, max_length=1000)


class Prediction(BaseModel):
    label: bool
    probability: float


class Predictions(BaseModel):
    predictions: list[Prediction]


DTYPES = {"tensor(float)": np.float32, "tensor(int64)": np.int64, "tensor(string)": np.object_}

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(Path(os.environ["MODEL_DIR"]) / "model.onnx", options)
inputs = [(tensor.name, DTYPES[tensor.type]) for tensor in session.get_inputs()]
stream = os.environ.get("STREAM")  # the warm comparison keeps no log here
firehose = boto3.client("firehose") if stream else None
app = FastAPI()


@app.post("/models/flights/predict")
async def predict(flights: Flights) -> Predictions:
    feeds = {name: np.array([getattr(row, name) for row in flights.rows], dtype)[:, None] for name, dtype in inputs}
    labels, probabilities = session.run(None, feeds)
    predictions = Predictions(
        predictions=[
            Prediction(label=label, probability=probability)
            for label, probability in zip(labels.tolist(), probabilities[:, 1].tolist(), strict=True)
        ]
    )
    if firehose:
        record = {"inputs": flights.model_dump()["rows"], "outputs": predictions.model_dump()["predictions"]}
        firehose.put_record(DeliveryStreamName=stream, Record={"Data": json.dumps(record).encode() + b"\n"})
    return predictions


handler = Mangum(app, lifespan="off")
