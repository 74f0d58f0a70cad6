"""A local cloud with the real templates of two models, in which an echo stands behind the gateway.

What is tried is who gets through: roles, policies and routes are those that are deployed; the functions behind the
routes say which route was reached and by whom, and change nothing.
"""

import io
import json
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import urllib3
from botocore.credentials import Credentials

from functions.domain.names import LOCAL_REGION
from tests.contract.local.cloud import LocalCloud
from trimtab.signing import signed_headers

MODELS = ("tides", "tides-2")  # one name begins as the other does
TOML = """
[model]
name = "{name}"
task = "regression"
[features.moon]
type = "float32"
[label]
name = "height"
[train]
onnx = "model.onnx"
[api]
auth = "iam"
rate = 1000
burst = 1000
"""
ECHO = """
import json

def handler(event, context):
    reached = {"route": event["resource"], "by": event["requestContext"]["identity"]["userArn"]}
    return {"statusCode": 200, "body": json.dumps(reached)}
"""
ANSWER = frozenset(f"functions.{verb}.handler.handler" for verb in ("manage", "predict", "ingest"))


def write_models(root: Path) -> Path:
    """A project's root with the two models."""
    for name in MODELS:
        (root / "models" / name).mkdir(parents=True)
        (root / "models" / name / "model.toml").write_text(TOML.format(name=name))
    return root


def put_echo_behind(assembly: Path) -> None:
    """Let an echo stand for each function that answers a route, in a synthesised assembly."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo("echo.py"), ECHO)
    digest = sha256(packed.getvalue()).hexdigest()
    (assembly / f"asset.{digest}.zip").write_bytes(packed.getvalue())
    for path in assembly.glob("*.template.json"):
        template = json.loads(path.read_text())
        for resource in template["Resources"].values():
            if resource["Type"] == "AWS::Lambda::Function" and resource["Properties"]["Handler"] in ANSWER:
                resource["Properties"] |= {"Handler": "echo.handler"}
                resource["Properties"]["Code"]["S3Key"] = f"{digest}.zip"
        path.write_text(json.dumps(template))
        _stage_asset(assembly / path.name.replace(".template.", ".assets."), digest)


def _stage_asset(manifest: Path, digest: str) -> None:
    read: dict[str, Any] = json.loads(manifest.read_text())
    zips = [file for file in read["files"].values() if file["source"]["path"].endswith(".zip")]
    destination = json.loads(json.dumps(zips[0]["destinations"]))
    for one in destination.values():
        one["objectKey"] = f"{digest}.zip"
    source = {"path": f"asset.{digest}.zip", "packaging": "file"}
    read["files"][digest] = {"source": source, "destinations": destination}
    manifest.write_text(json.dumps(read))


class Signer:
    """Who calls: a connection, and keys to sign with."""

    pool = urllib3.PoolManager(maxsize=4, timeout=60, retries=False)

    def __init__(self, cloud: LocalCloud, key_id: str, secret: str, token: str | None = None) -> None:
        self._cloud, self._credentials = cloud, Credentials(key_id, secret, token)

    def ask(self, method: str, path: str) -> urllib3.BaseHTTPResponse:
        url, body = self._cloud.gateway + path, b"{}" if method == "POST" else None
        kind = {"Content-Type": "application/json"}
        headers = signed_headers(self._credentials, LOCAL_REGION, method, url, body, kind)
        return self.pool.request(method, url, body=body, headers=headers)

    def may(self, method: str, path: str) -> bool:
        """Whether the gateway lets it through; what it answers otherwise is API Gateway's refusal."""
        answer = self.ask(method, path)
        if answer.status == 200:
            return True
        assert (answer.status, answer.headers["x-amzn-ErrorType"]) == (403, "AccessDeniedException"), answer.data
        return False
