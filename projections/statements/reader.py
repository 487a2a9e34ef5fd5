"""Answers GET /statements. (1.0.3 Communication 2.1.3; 2.0 4.1.6.1)"""

from datetime import datetime
from uuid import UUID

import asyncpg

from lrs.log.floor import Floors
from lrs.log.store import Store
from lrs.log.stores import Stores
from lrs.readers import Page, StoredStatement
from lrs.storage import pool as storage
from lrs.storage import sqlfile
from lrs.storage.pool import Connection, Pool
from lrs.xapi.query import StatementQuery
from projections import keys
from projections.statements import plan

SQL = sqlfile.load(__package__, "find.sql")
END = 2**63 - 1


class Reader:
    """Statements of every store. Implements `lrs.readers.Statements`.

    A query by one filter has one good plan, whatever the value. By several, it depends on which value is rare: those
    go to `searches`, whose connections plan each query anew.
    """

    def __init__(self, pool: Pool, searches: Pool, stores: Stores, floors: Floors) -> None:
        self._pool = pool
        self._searches = searches
        self._stores = stores
        self._floors = floors

    async def get(self, store: int, statement_id: UUID, *, voided: bool, mine: str | None) -> StoredStatement | None:
        """The statement of that id if its being voided is as asked."""
        await self._floors.freshen(store)
        async with storage.connection(self._pool) as connection:
            row = await SQL.fetchrow(connection, "get", store=store, id=statement_id)
        if row is None or row["voided"] != voided:
            return None
        if mine is not None and row["authority"] != keys.agent((await self._stores.get(store)).secret, mine):
            return None
        return _statement(row)

    async def find(self, store: int, query: StatementQuery, *, mine: str | None) -> Page:
        """One page of what matches, StatementRef closure included, voided ones never."""
        await self._floors.freshen(store)
        tenant = await self._stores.get(store)
        shape = _shape(query, mine)
        async with storage.connection(self._searches if shape.is_several else self._pool) as connection:
            after, before, seen = await _window(connection, tenant, query)
            # One more than asked for tells whether there are more.
            values = _values(tenant, query, mine) | {"after": after, "before": before, "limit": query.limit + 1}
            chosen = plan.plan(shape, SQL["page"].text)
            rows = await connection.fetch(chosen.text, *(values[name] for name in chosen.parameters))
        # Of this very look: another request may have seen a later floor by now, for which this page cannot speak.
        floor: datetime = rows[0]["floor"]
        self._floors.see(store, floor)
        floor = min(floor, seen or floor)
        found = [_statement(row) for row in rows if row["position"] is not None]
        page = found[: query.limit]
        return Page(
            statements=page, next_position=page[-1].position if len(found) > query.limit else None, through=floor
        )


async def _window(connection: Connection, store: Store, query: StatementQuery) -> tuple[int, int, datetime | None]:
    """The positions to look between, both exclusive: the times asked for, and where the last page ended.

    And the floor, where an end was looked up: what is appended from then on is beyond it, whatever the time.
    """
    after, before, floor = 0, END, None
    if query.since is not None or query.until is not None:
        row = await SQL.fetchone(connection, "window", store=store.id, since=query.since, until=query.until)
        after = row["after"]
        if row["through"] is not None:
            before, floor = row["through"] + 1, row["floor"]
    if query.position is not None:
        if query.ascending:
            after = max(after, query.position)
        else:
            before = min(before, query.position)
    return after, before, floor


def _values(store: Store, query: StatementQuery, mine: str | None) -> dict[str, int | None]:
    secret = store.secret
    return {
        "store": store.id,
        "agent": None if query.agent is None else keys.agent(secret, query.agent),
        "verb": None if query.verb is None else keys.verb(secret, query.verb),
        "activity": None if query.activity is None else keys.activity(secret, query.activity),
        "registration": None if query.registration is None else keys.registration(secret, query.registration),
        "mine": None if mine is None else keys.agent(secret, mine),
    }


def _shape(query: StatementQuery, mine: str | None) -> plan.Shape:
    return plan.Shape(
        agent=query.agent is not None,
        verb=query.verb is not None,
        activity=query.activity is not None,
        registration=query.registration is not None,
        related_agents=query.related_agents,
        related_activities=query.related_activities,
        mine=mine is not None,
        ascending=query.ascending,
    )


def _statement(row: asyncpg.Record) -> StoredStatement:
    return StoredStatement(position=row["position"], stored=row["stored"], payload=row["payload"], filled=row["filled"])
