"""How far a pull has come in another LRS, so that it goes on there after whatever end."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from lrs.hooks.peers import pages
from lrs.hooks.peers.pages import Page
from lrs.relay.checkpoints import LeaseLost
from lrs.storage import pool as storage
from lrs.storage import sqlfile
from lrs.storage.pool import Pool

SQL: Final = sqlfile.load(__package__, "cursors.sql")
NAME: Final = "pull"
REFUSED: Final = 1_000


class Cursor(msgspec.Struct, frozen=True, kw_only=True):
    """All that the other LRS stored up to `since` is here. `more` is the next page of a sweep that goes on from there.

    `newest` is the latest `stored` of this sweep. While it comes in that order, `since` follows it before the sweep has
    ended; else it goes back to `begun`, where the sweep began, and waits there. `refused` are the ids of what was
    refused of late, so that it is not again.
    """

    since: datetime | None = None
    begun: datetime | None = None
    newest: datetime | None = None
    more: str = ""
    ordered: bool = True
    refused: tuple[str, ...] = ()

    def after(self, page: Page, more: str, refused: Sequence[str]) -> "Cursor":
        """The cursor behind a page of the sweep, of which all is recorded or refused; `more` is "" at its end."""
        times = [pages.stored(each) for each in page.statements]
        told = [each for each in times if each is not None]
        before = [self.newest, *times[:-1]]
        ordered = self.ordered and all(
            now is not None and (then is None or then <= now) for then, now in zip(before, times, strict=False)
        )
        newest = max([*told, *filter(None, [self.newest])], default=None)
        begun = self.begun if self.more else self.since
        since = self.since if ordered else begun
        if newest is not None and (ordered or not more):
            # What was stored later than the other LRS vouches for may not be all.
            reached = newest if page.through is None else min(newest, page.through)
            since = reached if since is None else max(since, reached)
        return Cursor(
            since=since,
            begun=begun if more else None,
            newest=newest if more else None,
            more=more,
            ordered=ordered if more else True,
            refused=tuple(dict.fromkeys([*self.refused, *refused]))[-REFUSED:],
        )

    def asked(self, overlap: timedelta) -> datetime | None:
        """The `since` of a new sweep, which goes back a little: `stored` may be shared, cut or late."""
        try:
            return None if self.since is None else self.since - overlap
        except OverflowError:
            return None


class Cursors:
    """Where cursors are kept."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def load(self, store: int, hook: UUID, first: Cursor) -> Cursor:
        """The cursor of a hook; `first` where it has none."""
        named = {"store": store, "hook": hook, "name": NAME}
        async with storage.connection(self._pool) as connection:
            await SQL.execute(connection, "begin", **named, value=_text(first))
            value = await SQL.fetchval(connection, "cursor", **named)
        return msgspec.json.decode(str(value), type=Cursor)

    async def move(self, store: int, hook: UUID, old: Cursor, new: Cursor) -> None:
        """Put a cursor in place of the one that was; LeaseLost where another process has moved it."""
        if new == old:
            return
        named = {"store": store, "hook": hook, "name": NAME}
        async with storage.connection(self._pool) as connection:
            if not await SQL.execute(connection, "move", **named, old=_text(old), new=_text(new)):
                raise LeaseLost(f"the cursor of the hook {hook} was moved by another process")


def _text(cursor: Cursor) -> str:
    return msgspec.json.encode(cursor).decode()
