"""Zips that are read, and zips that are not."""

import io
import zipfile

import pytest

from lrs.errors import Invalid, TooLarge
from lrs.reference import archive
from tests.reference.given import ROSTER, zipped


def test_files_may_lie_in_a_folder() -> None:
    content = zipped({**ROSTER, "readme.txt": b"x", "__MACOSX/._users.csv": b"x", ".hidden.csv": b"x"}, "export/")
    assert archive.files(content) == dict(ROSTER)


@pytest.mark.parametrize("name", ["../users.csv", "/users.csv", "a/../../users.csv", "..\\users.csv", "C:\\users.csv"])
def test_file_outside_of_the_zip_is_refused(name: str) -> None:
    with pytest.raises(Invalid, match="outside of itself"):
        archive.files(zipped({name: b"x"}))


def test_bomb_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    content = zipped({"users.csv": b"a" * 3_000_000, "orgs.csv": b"a" * 10})
    assert len(content) < 10_000
    with pytest.raises(TooLarge, match=r"users\.csv is too large: 1,000,000 bytes"):
        archive.files(content, all_bytes=1_000_000)
    monkeypatch.setattr(archive, "FILE_BYTES", 2_000_000)
    with pytest.raises(TooLarge, match=r"2,000,000 bytes"):
        archive.files(content)


def test_lie_about_a_size_is_not_believed() -> None:
    content = bytearray(zipped({"users.csv": b"a" * 100_000}))
    at = content.index(b"PK\x01\x02") + 24
    content[at : at + 4] = (10).to_bytes(4, "little")
    with pytest.raises(Invalid):
        archive.files(bytes(content), all_bytes=50_000)


def test_too_many_files_are_refused() -> None:
    with pytest.raises(TooLarge, match="100 files, this one has 101"):
        archive.files(zipped({f"{number}.csv": b"" for number in range(101)}))


def test_file_that_is_there_twice_is_refused() -> None:
    with pytest.raises(Invalid, match=r"users\.csv twice"):
        archive.files(zipped({"a/users.csv": b"", "b/users.csv": b""}))


@pytest.mark.parametrize("content", [b"PK", b"PK\x03\x04 nonsense", zipped(ROSTER)[:-30], zipped(ROSTER)[40:]])
def test_damaged_zip_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid):
        archive.files(content)


def test_encrypted_file_is_refused() -> None:
    content = bytearray(zipped({"users.csv": b"a"}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1
    with pytest.raises(Invalid, match="encrypted"):
        archive.files(bytes(content))


def test_empty_zip_has_no_files() -> None:
    buffer = io.BytesIO()
    zipfile.ZipFile(buffer, "w").close()
    assert archive.files(buffer.getvalue()) == {}
