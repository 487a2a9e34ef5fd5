"""What of a statement goes to another LRS, in the version that is spoken there.

It is the statement as a GET gives it, with its id, timestamp and authority, so that the other LRS can tell that it has
it already. `stored` is left out, as each LRS sets its own (1.0.3 Data 2.4.8; 2.0 4.2.4.2); the authority is sent, as
one that trusts us may keep it and all others replace it (1.0.3 Data 2.4.9). Data of attachments goes with it always
(1.0.3 Communication 1.5.2: an LRS must not push without).
"""

import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NoReturn
from uuid import UUID

import msgspec

from lrs.errors import Invalid, LrsError
from lrs.log.read import Told
from lrs.xapi import formats
from lrs.xapi.limits import Limits
from lrs.xapi.statements import restore
from lrs.xapi.versions import Version

# A type that cannot end its header line, nor begin another.
SAFE_TYPE: Final = re.compile(r"[\x21-\x7e]+/[\x20-\x7e]+")
ANY_TYPE: Final = "application/octet-stream"
# What was stored was within the limits of its day.
BOUNDLESS: Final = Limits(
    json_bytes=2**62, attachment_bytes=2**62, depth=10_000, key_bytes=2**62, iri_bytes=2**62, keys=2**62
)

_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_encode = msgspec.json.Encoder().encode


class Unfit(LrsError):
    """A statement that this other LRS can never be given, and why."""


class Attachment(msgspec.Struct, frozen=True):
    """What of an attachment object is needed to send its data."""

    sha2: str
    content_type: str = msgspec.field(name="contentType", default=ANY_TYPE)
    length: float = 0
    file_url: str = msgspec.field(name="fileUrl", default="")


class Inner(msgspec.Struct, frozen=True):
    """An object, which has attachments if it is a SubStatement."""

    attachments: tuple[Attachment, ...] = ()


class Outer(msgspec.Struct, frozen=True):
    """A statement as far as its attachments and its version go."""

    object: Inner
    attachments: tuple[Attachment, ...] = ()
    version: str = ""


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """A statement to be sent: its position and id, its JSON, and its attachments; `size` in bytes, as far as known."""

    position: int
    id: UUID
    json: bytes
    attachments: tuple[Attachment, ...]
    size: int


_outer = msgspec.json.Decoder(Outer)


def of(event: Told, version: Version, *, authority: bool = True) -> Outgoing:
    """What is sent of a StatementStored event that is not erased; Unfit where that version cannot say it."""
    if event.payload is None or event.filled is None:
        raise TypeError("an erased statement cannot be sent")
    members = _members.decode(formats.exact(event.payload, event.filled, event.stored))
    del members["stored"]
    if not authority:
        members.pop("authority", None)
    outer = _outer.decode(_encode(members))
    is_old = not outer.version.startswith("2.")
    if is_old != (version is Version.V1_0_3):
        # The receiver gives its own: a version is no part of what a statement says.
        members.pop("version", None)
    content = _encode(members)
    if version is Version.V1_0_3 and not is_old:
        _check_old(content)
    attachments = (*outer.attachments, *outer.object.attachments)
    size = len(content) + sum(int(each.length) for each in attachments)
    return Outgoing(position=event.position, id=event.subject, json=content, attachments=attachments, size=size)


def wanted(batch: Iterable[Outgoing]) -> Mapping[str, Attachment]:
    """The attachments of a batch, each once, by their SHA-2 in lower-case hex."""
    return {each.sha2.lower(): each for statement in batch for each in reversed(statement.attachments)}


def check_data(statement: Outgoing, data: Mapping[str, bytes]) -> None:
    """Unfit where an attachment could neither be sent nor fetched: no LRS may take it so."""
    for each in statement.attachments:
        if each.sha2.lower() not in data and not each.file_url:
            raise Unfit(f"the data of its attachment {each.sha2} is not here, and it has no fileUrl")


def body(batch: Sequence[Outgoing], data: Mapping[str, bytes]) -> tuple[bytes, str]:
    """A batch as a request's body, and its content type; multipart/mixed where there is data to go with it."""
    content = b"[" + b",".join(each.json for each in batch) + b"]"
    known = wanted(batch)
    parts = {sha2: data[sha2] for sha2 in known if sha2 in data}
    if not parts:
        return content, "application/json"
    boundary = secrets.token_hex(16)
    line = f"--{boundary}\r\n".encode()
    pieces = [line, b"Content-Type: application/json\r\n\r\n", content, b"\r\n"]
    for sha2, blob in parts.items():
        pieces += [line, _head(sha2, known[sha2].content_type), blob, b"\r\n"]
    pieces.append(f"--{boundary}--\r\n".encode())
    return b"".join(pieces), f"multipart/mixed; boundary={boundary}"


def _head(sha2: str, content_type: str) -> bytes:
    safe = content_type if SAFE_TYPE.fullmatch(content_type) else ANY_TYPE
    lines = (f"Content-Type: {safe}", "Content-Transfer-Encoding: binary", f"X-Experience-API-Hash: {sha2}", "", "")
    return "\r\n".join(lines).encode()


def _check_old(content: bytes) -> None:
    """Unfit where a statement of 2.0 has what 1.0.3 lacks, such as contextAgents."""
    try:
        restore(content, version=Version.V1_0_3, ids=_no_id, limits=BOUNDLESS)
    except Invalid as error:
        where = f" at {error.pointer}" if error.pointer else ""
        raise Unfit(
            f"it is a statement of 2.0 that cannot be said in 1.0.3{where}: {error.detail}",
            pointer=error.pointer,
            rule=error.rule,
            paragraph=error.paragraph,
        ) from error


def _no_id() -> NoReturn:
    raise AssertionError("a stored statement has an id")
