"""Compares what two LRSs hold, by a digest of each day of `timestamp`, and finds each statement that differs.

`stored` is no help: each LRS gives its own. Both are read once from end to end; what is kept of a statement meanwhile
is its id, its day and a digest, in files by the first byte of the id, of which one at a time is in memory.
"""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from lrs import readers
from lrs.errors import Invalid, TooLarge
from lrs.hooks.peers import pages
from lrs.hooks.peers.outgoing import Outer
from lrs.hooks.peers.remote import Away, Remote
from lrs.xapi import equivalence, formats, values
from lrs.xapi.query import StatementQuery

HERE, THERE = 0, 1
RECORD: Final = 16 + 10 + 16
PARTS: Final = 256
FLUSH: Final = 32 * 1024
PAGE: Final = 500
TRIES: Final = 5
# A clock that is a day fast is thought of.
MARGIN: Final = timedelta(days=1)
UNKNOWN: Final = "unknown   "
LOOKED_UP: Final = 1_000

Tell = Callable[[int, int], object]
_outer = msgspec.json.Decoder(Outer)


class Entry(NamedTuple):
    """What is kept of a statement."""

    day: str
    digest: bytes


class Difference(NamedTuple):
    """A statement that is not the same on both sides.

    `kind` is `missing here`, `missing there`, `different`, `voided here` or `voided there` (on that side alone).
    """

    kind: str
    id: UUID
    day: str


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """A day on both sides: how many statements, and a digest of them that does not depend on their order."""

    day: str
    here: int
    there: int
    digest_here: str
    digest_there: str

    @property
    def is_same(self) -> bool:
        """Whether both have the same."""
        return self.digest_here == self.digest_there


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """Which statements are compared: those with a `timestamp` from `since` on and before `until`."""

    since: datetime | None = None
    until: datetime | None = None

    def has(self, timestamp: datetime | None) -> bool:
        """Whether such a time is within; one that cannot be read is, where there are no bounds."""
        if timestamp is None:
            return self.since is None and self.until is None
        return (self.since is None or self.since <= timestamp) and (self.until is None or timestamp < self.until)


class Spool:
    """Entries of both sides, in files within `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._waiting: dict[tuple[int, int], bytearray] = {}

    def add(self, side: int, id: UUID, entry: Entry) -> None:
        """Keep an entry."""
        key = (side, id.bytes[0])
        waiting = self._waiting.setdefault(key, bytearray())
        waiting += id.bytes + entry.day.encode() + entry.digest
        if len(waiting) >= FLUSH:
            self._flush(key)

    def parts(self) -> Iterator[tuple[dict[bytes, Entry], dict[bytes, Entry]]]:
        """Entries by id, of both sides, part by part; what was added twice is there once."""
        for key in list(self._waiting):
            self._flush(key)
        for part in range(PARTS):
            yield self._read(HERE, part), self._read(THERE, part)

    def _flush(self, key: tuple[int, int]) -> None:
        with self._path(*key).open("ab") as file:
            file.write(self._waiting.pop(key))

    def _read(self, side: int, part: int) -> dict[bytes, Entry]:
        path = self._path(side, part)
        content = path.read_bytes() if path.exists() else b""
        records = (content[at : at + RECORD] for at in range(0, len(content), RECORD))
        return {each[:16]: Entry(each[16:26].decode(), each[26:]) for each in records}

    def _path(self, side: int, part: int) -> Path:
        return self._folder / f"{side}-{part:02x}"


class Reconciling:
    """One comparison of a store with another LRS; `with_data` compares whether the data of attachments is there too."""

    def __init__(
        self, store: int, statements: readers.Statements, blobs: readers.Blobs, other: Remote, *,
        window: Window | None = None, with_data: bool = False, tell: Tell = lambda here, there: None,
    ) -> None:  # fmt: skip
        self._store = store
        self._statements = statements
        self._blobs = blobs
        self._other = other
        self._window = window or Window()
        self._with_data = with_data
        self._tell = tell
        self._counts = [0, 0]
        self._days: dict[str, list[int]] = {}
        self._looked_up = 0

    async def run(self) -> AsyncIterator[Difference]:
        """Every difference, as it is found; `days` is whole when the last was given."""
        with tempfile.TemporaryDirectory(prefix="lrs-reconcile-") as folder:
            spool = Spool(Path(folder))
            await self._read_here(spool)
            await self._read_there(spool)
            for here, there in spool.parts():
                for side, entries in enumerate((here, there)):
                    self._sum(side, entries)
                for id in sorted(here.keys() | there.keys()):
                    if here.get(id) != there.get(id):
                        found = await self._settled(UUID(bytes=id), here.get(id), there.get(id))
                        if found is not None:
                            yield found

    @property
    def days(self) -> Sequence[Day]:
        """Each day of either side, in order."""
        return [
            Day(day=day.strip(), here=sums[0], there=sums[1], digest_here=_hex(sums[2]), digest_there=_hex(sums[3]))
            for day, sums in sorted(self._days.items())
        ]

    def _sum(self, side: int, entries: dict[bytes, Entry]) -> None:
        for id, entry in entries.items():
            sums = self._days.setdefault(entry.day, [0, 0, 0, 0])
            sums[side] += 1
            one = int.from_bytes(hashlib.sha256(id + entry.digest).digest())
            sums[2 + side] = (sums[2 + side] + one) % 2**256

    async def _read_here(self, spool: Spool) -> None:
        query = StatementQuery(ascending=True, limit=PAGE)
        while True:
            page = await self._statements.find(self._store, query, mine=None)
            for each in page.statements:
                raw = formats.exact(each.payload, each.filled, each.stored)
                self._add(spool, HERE, raw, await self._held(raw))
            if page.next_position is None:
                return
            query = msgspec.structs.replace(query, position=page.next_position)

    async def _held(self, raw: bytes) -> Sequence[str]:
        declared = _declared(raw) if self._with_data else ()
        return list(await self._blobs.get(self._store, declared)) if declared else ()

    async def _read_there(self, spool: Spool) -> None:
        since = None if self._window.since is None else formats.instant(self._window.since - MARGIN)
        query = {"ascending": "true", "attachments": "true" if self._with_data else "false", "limit": str(PAGE)}
        url = self._other.first(query if since is None else {**query, "since": since})
        while url:
            page = await self._page(url)
            for raw in page.statements:
                came = [each for each in _declared(raw) if each in page.data] if self._with_data else ()
                self._add(spool, THERE, raw, came)
            url = self._other.following(page.more) if page.more else ""

    async def _page(self, url: str) -> pages.Page:
        for left in range(TRIES - 1, -1, -1):
            try:
                return pages.read(await self._other.page(url), version=self._other.endpoint.version)
            except Away as error:
                if not left or error.answered in {401, 403, 404}:
                    raise
                await _pause(error.seconds)
            except TooLarge as error:
                raise TooLarge(f"{error.detail}: compare without --attachments") from error
        raise AssertionError

    def _add(self, spool: Spool, side: int, raw: bytes, data: Sequence[str]) -> None:
        id, entry, timestamp = read(raw, data)
        if self._window.has(timestamp):
            spool.add(side, id, entry)
            self._counts[side] += 1
            self._tell(*self._counts)

    async def _settled(self, id: UUID, here: Entry | None, there: Entry | None) -> Difference | None:
        """A difference, looked at once more: it may be voided on one side, or have come while we read."""
        day = (here or there or Entry(UNKNOWN, b"")).day.strip()
        kind = "missing here" if here is None else "missing there" if there is None else "different"
        if self._looked_up >= LOOKED_UP or kind == "different":
            return Difference(kind, id, day)
        self._looked_up += 1
        if here is None:
            hidden = await self._statements.get(self._store, id, voided=True, mine=None)
            return Difference("missing here" if hidden is None else "voided here", id, day)
        try:
            found = await self._other.find(id)
        except Away:
            return Difference(kind, id, day)
        if found is None:
            return Difference(kind, id, day)
        if found[1]:
            return Difference("voided there", id, day)
        # The data of its attachments did not come with it.
        is_same = not self._with_data and read(found[0], ())[1] == here
        return None if is_same else Difference("different", id, day)


def read(raw: bytes, data: Sequence[str]) -> tuple[UUID, Entry, datetime | None]:
    """What is kept of a statement, and its time; Invalid where it has no id."""
    try:
        named = msgspec.json.decode(raw, type=_Named)
        id = UUID(named.id)
        digest = equivalence.digest(raw, data=data)
    except (ValueError, RecursionError) as error:
        raise Invalid(f"the other LRS gives a statement that cannot be read: {error}") from error
    timestamp = pages.instant(named.timestamp)
    day = UNKNOWN if timestamp is None else values.in_utc(named.timestamp.strip())[:10]
    return id, Entry(day, digest), timestamp


class _Named(msgspec.Struct, frozen=True):
    id: str
    timestamp: str = ""


def _declared(raw: bytes) -> list[str]:
    if b"attachments" not in raw and b"\\u" not in raw:
        return []
    outer = _outer.decode(raw)
    return list(dict.fromkeys(each.sha2.lower() for each in (*outer.attachments, *outer.object.attachments)))


async def _pause(seconds: float | None) -> None:
    await asyncio.sleep(1.0 if seconds is None else min(seconds, 60.0))


def _hex(number: int) -> str:
    return f"{number:064x}"[:16]
