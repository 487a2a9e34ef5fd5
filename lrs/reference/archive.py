"""The files of a zip, in memory: nothing is unpacked to a disk, nor believed of what a zip says of its sizes."""

import io
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Final

from lrs.errors import Invalid, TooLarge

MOST_FILES: Final = 100
FILE_BYTES: Final = 256 * 1024 * 1024
ALL_BYTES: Final = 512 * 1024 * 1024
SIGNATURE: Final = b"PK"
RULE: Final = "archive"


def is_zip(content: bytes) -> bool:
    """Whether it begins as zips do."""
    return content[:2] == SIGNATURE


def files(content: bytes, *, suffix: str = ".csv", all_bytes: int = ALL_BYTES) -> Mapping[str, bytes]:
    """The files of a zip that end in `suffix`, by bare name; Invalid or TooLarge where it is none that can be trusted.

    They may lie in one folder. What macOS adds and files of other kinds are passed over.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as opened:
            return _read(opened, suffix, all_bytes)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, RuntimeError, ValueError, OSError) as error:
        raise Invalid(f"the zip cannot be read: {error}", rule=RULE) from error


def _read(opened: zipfile.ZipFile, suffix: str, all_bytes: int) -> Mapping[str, bytes]:
    members = opened.infolist()
    if len(members) > MOST_FILES:
        raise TooLarge(f"a zip may have {MOST_FILES} files, this one has {len(members):,}", rule=RULE)
    found: dict[str, bytes] = {}
    left = all_bytes
    for member in members:
        name = _name(member)
        if name is None or not name.lower().endswith(suffix):
            continue
        if name in found:
            raise Invalid(f"the zip has {name} twice", rule=RULE)
        found[name] = _content(opened, member, min(left, FILE_BYTES))
        left -= len(found[name])
    return found


def _name(member: zipfile.ZipInfo) -> str | None:
    """The bare name of a file, None for a folder and what macOS adds; Invalid where it would lie elsewhere."""
    path = PurePosixPath(member.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[0] if path.parts else True:
        raise Invalid(f"the zip has a file outside of itself: {member.filename[:100]!r}", rule=RULE)
    if member.is_dir() or "__MACOSX" in path.parts or path.name.startswith("."):
        return None
    return path.name


def _content(opened: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> bytes:
    if member.flag_bits & 1:
        raise Invalid(f"{member.filename[:100]} is encrypted: send it without a password", rule=RULE)
    with opened.open(member) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise TooLarge(f"unpacked, {member.filename[:100]} is too large: {most:,} bytes are left for it", rule=RULE)
    return content
