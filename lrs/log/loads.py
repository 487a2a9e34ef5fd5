"""How far each load of a file has come.

It moves in the transaction that stores what was read so far, so a load that was cut goes on where the log ends, and
counts nothing twice.
"""

from collections.abc import Iterable, Sequence

import asyncpg
import msgspec

from lrs.errors import Conflict
from lrs.events import Event, Kind, StatementDetail
from lrs.log.floor import OLDEST
from lrs.log.group import Keys
from lrs.log.store import Store
from lrs.log.writing import Writing
from lrs.storage import pool as storage
from lrs.storage import sqlfile
from lrs.storage.pool import Connection, Pool

SQL = sqlfile.load(__package__, "loads.sql")


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """Statements by what became of them; those `without_data` (of an attachment) are among the others too."""

    loaded: int = 0
    known: int = 0
    refused: int = 0
    without_data: int = 0

    @property
    def read(self) -> int:
        """All of them."""
        return self.loaded + self.known + self.refused

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            loaded=self.loaded + other.loaded,
            known=self.known + other.known,
            refused=self.refused + other.refused,
            without_data=self.without_data + other.without_data,
        )


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A load's way from one mark in its file to the next, and what became of the statements between them."""

    load: int
    before: str
    after: str
    counts: Counts


class LoadedDetail(StatementDetail, frozen=True, kw_only=True):
    """The detail of the last statement of a step: when it is stored, the load is that far."""

    step: Step


class File(msgspec.Struct, frozen=True, kw_only=True):
    """What a load is known by: the store, the SHA-256 of the file and how it is read.

    Without a `credential`, the file's own times and authorities are taken over.
    """

    store: int
    digest: bytes
    credential: str | None
    version: str


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """An unfinished load: all before `mark` is stored, and what was refused before `previous` has been reported."""

    id: int
    previous: str
    mark: str
    counts: Counts

    @classmethod
    def from_row(cls, row: asyncpg.Record) -> "Load":
        """The load in a row of `unfinished`."""
        counts = Counts(**{name: row[name] for name in Counts.__struct_fields__})
        return cls(id=row["id"], previous=row["previous"], mark=row["mark"], counts=counts)


class Loads:
    """The loads of every store; as an inline projection, it moves them with the statements that they store."""

    kinds = frozenset({Kind.STATEMENT_STORED})

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def begin(self, file: File, start: str) -> Load:
        """The unfinished load of a file, or a new one whose mark is `start`."""
        named = msgspec.structs.asdict(file)
        async with storage.connection(self._pool) as connection:
            await SQL.execute(connection, "begin", **named, mark=start)
            return Load.from_row(await SQL.fetchone(connection, "unfinished", **named))

    async def get(self, load: int) -> Load:
        """A load as it stands."""
        async with storage.connection(self._pool) as connection:
            return Load.from_row(await SQL.fetchone(connection, "get", id=load))

    async def advance(self, step: Step) -> None:
        """Make a step that stores nothing; Conflict where another process loads the same file."""
        async with storage.connection(self._pool) as connection:
            await _advance(connection, step)

    async def finish(self, load: int) -> None:
        """Note that the file was read to its end: to load it again is another load."""
        async with storage.connection(self._pool) as connection:
            await SQL.execute(connection, "finish", id=load)

    async def hold(self, store: Store) -> None:
        """Make ready for statements that keep the `stored` they have; Conflict where the store has had others.

        Until something else is appended, readers find the floor where the last of them left it.
        """
        async with storage.connection(self._pool) as connection:
            if not await SQL.execute(connection, "hold", store=store.id, oldest=OLDEST):
                raise Conflict(
                    f"the store {store.name} has records of its own, such as a credential or an export: make a store"
                    " for this file (`lrs store create NAME`), load into it, and give it credentials afterwards"
                )

    async def known(self, tx: Connection, store: Store, keys: Keys) -> Iterable[Event]:
        """Nothing: no decision depends on how far a load has come."""
        return ()

    async def write(self, to: Writing, store: Store, events: Sequence[Event], *, alone: bool) -> None:
        """Move the loads whose statements are among the events."""
        for event in events:
            if isinstance(event.detail, LoadedDetail):
                await _advance(to.transaction(), event.detail.step)


async def _advance(tx: Connection, step: Step) -> None:
    counts = msgspec.structs.asdict(step.counts)
    if not await SQL.execute(tx, "advance", id=step.load, before=step.before, after=step.after, **counts):
        raise Conflict("another process loads this file at this moment: wait for it, then run the same command again")
