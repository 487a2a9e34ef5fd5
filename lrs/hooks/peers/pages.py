"""Pages of statements as another LRS gives them, with the data of attachments. (1.0.3 Data 2.5; 2.0 4.2.4.1)"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from lrs.errors import Invalid
from lrs.hooks.peers.remote import THROUGH, Answer
from lrs.xapi import multipart, values
from lrs.xapi.limits import Limits
from lrs.xapi.versions import Version

# Their attachments may be more than a request of ours may have.
LIMITS: Final = Limits(batch=1_000_000, request_bytes=2**62, json_bytes=2**62, attachment_bytes=2**62)
ALGORITHMS: Final = {56: "sha224", 64: "sha256", 96: "sha384", 128: "sha512"}


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Statements as bytes, in the order given; `more` is "" on the last page. `data` is by lower-case hex SHA-2.

    `through` is the time up to which that LRS vouches for having shown all, None where it does not say.
    """

    statements: Sequence[bytes]
    more: str
    through: datetime | None
    data: Mapping[str, bytes]


class Result(msgspec.Struct, frozen=True):
    """A StatementResult."""

    statements: list[msgspec.Raw]
    more: str | None = ""


class Stored(msgspec.Struct, frozen=True):
    """A statement as far as the time goes at which the other LRS stored it."""

    stored: str = ""


_result = msgspec.json.Decoder(Result)
_stored = msgspec.json.Decoder(Stored)


def read(answer: Answer, *, version: Version) -> Page:
    """The page in an answer; Invalid where it is none."""
    kind = answer.headers.get("Content-Type", "")
    content = multipart.content(answer.body, kind, version=version, limits=LIMITS)
    try:
        result = _result.decode(content.json)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid(f"the other LRS gives no StatementResult: {error}") from error
    return Page(
        statements=[bytes(each) for each in result.statements],
        more=result.more or "",
        through=instant(answer.headers.get(THROUGH)),
        data=dict(_checked(part) for part in content.parts),
    )


def stored(statement: bytes) -> datetime | None:
    """When the other LRS stored a statement, if it says so in words that can be read."""
    try:
        return instant(_stored.decode(statement).stored)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def instant(text: str | None) -> datetime | None:
    """A time that somebody else has written, None where it is none."""
    if not text or not values.is_timestamp(text.strip(), loose=True):
        return None
    try:
        return values.instant(text.strip())
    except (ValueError, OverflowError):
        return None


def _checked(part: multipart.Part) -> tuple[str, bytes]:
    """A part's data under the SHA-2 that it truly has: by the algorithm of the one that it claims, else by SHA-256."""
    claimed = part.headers.get("x-experience-api-hash", "")
    algorithm = ALGORITHMS.get(len(claimed), "sha256")
    return hashlib.new(algorithm, part.content).hexdigest(), part.content
