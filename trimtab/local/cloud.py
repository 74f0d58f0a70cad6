"""The local cloud put together: one process with moto, Lambda, Firehose, the AWS endpoint and the gateway."""

import os
import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.parse import quote

from functions.domain.errors import UnavailableError
from functions.domain.names import LOCAL_ACCOUNT, LOCAL_REGION
from trimtab.local.assembly import read_assembly
from trimtab.local.client_keys import ClientKeys
from trimtab.local.clock import Clock
from trimtab.local.control import Control
from trimtab.local.credentials import Credentials
from trimtab.local.custom_resource import CustomResources
from trimtab.local.deployment import Deployment
from trimtab.local.faults import Faults
from trimtab.local.firehose import Firehose
from trimtab.local.front import Front
from trimtab.local.function_target import FunctionTargets
from trimtab.local.gateway import BODY_LIMIT, Gateway
from trimtab.local.gateway_metrics import GatewayMetrics
from trimtab.local.http_message import Request
from trimtab.local.http_server import HttpServer
from trimtab.local.iam_actions import Place
from trimtab.local.invocation import Result
from trimtab.local.invoker import Invoker
from trimtab.local.journal import Journal
from trimtab.local.key_policies import key_policies
from trimtab.local.lambda_api import LambdaApi
from trimtab.local.lambda_code import CodeStore
from trimtab.local.lambda_errors import LambdaError, invalid
from trimtab.local.lambda_functions import Functions
from trimtab.local.lambda_layers import Layers
from trimtab.local.lambda_metrics import LambdaMetrics
from trimtab.local.lambda_records import FunctionFiles, split_name
from trimtab.local.lambda_service import LambdaService
from trimtab.local.log_search import LogSearch
from trimtab.local.log_sink import LogSink
from trimtab.local.metric_store import MetricStore
from trimtab.local.metrics_api import MetricsApi
from trimtab.local.moto_app import Moto
from trimtab.local.moto_interpreter import Interpreter
from trimtab.local.not_done import not_done
from trimtab.local.principal_rights import PrincipalRights
from trimtab.local.resources.resource_type import Context
from trimtab.local.role_calls import RoleCalls
from trimtab.local.role_sessions import RoleSessions
from trimtab.local.routes import api_prefix, read_apis
from trimtab.local.runtime_folder import runtime_folder
from trimtab.local.signing_keys import SigningKeys
from trimtab.local.stacks import Stacks
from trimtab.local.state_folder import StateFolder
from trimtab.local.state_machine_target import StateMachineTargets
from trimtab.local.throttle import Quotas
from trimtab.local.under_way import UnderWay
from trimtab.local.watch import Watch

INVOKE_URL = re.compile(r"^https://([a-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com/([^/]+)$")
DRAIN_S = 5.0


class Cloud:
    """`start` brings it up, `deploy` applies an assembly, `stop` ends it; `wait` returns once it has ended."""

    def __init__(self, state: StateFolder, port: int, endpoint_port: int, say: Callable[[str], None]) -> None:
        self._state, self._say = state, say
        self._assets: dict[tuple[str, str], Path] = {}
        self._deploying, self._stopping, self._ended = threading.Lock(), threading.Lock(), threading.Event()
        self._endpoint_server = HttpServer("AWS endpoint", lambda request: self._front.answer(request), endpoint_port)
        self._moto = Moto(LOCAL_ACCOUNT, self._endpoint_server.port)
        SigningKeys(state.folder("kms")).install(self._moto)
        self._journal = Journal(state.folder("moto"), self._moto)
        self._under_way = UnderWay()
        self._faults, self._credentials = Faults(), Credentials(LOCAL_ACCOUNT, self._moto)
        self._clock, metrics = Clock(state.folder("time") / "clock"), MetricStore()
        metrics_api = MetricsApi(metrics, self._clock)
        self._interpreter = Interpreter(
            self._moto, self._clock, self._endpoint_server.url, LOCAL_ACCOUNT, LOCAL_REGION, self._under_way
        )
        machines = StateMachineTargets(self._moto, LOCAL_ACCOUNT, LOCAL_REGION)
        self._sink = LogSink(state.folder("logs"), self._moto, LOCAL_ACCOUNT, LOCAL_REGION, metrics_api.take_line)
        self._functions = self._lambda_functions()
        self._invoker = Invoker(
            self._functions.codes, self._sink, self._credentials, self._clock, LambdaMetrics(metrics),
            self._under_way, runtime_folder(state.folder("runtime")), LOCAL_REGION, self._endpoint_server.url,
        )  # fmt: skip
        service = LambdaService(self._functions, self._functions.layers, self._invoker)
        self._firehose = Firehose(
            state.folder("firehose"), self._journal, self._moto, self._faults, self._clock, LOCAL_ACCOUNT, LOCAL_REGION
        )
        self._watch = Watch(
            folder=state.folder("time"), moto=self._moto, journal=self._journal, clock=self._clock, metrics=metrics,
            firehose=self._firehose, functions=FunctionTargets(self._functions.files, self._invoker), machines=machines,
            sink=self._sink, say=say,
        )  # fmt: skip
        self._stacks = Stacks(state.folder("stacks"))
        self._custom = CustomResources(self._endpoint_server.url, LOCAL_ACCOUNT, LOCAL_REGION, self._run_function)
        control = Control(
            self._custom, self._firehose, self._faults, self.status, self.deploy, self._watch.timekeeper.move,
            self._watch.timekeeper.settle, self.stop, lambda: self._calls.shown(),
        )  # fmt: skip
        rights = PrincipalRights(self._moto, self._journal, LOCAL_ACCOUNT)
        self._calls = RoleCalls(
            state.root, self._credentials, Place(LOCAL_ACCOUNT, LOCAL_REGION), self._functions.roles,
            rights.documents_of_role, lambda: key_policies(self._stacks),
        )  # fmt: skip
        sessions = RoleSessions(self._moto, self._credentials, rights, LOCAL_ACCOUNT)
        self._front = Front(
            self._journal, LambdaApi(service), self._firehose, metrics_api, self._watch.alarms, self._watch.bus,
            self._watch.topics, LogSearch(self._moto, LOCAL_ACCOUNT, LOCAL_REGION), machines, sessions,
            self._calls, control.answer,
        )  # fmt: skip
        self._gateway = Gateway(
            account=LOCAL_ACCOUNT,
            region=LOCAL_REGION,
            functions=self._functions.files,
            invoker=self._invoker,
            keys=ClientKeys(self._moto, self._journal, LOCAL_ACCOUNT, LOCAL_REGION),
            credentials=self._credentials,
            rights=rights,
            quotas=Quotas(state.folder("quotas")),
            clock=self._clock,
            metrics=GatewayMetrics(metrics),
            sink=self._sink,
            say=say,
        )
        self._gateway_server = HttpServer(
            "gateway", self._gateway.answer, port, max_body=BODY_LIMIT, malformed=self._gateway.malformed
        )

    @property
    def gateway_url(self) -> str:
        return self._gateway_server.url

    @property
    def endpoint_url(self) -> str:
        return self._endpoint_server.url

    def start(self, assembly: Path) -> None:
        """Restore the state, apply the assembly, serve, and say so in cloud.json."""
        begun = perf_counter()
        calls = self._journal.replay()
        if calls:
            self._say(f"restored {calls} calls in {perf_counter() - begun:.1f} s")
        self._sink.start()
        self._endpoint_server.start()
        self._gateway.serve(read_apis(self._stacks))
        self.deploy(assembly)
        self._functions.codes.sweep([*self._functions.used_digests(), *self._functions.layers.digests()])
        self._firehose.start()
        self._gateway_server.start()
        self._watch.timekeeper.start()
        self._state.announce(self.gateway_url, self.endpoint_url)
        self._say(f"the local cloud is up after {perf_counter() - begun:.1f} s")
        self._say(f"  gateway       {self.gateway_url}")
        self._say(f"  AWS endpoint  {self.endpoint_url}")
        self._say(f"  state, logs   {self._state.root}")

    def deploy(self, folder: Path) -> dict[str, Any]:
        """Apply a cloud assembly. Raises TrimtabError: what is wrong with it, or what could not be made."""
        with self._deploying:
            assembly = read_assembly(folder, LOCAL_ACCOUNT, LOCAL_REGION)
            self._assets |= assembly.assets
            context = Context(self.endpoint_url, LOCAL_ACCOUNT, LOCAL_REGION)
            done = Deployment(context, self._stacks, self._custom, self._rewrite).apply(assembly)
            self._gateway.serve(read_apis(self._stacks))
            missing = not_done(self._stacks)
        self._say(", ".join(f"{number} resources {what}" for what, number in done.items()))
        if done["created"] or done["changed"]:
            self._say("the template asks for these too, which the local cloud does not do:")
            for entry in missing:
                self._say(f"  {entry['what']}: {entry['why']}")
        return {"resources": done, "not_done": missing, "urls": self._urls()}

    def status(self) -> dict[str, Any]:
        """Where things are and what runs."""
        return {
            "pid": os.getpid(),
            "gateway": self.gateway_url,
            "endpoint": self.endpoint_url,
            "state": str(self._state.root),
            "stacks": {stack.name: len(stack.resources) for stack in self._stacks},
            "urls": self._urls(),
            "environments": self._invoker.counts(),
            **self._watch.timekeeper.shown(),
            "not_done": not_done(self._stacks),
            **self._faults.shown(),
        }

    def stop(self) -> None:
        """Finish what is under way, deliver what is buffered, end all processes. Safe to call twice."""
        with self._stopping:
            if self._ended.is_set():
                return
            deployed = self._deploying.acquire(timeout=DRAIN_S)
            self._state.retract()
            self._watch.timekeeper.stop()
            self._under_way.close()
            self._interpreter.stop()
            self._gateway_server.stop(DRAIN_S)
            self._invoker.stop()
            try:
                self._firehose.stop()
            except Exception as error:  # it must not keep the rest from ending
                self._say(f"Firehose: {error}: what is not delivered stays in the spool")
            self._sink.stop()
            self._endpoint_server.stop(1.0)
            self._calls.keep()
            self._journal.close()
            self._ended.set()
            if deployed:
                self._deploying.release()

    def wait(self) -> None:
        while not self._ended.wait(1.0):
            pass

    def _lambda_functions(self) -> Functions:
        arns = f"arn:aws:lambda:{LOCAL_REGION}:{LOCAL_ACCOUNT}:"
        folder = self._state.folder("lambda")
        return Functions(
            files=FunctionFiles(self._state.folder("lambda", "functions")),
            codes=CodeStore(folder),
            layers=Layers(self._state.folder("lambda", "layers"), arns),
            arn_prefix=arns,
            fetch=self._fetch,
            now=lambda: datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000",
        )

    def _fetch(self, bucket: str, key: str, version: str | None) -> bytes:
        """Code of a function or layer: a staged asset, or an object in moto's S3."""
        if (bucket, key) in self._assets:
            return self._assets[bucket, key].read_bytes()
        scope = f"AWS4-HMAC-SHA256 Credential={LOCAL_ACCOUNT}/20130101/{LOCAL_REGION}/s3/aws4_request"
        target = f"/{bucket}/{quote(key)}" + (f"?versionId={quote(version)}" if version else "")
        headers = [("Host", "127.0.0.1"), ("Authorization", f"{scope}, SignedHeaders=host, Signature=0")]
        response = self._moto.call(Request("GET", target, headers))
        if response.status != 200:
            raise invalid(f"Error occurred while GetObject. S3 Error Code: NoSuchKey: s3://{bucket}/{key}")
        return response.body

    def _run_function(self, arn: str, payload: bytes) -> Result:
        name, qualifier = split_name(arn)
        try:
            return self._invoker.invoke(self._functions.files.get(name, arn), qualifier, payload)
        except LambdaError as error:
            raise UnavailableError(f"{arn}: {error}") from error

    def _rewrite(self, stack: str, text: str) -> str:
        return f"{self.gateway_url}/{api_prefix(stack)}" if INVOKE_URL.match(text) else text

    def _urls(self) -> dict[str, str]:
        return {prefix: f"{self.gateway_url}/{prefix}" for prefix in sorted(read_apis(self._stacks))}
