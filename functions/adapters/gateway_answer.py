"""Answers as API Gateway takes them from a function."""

import binascii
from collections.abc import Mapping
from typing import Any, Final

import orjson

from functions.domain.errors import (
    InvalidRequestError,
    InvalidValuesError,
    NoReleaseError,
    NotFoundError,
    RequestTooLargeError,
    TrimtabError,
    UnavailableError,
    UnsupportedContentTypeError,
)

JSON_HEADERS: Final = {"Content-Type": "application/json"}
STATUS: Final[dict[type[TrimtabError], int]] = {
    InvalidRequestError: 400,
    InvalidValuesError: 400,
    RequestTooLargeError: 413,
    UnsupportedContentTypeError: 415,
    NotFoundError: 404,
    NoReleaseError: 503,
    UnavailableError: 503,
}

Answer = dict[str, Any]


def json_answer(document: Any, status: int = 200, headers: Mapping[str, str] = JSON_HEADERS) -> Answer:
    """An answer with a JSON body."""
    return {
        "statusCode": status,
        "headers": headers,
        "isBase64Encoded": False,
        "body": orjson.dumps(document).decode(),
    }


def binary_answer(document: Any, blobs: list[bytes]) -> Answer:
    """An answer with binary tensors behind its JSON object; base64, which the gateway undoes."""
    head = orjson.dumps(document)
    return {
        "statusCode": 200,
        "headers": {"Content-Type": "application/octet-stream", "Inference-Header-Content-Length": str(len(head))},
        "isBase64Encoded": True,
        "body": binascii.b2a_base64(b"".join((head, *blobs)), newline=False).decode(),
    }


def error_answer(error: TrimtabError) -> Answer:
    """What a client is told about an error."""
    return json_answer({"error": str(error)}, STATUS[type(error)])


def method_not_allowed(method: str, allowed: str) -> Answer:
    """405, with what the path answers to instead."""
    headers = {**JSON_HEADERS, "Allow": allowed}
    return json_answer({"error": f"{method[:20]!r} is not answered here; use {allowed}"}, 405, headers)
