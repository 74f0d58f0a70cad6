"""Two clouds to roll out in: one of strict fakes, and one of moto made strict."""

import io
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from itertools import count
from typing import Any

import boto3
from moto import mock_aws

from functions.adapters.artifacts import Artifacts
from functions.adapters.lambda_releases import LambdaReleases
from functions.adapters.monitoring_registry import MonitoringRegistry
from functions.adapters.registry_store import Store
from functions.adapters.registry_table import RegistryTable
from functions.adapters.signatures import Signatures
from functions.adapters.signed_versions import SignedVersions
from functions.bootstrap.alias import ensure_live
from functions.domain.audit import verify
from functions.domain.caller import person_of
from functions.domain.names import Names
from functions.domain.release_artifact import Artifact
from functions.domain.release_function import FunctionState, Releases, is_bootstrap
from functions.roll_out.commands import obeyed
from functions.roll_out.run import Services, Tools, tools_on
from tests.contract.fake_kms import KEY, FakeKms
from tests.contract.fake_lambda import FakeLambda
from tests.contract.fake_s3 import FakeS3
from tests.contract.fake_table import FakeTable
from tests.contract.strict_moto import StrictLambda
from tests.functions.register.registering import Registering, register_tools
from tests.functions.roll_out.around import FakeEvents, FakeGate, FakeMetrics, settings_of
from tests.functions.roll_out.trained import MODEL, Predict, prefix_of
from trimtab.deploy import Deployment

NAMES = Names("test", account="", region="")
FUNCTION = NAMES.function("predict", MODEL)
BUCKET, TABLE = "trimtab-test-artifacts", NAMES.registry_table
TIME = "2013-03-01T00:00:00Z"
_RUNS = count(1)


class Stopwatch:
    """Waits take no time, and count."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def pause(self, seconds: float) -> None:
        self.seconds += seconds

    def elapsed(self) -> float:
        return self.seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTools(Tools):
    """What `roll_out` works with, and `register` beside it on the same clients: a deployment goes through both."""

    registering: Registering


def beside(tools: Tools, registering: Registering) -> StageTools:
    return StageTools(*(getattr(tools, each.name) for each in fields(tools)), registering=registering)


class Around:
    """What a rollout hears and tells: the same fakes in both clouds."""

    def __init__(self, store: Store, **rollout: Any) -> None:
        self.metrics, self.gate, self.events = FakeMetrics(), FakeGate(), FakeEvents()
        self.settings = MonitoringRegistry(store)
        self.configure(**rollout)

    def configure(self, **rollout: Any) -> None:
        """Deploy the model's settings with these in [rollout]."""
        self.settings.configure(settings_of(MODEL, **rollout), "a deployment", "2013-01-01T00:00:00Z")


class FakeWorld:
    def __init__(self, predict: Predict, slow: int = 0, **rollout: Any) -> None:
        self.predict = predict
        self.table, self.s3, self.kms = FakeTable(), FakeS3(), FakeKms()
        self.cloud = FakeLambda(predict, self.s3.objects, slow)
        self.cloud.create(FUNCTION, SnapStart={"ApplyOn": "PublishedVersions" if slow else "None"})
        self.watch = Stopwatch()
        self.around = Around(self.table, **rollout)
        ensure_live(self.cloud, FUNCTION)

    def tools(self, watched: Callable[[Any], Any] = lambda fake: fake) -> StageTools:
        """Tools that work with the world's fakes, each as `watched` has it."""
        around, table, s3, kms = self.around, watched(self.table), watched(self.s3), watched(self.kms)
        services = Services(
            watched(self.cloud),
            SignedVersions(Artifacts(s3, BUCKET), Signatures(kms, KEY)),
            watched(around.metrics),
            watched(around.gate),
            watched(around.events),
        )
        registering = Registering(register_tools(table, s3, BUCKET, kms, pause=self.watch.pause))
        return beside(tools_on(table, services, NAMES, self.watch.pause, self.watch.elapsed), registering)

    def upload(self, artifact: Artifact) -> None:
        for name, body in artifact.files.items():
            self.s3.put_object(BUCKET, prefix_of(artifact) + name, body)

    def change_code(self, code: str) -> None:
        self.cloud.change_code(FUNCTION, code)


class MotoWorld:
    def __init__(self, predict: Predict, **rollout: Any) -> None:
        self.predict = predict
        boto3.client("dynamodb", region_name="us-east-1").create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            BillingMode="PAY_PER_REQUEST",
        )
        self.s3 = boto3.client("s3", region_name="us-east-1")
        self.s3.create_bucket(Bucket=BUCKET)
        trust = boto3.client("iam", region_name="us-east-1")
        role = trust.create_role(RoleName="predict", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        self.strict = StrictLambda(predict)
        self.plain = self.strict.client()
        self.plain.create_function(
            FunctionName=FUNCTION,
            Role=role,
            Runtime="python3.13",
            Handler="functions.predict.handler.handler",
            Code={"ZipFile": code_zip("code-1")},
            Environment={"Variables": {"MODEL": MODEL}},
        )
        ensure_live(LambdaReleases(self.plain), FUNCTION)
        made = boto3.client("kms", region_name="us-east-1").create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
        self.key: str = made["KeyMetadata"]["Arn"]
        self.watch = Stopwatch()
        self.around = Around(RegistryTable(self.clients()["dynamodb"], TABLE), **rollout)
        self._tools = self.tools(self.clients())

    def clients(self) -> dict[str, Any]:
        return {
            "dynamodb": boto3.client("dynamodb", region_name="us-east-1"),
            "s3": boto3.client("s3", region_name="us-east-1"),
            "kms": boto3.client("kms", region_name="us-east-1"),
            "lambda": self.strict.client(),
        }

    def tools(self, clients: dict[str, Any] | None = None) -> StageTools:
        """Tools that work with these clients, or with the world's own."""
        if clients is None:
            return self._tools
        around, s3, kms = self.around, clients["s3"], clients["kms"]
        table = RegistryTable(clients["dynamodb"], TABLE, self.watch.pause)
        services = Services(
            LambdaReleases(clients["lambda"]),
            SignedVersions(Artifacts(s3, BUCKET), Signatures(kms, self.key)),
            around.metrics,
            around.gate,
            around.events,
        )
        registering = Registering(register_tools(table, s3, BUCKET, kms, self.key, self.watch.pause))
        return beside(tools_on(table, services, NAMES, self.watch.pause, self.watch.elapsed), registering)

    def upload(self, artifact: Artifact) -> None:
        for name, body in artifact.files.items():
            self.s3.put_object(Bucket=BUCKET, Key=prefix_of(artifact) + name, Body=body)

    def change_code(self, code: str) -> None:
        self.plain.update_function_code(FunctionName=FUNCTION, ZipFile=code_zip(code))


@contextmanager
def moto_world(predict: Predict, **rollout: Any) -> Iterator[MotoWorld]:
    with mock_aws():
        yield MotoWorld(predict, **rollout)


def code_zip(code: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("handler.py"), code)
    return buffer.getvalue()


def deploys(
    tools: StageTools,
    artifact: Artifact,
    actor: str = "ann",
    time: str = TIME,
    run: str | None = None,
    now: bool = False,
) -> Deployment:
    """A deployment of an uploaded artifact, as `trimtab deploy` has the management API do it: one run of `register`,
    and one of `roll_out` where the version waits for nobody.
    """
    model = artifact.model
    registered = tools.registering.register(model, prefix_of(artifact), actor, person_of(actor), time)
    number, waits, steps = registered["version"], registered["waits"], registered["steps"]
    if waits is not None:
        return Deployment(model, number, None, None, 0.0, bool(steps), steps, waits)
    event = {"action": "roll_out", "model": model, "actor": actor, "time": time, "version": number, "now": now}
    answer = obeyed(tools, event, run or f"run-{next(_RUNS)}")
    answer |= {"steps": [*steps, *answer["steps"]], "changed": bool(steps) or answer["changed"]}
    return Deployment(**answer)


def live(releases: Releases) -> FunctionState:
    """The version that `live` points to."""
    alias = releases.alias(FUNCTION)
    assert alias is not None
    assert not alias.weights
    return releases.version(FUNCTION, int(alias.version))


def assert_sound(tools: Tools) -> None:
    """What holds at any time: live is tested or bootstrap, numbers are dense, pairs are single, the chain is whole."""
    status = tools.registry.status(MODEL)
    state = live(tools.releases)
    if not is_bootstrap(state):
        assert tools.registry.release(MODEL, state.number).state == "tested"
    assert [version.number for version in status.versions] == list(range(1, status.record.versions + 1))
    pairs = [(release.model_version, release.code_digest) for release in status.releases if release.pruned_at is None]
    assert len(set(pairs)) == len(pairs)
    assert verify(tools.registry.audit(), tools.registry.audit_head()) == []
