"""Read back what was logged: the raw prediction records of a model in the data bucket."""

import gzip
import json
from collections.abc import Iterator
from typing import Any

from trimtab.stage import Stage


def prediction_records(stage: Stage, model: str) -> Iterator[dict[str, Any]]:
    """Every prediction record of a model that has reached S3, in the order of its objects' keys."""
    s3, bucket = stage.client("s3"), stage.names.data_bucket
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"raw/predictions/model={model}/")
    for page in pages:
        for entry in page.get("Contents", []):
            body = s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
            for line in gzip.decompress(body).splitlines():
                yield json.loads(line)
