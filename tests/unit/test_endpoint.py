"""Endpoints: AWS's own by botocore's data, those of the environment, and what is none."""

import botocore.session
import pytest

from functions.adapters.endpoint import Endpoint, aws_endpoint
from functions.domain.errors import MisconfiguredError


def test_every_region_that_botocore_knows_gets_the_endpoint_that_botocore_uses() -> None:
    session = botocore.session.get_session()
    regions = [
        region
        for partition in session.get_available_partitions()
        for region in session.get_available_regions("firehose", partition)
    ]
    assert {"us-east-1", "cn-north-1", "us-gov-west-1"} <= set(regions)
    for region in regions:
        client = session.create_client("firehose", region, aws_access_key_id="a", aws_secret_access_key="b")
        ours = aws_endpoint("firehose", region, {})
        assert f"{ours.scheme}://{ours.authority}" == client.meta.endpoint_url


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:8081"}, Endpoint("http", "127.0.0.1", 8081)),
        ({"AWS_ENDPOINT_URL": "http://[::1]:8081/"}, Endpoint("http", "::1", 8081)),
        ({"AWS_ENDPOINT_URL": "http://[::1]"}, Endpoint("http", "::1", 80)),
        ({"AWS_ENDPOINT_URL": "https://vpce.example/a/b/"}, Endpoint("https", "vpce.example", 443, "/a/b")),
        ({"AWS_ENDPOINT_URL": ""}, Endpoint("https", "firehose.us-east-1.amazonaws.com", 443)),
        (
            {"AWS_ENDPOINT_URL": "http://all:1", "AWS_ENDPOINT_URL_FIREHOSE": "http://one:2"},
            Endpoint("http", "one", 2),
        ),
    ],
)
def test_the_environment_overrides_the_endpoint(environ: dict[str, str], expected: Endpoint) -> None:
    assert aws_endpoint("firehose", "us-east-1", environ) == expected


@pytest.mark.parametrize(
    ("endpoint", "authority"),
    [
        (Endpoint("https", "h", 443), "h"),
        (Endpoint("https", "h", 80), "h:80"),
        (Endpoint("http", "::1", 80), "[::1]"),
        (Endpoint("http", "::1", 8081), "[::1]:8081"),
    ],
)
def test_the_host_header_names_the_port_where_it_is_not_the_usual_one(endpoint: Endpoint, authority: str) -> None:
    assert endpoint.authority == authority


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:8081",
        "ftp://h",
        "http://",
        "http://:80",
        "http://h:0",
        "http://h:65536",
        "http://h:x",
        "http://h?x",
        "http://user@h",
        "http://a b",
        "http://ü",
        "http://h\r\nX: y",
    ],
)
def test_what_is_no_endpoint_is_refused_by_name(url: str) -> None:
    with pytest.raises(MisconfiguredError, match="is not an endpoint"):
        Endpoint.parse(url)
