"""One stage of one account, seen from a person's machine: the local cloud, or an AWS account."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from functions.domain.errors import NotFoundError, UnavailableError
from functions.domain.names import LOCAL_ACCOUNT, LOCAL_REGION, LOCAL_STAGE, Names
from trimtab.project import Project

LOCAL = LOCAL_STAGE
ROLL_OUT_TIMEOUT_S = 900  # Lambda's own limit: a SnapStart version takes minutes to become active


@dataclass(frozen=True, slots=True)
class Stage:
    """Where commands go. `endpoint` is the local cloud's AWS endpoint, `state` its folder; None in AWS itself."""

    names: Names
    endpoint: str | None = None
    state: Path | None = None

    @property
    def name(self) -> str:
        return self.names.stage

    @property
    def is_local(self) -> bool:
        return self.endpoint is not None

    def client(self, service: str) -> Any:
        """A boto3 client for this stage."""
        config = Config(read_timeout=ROLL_OUT_TIMEOUT_S, retries={"mode": "standard", "total_max_attempts": 3})
        if service == "lambda":  # a roll-out that is still at work must not be asked for twice
            config = config.merge(Config(retries={"total_max_attempts": 1}))
        if not self.is_local:
            return boto3.client(service, region_name=self.names.region, config=config)
        return boto3.client(
            service,
            region_name=self.names.region,
            endpoint_url=self.endpoint,
            aws_access_key_id=self.names.account,
            aws_secret_access_key="local",  # noqa: S106 - the local cloud's, no secret
            config=config.merge(Config(s3={"addressing_style": "path"})),
        )


def running_cloud(project: Project) -> dict[str, Any] | None:
    """What the running local cloud says of itself (`pid`, `gateway`, `endpoint`), or None when none runs."""
    try:
        about: dict[str, Any] = json.loads((project.cloud_state / "cloud.json").read_text())
        os.kill(about["pid"], 0)  # one that was killed left its file behind
    except (FileNotFoundError, ProcessLookupError):
        return None
    return about


def open_stage(project: Project, name: str) -> Stage:
    """The stage of that name.

    Raises:
        UnavailableError: the local cloud does not run, or AWS does not know who we are.
        NotFoundError: no AWS region is set.
    """
    if name == LOCAL:
        about = running_cloud(project)
        if about is None:
            raise UnavailableError("the local cloud is not running: start it with `trimtab up --background`")
        return Stage(Names(LOCAL, LOCAL_ACCOUNT, LOCAL_REGION), about["endpoint"], project.cloud_state)
    session = boto3.session.Session()
    if session.region_name is None:
        raise NotFoundError("no AWS region is set: set AWS_REGION, or `region` in your AWS profile")
    account = session.client("sts").get_caller_identity()["Account"]
    return Stage(Names(name, account, session.region_name))
