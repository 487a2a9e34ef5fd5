"""Judges the elements of a file one by one: a statement that may be stored, or a refusal that says why not."""

import functools
import uuid
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import msgspec

from lrs.errors import Invalid, LrsError
from lrs.recording.elements import Element, Mark, Place
from lrs.recording.statements import Authority
from lrs.xapi import actors, strictjson, values, versions
from lrs.xapi.limits import Limits
from lrs.xapi.statements import Received, restore
from lrs.xapi.versions import Version

NAMESPACE = UUID("1f7b6d0e-6a3c-5a41-9a55-0d6b1c1f6f10")


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """A statement that was not stored, where it stands in the file, and why; `raw` is None where it is too long."""

    mark: Mark
    raw: bytes | None
    error: LrsError

    def encode(self) -> bytes:
        """A line of the report, as JSON."""
        error = self.error
        told = {
            "line" if self.mark.place is Place.LINES else "element": self.mark.number,
            "pointer": error.pointer,
            "reason": error.detail,
            "rule": error.rule,
            "paragraph": error.paragraph,
        }
        return msgspec.json.encode({**told, "statement": None if self.raw is None else _shown(self.raw)})


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """How a file is to be read: its SHA-256, by which statements without an id get the same one each time, the rules
    for statements without a version, and who vouches for them all; None takes over the authority and `stored` of each.
    """

    digest: bytes
    version: Version
    authority: Authority | None
    limits: Limits


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A statement that may be stored."""

    received: Received
    version: Version
    authority: Authority
    stored: datetime | None
    is_bare: bool
    mark: Mark


class Judge:
    """Judges what a source holds by the rules of each statement's own version; `now` is the clock."""

    def __init__(self, source: Source, now: Callable[[], datetime]) -> None:
        self._source = source
        self._now = now

    def judge(self, element: Element) -> Item | Refusal:
        """What an element is."""
        if element.raw is None:
            words = f"it is longer than {self._source.limits.json_bytes} bytes (LRS_LIMIT_JSON_BYTES)"
            return Refusal(mark=element.mark, raw=None, error=Invalid(words))
        try:
            return self._item(element.raw, element.mark)
        except LrsError as error:
            return Refusal(mark=element.mark, raw=element.raw, error=error)

    def _item(self, raw: bytes, mark: Mark) -> Item:
        source = self._source
        claims = _claims(raw)
        version = _version(claims.version) or source.version
        received, is_bare = restore(
            raw,
            version=version,
            ids=lambda: uuid.uuid5(NAMESPACE, f"{source.digest.hex()} {mark.number}"),
            limits=source.limits,
        )
        return Item(
            received=received,
            version=version,
            authority=source.authority or _authority(bytes(claims.authority)),
            stored=None if source.authority else self._stored(claims.stored),
            is_bare=is_bare,
            mark=mark,
        )

    def _stored(self, text: str | None) -> datetime:
        if text is None:
            raise Invalid("it has no stored, which was to be kept", pointer="/stored")
        stored = values.instant(text)
        if stored > self._now():
            raise Invalid("its stored lies in the future", pointer="/stored")
        return stored


class Claims(msgspec.Struct, frozen=True):
    """What a statement says of itself."""

    version: str | None = None
    stored: str | None = None
    authority: msgspec.Raw = msgspec.Raw()


CLAIMS = msgspec.json.Decoder(Claims)


def _claims(raw: bytes) -> Claims:
    try:
        return CLAIMS.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Claims()  # what is wrong with it is told when it is judged


def _version(claimed: str | None) -> Version | None:
    try:
        return versions.choose(claimed)
    except Invalid:
        return None


@functools.lru_cache(1024)
def _authority(raw: bytes) -> Authority:
    if not raw:
        raise Invalid("it has no authority, which was to be kept", pointer="/authority")
    agent = strictjson.decode(raw)
    assert isinstance(agent, dict)
    # A Group of two (OAuth) has no identifier.
    return Authority(json=raw, ifi=actors.ifi(agent) or "", define=True)


def _shown(raw: bytes) -> msgspec.Raw | str:
    """The statement itself in the report, or its text where it is no JSON."""
    try:
        msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return raw.decode(errors="replace")
    # A line of the report is one line; within JSON's strings there are no line ends.
    return msgspec.Raw(raw.replace(b"\n", b" ").replace(b"\r", b" "))
