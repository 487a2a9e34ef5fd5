"""Records statements: new ones become events, known ones change nothing. (1.0.3 Communication 2.1.1; 2.0 4.1.6.1)"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from lrs.auth.caller import Caller
from lrs.errors import Conflict
from lrs.events import Draft, Event, Kind, StatementDetail
from lrs.log.append import Log
from lrs.log.group import Keys, Known
from lrs.xapi import equivalence, versions
from lrs.xapi.statements import Receipt, Received
from lrs.xapi.versions import Version


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """The ids of what was sent, in its order; `through` is the floor after it."""

    ids: tuple[UUID, ...]
    through: datetime


class Authority(msgspec.Struct, frozen=True, kw_only=True):
    """Who vouches for a statement: the JSON of the Agent, its canonical IFI, and whether its definitions count."""

    json: bytes
    ifi: str
    define: bool

    @classmethod
    def of(cls, caller: Caller) -> "Authority":
        """The authority of what a credential sends."""
        return cls(json=caller.authority, ifi=caller.authority_ifi, define=caller.may("define"))


class Statements:
    """Statements for any store."""

    def __init__(self, log: Log) -> None:
        self._log = log

    async def record(self, receipt: Receipt, *, version: Version, by: Caller, size: int = 0) -> Recorded:
        """Append those of a receipt that are new, all or none; they are on disk when this returns.

        Conflict where an id is taken by a statement that differs; nothing is stored then. `size` in bytes.
        """
        received = receipt.statements
        authority = Authority.of(by)

        def decide(known: Known) -> Sequence[Draft]:
            return [draft(each, version, authority) for each in received if not is_known(each, known, version)]

        appended = await self._log.append(
            by.store,
            # An id that was given here, to one of many, is new for certain.
            keys=Keys(statements=tuple(each.id for each in received if each.has_id or receipt.single)),
            decide=decide,
            credential=by.key,
            weight=len(received),
            size=size,
            blobs={bytes.fromhex(sha2): blob.content for sha2, blob in receipt.blobs.items()},
        )
        return Recorded(ids=tuple(each.id for each in received), through=appended.through)


def is_known(received: Received, known: Mapping[UUID, Event | Draft], version: Version) -> bool:
    """Whether it is stored already; Conflict where its id is, but for a statement that differs."""
    stored = known.get(received.id)
    if stored is None:
        return False
    # What was erased cannot be compared: its id stays taken, and the sender is told that all is well.
    if stored.payload and not equivalence.same(stored.payload, received.payload, version=version):
        raise Conflict(
            f"statement {received.id} is stored already and differs from this one; statements are immutable",
            rule="a statement with an id that is taken must match the one that has it",
            paragraph=version.paragraph("Communication 2.1.1", "4.1.6.1"),
        )
    return True


def draft(received: Received, version: Version, authority: Authority) -> Draft:
    """The event of a statement that is new."""
    return Draft(
        kind=Kind.STATEMENT_STORED,
        subject=received.id,
        payload=received.payload,
        filled=_filled(received, version, authority.json),
        fill_timestamp=not received.has_timestamp,
        digests=received.digests,
        detail=StatementDetail(found=received.found, authority=authority.ifi, define=authority.define),
    )


def _filled(received: Received, version: Version, authority: bytes) -> bytes:
    """What the LRS adds: authority always, id and version where they were not sent."""
    members = [b'"authority":' + authority]
    if not received.has_id:
        members.append(b'"id":"%s"' % str(received.id).encode())
    if received.version is None:
        members.append(b'"version":"%s"' % versions.statement_version(version).encode())
    return b"{" + b",".join(members) + b"}"
