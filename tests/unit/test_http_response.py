"""The HTTP reader: what servers may send, in whatever pieces it comes, and what they should not."""

import contextlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.adapters.http_response import MAX_BODY_BYTES, MAX_HEAD_BYTES, Response, ResponseReader
from functions.domain.errors import UnavailableError

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def pieces(message: bytes, sizes: list[int]) -> Callable[[], bytes]:
    """A connection that delivers the message in pieces of these sizes, over and over, and then ends."""
    position = turn = 0

    def receive() -> bytes:
        nonlocal position, turn
        size = sizes[turn % len(sizes)]
        piece = message[position : position + size]
        position, turn = position + size, turn + 1
        return piece

    return receive


def read(message: bytes, sizes: list[int] | None = None) -> Response:
    return ResponseReader(pieces(message, sizes or [65_536])).read()


@pytest.mark.parametrize(
    ("message", "status", "body", "keep_alive"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", 200, b"{}", True),
        (b"HTTP/1.1 200 \r\ncontent-length:2 \r\n\r\n{}", 200, b"{}", True),
        (b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", 500, b"", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", 200, b"{}", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: Keep-Alive\r\n\r\n{}", 200, b"{}", True),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", 200, b"until the end", False),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b"", True),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", 200, b"x", True),
        (CHUNKED + b"3\r\nabc\r\nA;e=1\r\n0123456789\r\n0\r\nT: 1\r\n\r\n", 200, b"abc0123456789", True),
        (b"HTTP/1.1 200 OK\nContent-Length: 1\n\nx", 200, b"x", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxyz", 200, b"x", False),
    ],
)
@pytest.mark.parametrize("sizes", [[65_536], [1], [7, 1, 3]])
def test_reads_what_servers_send(message: bytes, status: int, body: bytes, keep_alive: bool, sizes: list[int]) -> None:
    response = read(message, sizes)
    assert (response.status, response.body) == (status, body)
    # What follows a response on a connection is only seen if it came with it.
    assert response.keep_alive == keep_alive or (message.endswith(b"xyz") and sizes != [65_536])


def test_header_names_are_lower_case_and_values_trimmed() -> None:
    response = read(b"HTTP/1.1 200 OK\r\nX-Amzn-RequestId:  a b \r\nContent-Length: 0\r\n\r\n")
    assert response.headers == {"x-amzn-requestid": "a b", "content-length": "0"}


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\r\n\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 2x0 OK\r\n\r\n",
        b"HTTP/1.1 \xb2\xb2\xb2 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n folded: value\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1_0\r\n\r\n0123456789",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (MAX_BODY_BYTES + 1),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % (MAX_BODY_BYTES + 1),
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * MAX_HEAD_BYTES,
        b"x" * (MAX_HEAD_BYTES + 2),
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (MAX_BODY_BYTES + 1),
    ],
)
def test_refuses_what_is_malformed_cut_off_or_too_long(message: bytes) -> None:
    with pytest.raises(UnavailableError):
        read(message)


FRAGMENTS = st.sampled_from(
    [
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 100 C\r\n\r\n",
        b"HTTP/1.0 503 X\r\n",
        b"Content-Length: 5\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Connection: close\r\n",
        b": \r\n",
        b"5\r\nhello\r\n",
        b"0\r\n\r\n",
        b"hello",
        b"\r\n",
        b"\n",
    ]
)


@settings(max_examples=1_000)
@given(
    st.lists(FRAGMENTS | st.binary(max_size=12), max_size=12).map(b"".join), st.lists(st.integers(1, 50), min_size=1)
)
def test_whatever_comes_is_a_response_or_one_kind_of_error(message: bytes, sizes: list[int]) -> None:
    with contextlib.suppress(UnavailableError):
        response = read(message, sizes)
        assert 200 <= response.status <= 999 or response.status < 100
