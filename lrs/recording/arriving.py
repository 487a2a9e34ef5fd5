"""Records statements that come from another LRS: new ones become events, and one that is refused stops no other.

They get the authority of a credential here; what the other LRS says of `stored` and authority stays in what is kept as
received. (1.0.3 Data 2.4.8, 2.4.9)
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from lrs.auth import scopes
from lrs.auth.issuing import Issuing
from lrs.errors import Forbidden, Invalid, LrsError
from lrs.events import Draft, Event
from lrs.log.append import Log
from lrs.log.group import Keys, Known
from lrs.recording import statements as recorded
from lrs.recording.elements import Element, Mark
from lrs.recording.judging import Item, Judge, Refusal, Source
from lrs.recording.statements import Authority
from lrs.xapi.limits import Limits
from lrs.xapi.versions import Version

Refused = tuple[bytes, LrsError]
MARK: Final = Mark()


def clock() -> datetime:
    """The time now."""
    return datetime.now(UTC)


class Arrivals:
    """Records what arrives for any store; `now` is the clock."""

    def __init__(self, log: Log, issuing: Issuing, limits: Limits, now: Callable[[], datetime] = clock) -> None:
        self._log = log
        self._issuing = issuing
        self._limits = limits
        self._now = now

    async def record(
        self, store: int, credential: str, statements: Sequence[bytes], data: Mapping[str, bytes], *, version: Version
    ) -> tuple[int, Sequence[Refused]]:
        """Append those that are new, by the authority of a credential; how many, and those refused with the reason.

        `data` is that of attachments, by the SHA-2 that it has; it may be missing. `version` is for statements that
        name none. NotFound or Forbidden where the credential may not write; Unavailable as in `Log.append`.
        """
        judge = Judge(await self._source(store, credential, version), self._now)
        refused: list[Refused] = []
        items: list[Item] = []
        for raw in statements:
            judged = judge.judge(Element(raw, MARK))
            if isinstance(judged, Refusal):
                refused.append((raw, judged.error))
            elif not judged.received.has_id:
                refused.append((raw, Invalid("a statement of another LRS must have an id", pointer="/id")))
            else:
                items.append(judged)
        if not items:
            return 0, refused
        new, conflicts = await self._append(store, credential, items, data)
        return new, [*refused, *conflicts]

    async def _append(
        self, store: int, credential: str, items: Sequence[Item], data: Mapping[str, bytes]
    ) -> tuple[int, Sequence[Refused]]:
        conflicts: Sequence[Refused] = ()

        def decide(known: Known) -> Sequence[Draft]:
            nonlocal conflicts
            drafts, conflicts = _decided(items, known)
            return drafts

        digests = {digest for item in items for digest in item.received.digests}
        appended = await self._log.append(
            store,
            keys=Keys(statements=tuple(dict.fromkeys(item.received.id for item in items))),
            decide=decide,
            credential=credential,
            weight=len(items),
            size=sum(len(item.received.payload) for item in items),
            blobs={digest: data[digest.hex()] for digest in digests if digest.hex() in data},
        )
        return len(appended.events), conflicts

    async def _source(self, store: int, key: str, version: Version) -> Source:
        """How what arrives is judged; Forbidden where the credential does not allow it."""
        credential = await self._issuing.get(key)
        if credential.store != store:
            raise Forbidden(f"the credential {key} is of another store: name one of this store")
        if not credential.state.is_live(self._now()):
            raise Forbidden(f"the credential {key} is revoked or expired: name one that is live")
        authority = Authority.of(credential.caller().must(scopes.STATEMENTS_WRITE))
        return Source(digest=b"", version=version, authority=authority, limits=self._limits)


def _decided(items: Sequence[Item], known: Known) -> tuple[Sequence[Draft], Sequence[Refused]]:
    """The drafts of those that are new, and the conflicts, given what is stored; pure."""
    seen: dict[UUID, Event | Draft] = dict(known)
    drafts: list[Draft] = []
    conflicts: list[Refused] = []
    for item in items:
        try:
            if not recorded.is_known(item.received, seen, item.version):
                draft = recorded.draft(item.received, item.version, item.authority)
                seen[draft.subject] = draft
                drafts.append(draft)
        except LrsError as error:
            conflicts.append((item.received.payload, error))
    return drafts, conflicts
