"""A version as one file: the same contents are the same bytes, and whatever is not as it was written is named."""

import io
import json
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.domain.bundle import LISTING, MOST_BYTES, Bundle, read_bundle, settings_of, write_bundle
from functions.domain.canonical_json import canonical_json, digest_of
from functions.domain.errors import CorruptArtifactError
from functions.domain.release_artifact import FILES, MANIFEST
from tests.functions.roll_out.trained import trained

BUNDLE = Bundle(3, trained(), b'{"signature": "MEUC"}', b"-----BEGIN PUBLIC KEY-----\n", b'{"card": 1}', b'{"v": 2}')
DATA = write_bundle(BUNDLE)

Entry = tuple[zipfile.ZipInfo, bytes]


def entries() -> list[Entry]:
    with zipfile.ZipFile(io.BytesIO(DATA)) as archive:
        return [(entry, archive.read(entry)) for entry in archive.infolist()]


def packed(members: list[Entry], compression: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for entry, body in members:
            archive.writestr(entry, body, compression)
    return buffer.getvalue()


def relisted(change: Callable[[dict[str, bytes]], object]) -> bytes:
    """A file with other members, whose listing fits them."""
    files = {entry.filename: body for entry, body in entries()}
    about = json.loads(files.pop(LISTING))
    change(files)
    about["files"] = {name: digest_of(body) for name, body in files.items()}
    listing = (zipfile.ZipInfo(LISTING), canonical_json(about).encode())
    return packed([listing, *((zipfile.ZipInfo(name), body) for name, body in files.items())])


def test_a_version_is_read_as_it_was_written() -> None:
    assert read_bundle(DATA) == BUNDLE


def test_the_same_version_is_the_same_bytes() -> None:
    assert write_bundle(BUNDLE) == DATA
    with zipfile.ZipFile(io.BytesIO(DATA)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.namelist()[0] == LISTING


@settings(max_examples=60)
@given(st.integers(0, len(DATA) - 1))
def test_a_file_that_was_cut_off_is_refused(length: int) -> None:
    with pytest.raises(CorruptArtifactError):
        read_bundle(DATA[:length])


@settings(max_examples=150)
@given(st.integers(0, len(DATA) - 1), st.integers(1, 255))
def test_a_byte_that_was_changed_is_found_or_changes_nothing_that_is_read(place: int, by: int) -> None:
    changed = bytearray(DATA)
    changed[place] ^= by
    try:
        read = read_bundle(bytes(changed))
    except CorruptArtifactError:
        return
    assert read == BUNDLE  # a zip has a few bytes that nothing reads: dates and rights of its members


@pytest.mark.parametrize("name", sorted(entry.filename for entry, _ in entries()))
def test_a_member_that_is_missing_is_named(name: str) -> None:
    with pytest.raises(CorruptArtifactError, match=name):
        read_bundle(packed([(entry, body) for entry, body in entries() if entry.filename != name]))


@pytest.mark.parametrize("name", sorted(entry.filename for entry, _ in entries() if entry.filename != LISTING))
def test_a_member_that_is_missing_from_the_listing_too_is_named(name: str) -> None:
    with pytest.raises(CorruptArtifactError, match=name):
        read_bundle(relisted(lambda files: files.pop(name)))


@pytest.mark.parametrize("name", sorted(entry.filename for entry, _ in entries() if entry.filename != LISTING))
def test_a_member_that_was_changed_is_named(name: str) -> None:
    changed = [(entry, b"{}" if entry.filename == name else body) for entry, body in entries()]
    with pytest.raises(CorruptArtifactError, match=f"{name} in it was changed after the export"):
        read_bundle(packed(changed))


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_the_artifact_that_was_changed_together_with_the_listing_is_named(name: str) -> None:
    with pytest.raises(CorruptArtifactError, match=f"{name} of flights was changed"):
        read_bundle(relisted(lambda files: files.update({name: b"{}"})))


def test_a_manifest_that_was_changed_together_with_the_listing_is_named() -> None:
    with pytest.raises(CorruptArtifactError, match=r"manifest\.json of flights has not the digest"):
        read_bundle(relisted(lambda files: files.update({MANIFEST: b"{}"})))


@pytest.mark.parametrize(
    "name", ["../../etc/cron.d/x", "/etc/passwd", "C:\\x", "model.onnx/../x", "notes.txt", "models/"]
)
def test_a_file_that_no_version_has_is_refused_by_name(name: str) -> None:
    with pytest.raises(CorruptArtifactError, match="which is no file of a version") as raised:
        read_bundle(packed([*entries(), (zipfile.ZipInfo(name), b"x")]))
    assert repr(name) in str(raised.value)


def test_a_member_that_is_there_twice_is_refused() -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        twice = packed([*entries(), (zipfile.ZipInfo("model.onnx"), b"another")])
    with pytest.raises(CorruptArtifactError, match=r"holds model\.onnx twice"):
        read_bundle(twice)


def test_a_member_that_unpacks_to_more_than_it_is_is_refused_unread() -> None:
    bomb = [(zipfile.ZipInfo(LISTING), bytes(50_000_000))]
    with pytest.raises(CorruptArtifactError, match=r"bundle\.json in it is compressed"):
        read_bundle(packed(bomb, zipfile.ZIP_DEFLATED))


def test_members_that_share_their_bytes_are_refused() -> None:
    """A zip whose directory points to the same content again and again: stored, and yet larger than itself."""
    content = bytes(100_000)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo(LISTING), content)
        first = archive.infolist()[0]
        for name in ("model.onnx", "card.json"):
            entry = zipfile.ZipInfo(name)
            for field in ("header_offset", "CRC", "file_size", "compress_size"):
                setattr(entry, field, getattr(first, field))
            archive.filelist.append(entry)
            archive.NameToInfo[name] = entry
    with pytest.raises(CorruptArtifactError, match=r"overlap|no exported version"):
        read_bundle(buffer.getvalue())


def test_what_no_function_could_hold_is_refused_unread() -> None:
    with pytest.raises(CorruptArtifactError, match="and a version at most 300,000,000"):
        read_bundle(bytes(MOST_BYTES + 1))


@pytest.mark.parametrize(
    ("listing", "said"),
    [
        (b"\xff", "not well-formed"),
        (b"[" * 100_000, "not well-formed"),
        (b"[]", "not well-formed"),
        (b'{"v": 2}', "it is of format 2; this code reads 1: update Trimtab"),
        (b'{"v": 1, "model": "m", "version": "3", "artifact": "", "files": {}}', "of another type"),
        (b'{"v": 1, "model": "m", "version": 0, "artifact": "", "files": {}}', "of another type"),
    ],
)
def test_a_listing_that_is_none_is_refused(listing: bytes, said: str) -> None:
    with pytest.raises(CorruptArtifactError, match=said):
        read_bundle(packed([(zipfile.ZipInfo(LISTING), listing)]))


@pytest.mark.parametrize("data", [b"", b"GIF89a", bytes(100)])
def test_what_is_no_zip_is_refused(data: bytes) -> None:
    with pytest.raises(CorruptArtifactError, match="no exported version"):
        read_bundle(data)


def test_settings_that_are_no_object_are_refused() -> None:
    assert settings_of(BUNDLE) == {"v": 2}
    broken = Bundle(3, BUNDLE.artifact, b"", b"", b"", b"[]")
    with pytest.raises(CorruptArtifactError, match=r"settings\.json in it is no JSON object"):
        settings_of(broken)
