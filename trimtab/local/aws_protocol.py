"""CloudWatch's calls in whichever protocol they come, JSON or the older query form: read, and answered in the same.

moto's own parsers and serialisers do the work, by AWS's model of the service; so no shape is written by hand.
"""

import gzip
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from trimtab.local.http_message import Request, Response


class AwsError(Exception):
    """An error answer, by its code in the service's model. moto's serialisers read `code` and `message`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(frozen=True, slots=True)
class ParsedCall:
    """One call: its parameters as the service's model names them (times are naive UTC), and how to answer it."""

    asked: dict[str, Any]
    _operation: Any
    _serializer: Any

    def answer(self, result: dict[str, Any]) -> Response:
        """The answer of this shape."""
        return self._shaped(result)

    def refuse(self, error: AwsError) -> Response:
        """The error answer."""
        return self._shaped(error)

    def _shaped(self, result: Any) -> Response:
        made = self._serializer(operation_model=self._operation).serialize(result)
        body = made["body"]
        headers = [(name, str(value)) for name, value in made["headers"].items()]
        return Response(made["status_code"], body.encode() if isinstance(body, str) else body, headers)


def read_call(service: str, operation: str, request: Request) -> ParsedCall:
    """Read a call's body.

    Raises:
        ValueError, KeyError, TypeError: it is malformed.
    """
    from moto.core.parse import PROTOCOL_PARSERS
    from moto.core.request import determine_request_protocol
    from moto.core.serialize import get_serializer_class
    from moto.core.utils import get_service_model

    model = get_service_model(service)
    operation_model = model.operation_model(operation)
    protocol = determine_request_protocol(model, request.header("content-type"))
    body = request.body
    if (request.header("content-encoding") or "").lower() == "gzip":  # boto3 compresses large puts of metrics
        body = gzip.decompress(body)
    values = dict(parse_qsl(body.decode(), keep_blank_values=True)) if protocol == "query" else {}
    described: Any = {
        "body": body,
        "values": values,
        "headers": {},
        "method": "POST",
        "url_path": "/",
        "url_params": {},
    }
    asked = PROTOCOL_PARSERS[protocol](operation_model).parse(described)
    return ParsedCall(asked, operation_model, get_serializer_class(service, protocol))
