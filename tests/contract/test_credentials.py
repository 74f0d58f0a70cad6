"""Where the client's credentials come from: the environment, or the local address that Lambda names under SnapStart."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from functions.adapters.credentials import CredentialSource
from functions.adapters.http_connection import Deadline
from functions.adapters.sigv4 import Credentials
from functions.adapters.tls import Trust
from functions.domain.errors import MisconfiguredError, UnavailableError
from tests.contract.fake_container import NOW, Container, serve_container

KEYS = {"AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "B"}


@pytest.fixture
def container() -> Iterator[Container]:
    with serve_container() as container:
        yield container


def source(container: Container) -> CredentialSource:
    return CredentialSource(container.environ, Trust())


def test_the_environments_keys_are_used_with_or_without_a_session_token() -> None:
    assert CredentialSource(KEYS, Trust()).get(NOW, Deadline(1)) == Credentials("A", "B", None)
    with_token = {**KEYS, "AWS_SESSION_TOKEN": "T"}
    assert CredentialSource(with_token, Trust()).get(NOW, Deadline(1)) == Credentials("A", "B", "T")


@pytest.mark.parametrize("environ", [{}, {"AWS_ACCESS_KEY_ID": "A"}, {"AWS_SECRET_ACCESS_KEY": "B"}])
def test_an_environment_without_keys_says_what_to_set(environ: dict[str, str]) -> None:
    with pytest.raises(MisconfiguredError, match="AWS_SECRET_ACCESS_KEY"):
        CredentialSource(environ, Trust()).get(NOW, Deadline(1))


def test_keys_that_would_break_a_header_are_refused() -> None:
    for environ in ({**KEYS, "AWS_SESSION_TOKEN": "T\r\nX: y"}, {**KEYS, "AWS_ACCESS_KEY_ID": "Ä"}):
        with pytest.raises(MisconfiguredError, match="characters"):
            CredentialSource(environ, Trust()).get(NOW, Deadline(1))


def test_a_containers_keys_are_fetched_once_and_renewed_before_they_expire(container: Container) -> None:
    credentials = source(container)
    assert credentials.get(NOW, Deadline(5)) == Credentials("A1", "S", "T1", NOW + 3_600)
    assert credentials.get(NOW + 3_299, Deadline(5)).access_key == "A1"
    container.now = NOW + 3_301
    assert credentials.get(NOW + 3_301, Deadline(5)).access_key == "A2"


def test_where_renewal_fails_the_old_keys_are_used_until_they_expire(container: Container) -> None:
    credentials = source(container)
    credentials.get(NOW, Deadline(5))
    container.status = 500
    assert credentials.get(NOW + 3_599, Deadline(5)).access_key == "A1"
    with pytest.raises(UnavailableError, match="500"):
        credentials.get(NOW + 3_600, Deadline(5))


def test_forgotten_keys_are_fetched_again_with_the_token_of_now(container: Container, tmp_path: Path) -> None:
    credentials = source(container)
    credentials.get(NOW, Deadline(5))
    container.token = "after restore"
    container.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "after restore"
    credentials.forget()
    assert credentials.get(NOW, Deadline(5)).access_key == "A2"

    container.token = "from a file"
    (tmp_path / "token").write_text("from a file\n")
    container.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = str(tmp_path / "token")
    credentials.forget()
    assert credentials.get(NOW, Deadline(5)).access_key == "A3"


@pytest.mark.parametrize(
    "answer",
    [
        b"<html>",
        b"[]",
        b"{}",
        b'{"AccessKeyId":"A","SecretAccessKey":"B","Token":"C","Expiration":"soon"}',
        b'{"AccessKeyId":1,"SecretAccessKey":"B","Token":"C","Expiration":"2030-01-01T00:00:00Z"}',
    ],
)
def test_a_malformed_answer_is_unavailable_and_shows_nothing_of_itself(container: Container, answer: bytes) -> None:
    container.answer = answer
    with pytest.raises(UnavailableError, match="malformed"):
        source(container).get(NOW, Deadline(5))


@pytest.mark.parametrize("host", ["example.com", "127.evil.example", "169.254.169.254", "10.0.0.1"])
def test_no_secret_is_fetched_in_the_clear_from_elsewhere(host: str) -> None:
    environ = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://{host}/creds"}
    with pytest.raises(MisconfiguredError, match="over http"):
        CredentialSource(environ, Trust()).get(NOW, Deadline(5))
