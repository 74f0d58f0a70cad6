"""Functions as targets of schedules, rules and alarms: found by their ARN, invoked if their policy lets the service."""

import re
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from uuid import uuid4

from trimtab.local.invoker import Invoker
from trimtab.local.lambda_errors import LambdaError
from trimtab.local.lambda_policies import service_may_invoke
from trimtab.local.lambda_records import FunctionFiles, split_name

FUNCTION_ARN = re.compile(
    r"^arn:aws:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]{1,64}(:(\$LATEST|[A-Za-z0-9_-]+))?$"
)


def is_function(arn: str) -> bool:
    """Whether an ARN names a function, with or without a qualifier."""
    return FUNCTION_ARN.match(arn) is not None


@dataclass(frozen=True, slots=True)
class FunctionTargets:
    """`send` is an asynchronous invocation. Its future gives what went wrong in the end, or None.

    `failed` is told of that too, before the invocation ceases to be under way.
    """

    files: FunctionFiles
    invoker: Invoker

    def send(
        self, arn: str, payload: str, failed: Callable[[str], None], service: str | None = None, source_arn: str = ""
    ) -> "Future[str | None]":
        """Invoke the function. `service` must be let by its policy; None is for whoever has a role of its own."""
        name, qualifier = split_name(arn)
        function = self.files.find(name)
        if function is None:
            return _refused(failed, f"there is no function {arn}")
        if service is not None and not service_may_invoke(function, qualifier, service, source_arn):
            return _refused(failed, f"{arn} has no permission for {service} and {source_arn}")
        try:
            return self.invoker.send(function, qualifier, payload.encode(), str(uuid4()), failed)
        except LambdaError as error:
            return _refused(failed, f"{arn}: {error}")


def _refused(failed: Callable[[str], None], why: str) -> "Future[str | None]":
    failed(why)
    future: Future[str | None] = Future()
    future.set_result(why)
    return future
