"""Finds statements by an expression: a page of them, how many there are, and their facets."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import asyncpg
import msgspec

from lrs.storage import sqlfile
from lrs.storage.pool import Connection
from projections.answers import suppression
from projections.statistics import expressions, follower
from projections.statistics.expressions import Expression
from projections.statistics.terms import Term

SQL: Final = sqlfile.load(__package__, "find.sql")
# Facets are counted over so many of the latest that match, and a count goes so far: enough to see by, and quick.
FACETED: Final = 5_000
COUNTED: Final = 50_000
VALUES: Final = 20
END: Final = 2**63 - 1


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """What is searched: an expression, and times of `stored` and of the timestamp, each from (inclusive) to."""

    expression: Expression
    since: datetime | None = None
    until: datetime | None = None
    begin: datetime | None = None
    end: datetime | None = None


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """How many statements match, of how many different agents; `more` if there are still more than `statements`."""

    statements: int
    people: int
    more: bool


class Searching:
    """Searches the statements of one store, within one transaction."""

    def __init__(self, connection: Connection, store: int, secret: bytes, search: Search) -> None:
        self._connection = connection
        self._store = store
        self._secret = secret
        self._search = search
        self._condition: tuple[str, list[Any]] | None = None

    async def page(self, before: int | None, limit: int) -> list[asyncpg.Record]:
        """At most `limit` statements before a position, the latest first."""
        condition, values = await self._matching()
        text = f"select s.position from statistics.statements s where {condition} and s.position < ${len(values) + 1}"  # noqa: S608
        text += f" order by s.position desc limit {limit}"
        rows = await self._connection.fetch(text, *values, END if before is None else before)
        positions = [row["position"] for row in rows]
        return await SQL.fetch(self._connection, "statements", store=self._store, positions=positions)

    async def count(self) -> Counted:
        """How many there are, up to a bound."""
        condition, values = await self._matching()
        text = (
            "select count(*) as statements, count(distinct agent) as people from"  # noqa: S608
            f" (select s.agent from statistics.statements s where {condition} limit {COUNTED + 1}) found"
        )
        row = await self._connection.fetchrow(text, *values)
        assert row is not None
        return Counted(
            statements=min(row["statements"], COUNTED), people=row["people"], more=row["statements"] > COUNTED
        )

    async def facet(self, path: str, least: int) -> list[dict[str, Any]]:
        """The commonest values of a path; with `least` above 1, small ones are suppressed."""
        condition, values = await self._matching()
        text = (
            "select t.value, count(*) as statements, count(distinct found.agent) as people from"  # noqa: S608
            f" (select s.agent, s.terms from statistics.statements s where {condition}"
            f" order by s.position desc limit {FACETED}) found"
            " cross join lateral unnest(found.terms) x (term)"
            f" join statistics.terms t on t.store = $1 and t.term = x.term and t.path = ${len(values) + 1}"
            " group by t.value order by statements desc, t.value"
        )
        rows = await self._connection.fetch(text, *values, path)
        dark = suppression.line([row["people"] for row in rows], least).cells if least > 1 else (False,) * len(rows)
        return [_told(dict(row), is_dark) for row, is_dark in zip(rows, dark, strict=True)][:VALUES]

    async def _matching(self) -> tuple[str, list[Any]]:
        """The condition and its values; the store is the first."""
        if self._condition is not None:
            return self._condition[0], list(self._condition[1])
        search = self._search
        values: list[Any] = [self._store]
        window = await SQL.fetchone(
            self._connection, "window", store=self._store, since=search.since, until=search.until
        )
        values += [window["after"], window["through"]]
        text = "s.store = $1 and s.position > $2 and s.position <= $3 and not s.voided"
        for at, sign in ((search.begin, ">="), (search.end, "<")):
            if at is not None:
                values.append(at)
                text += f" and s.at {sign} ${len(values)}"
        text += f" and {expressions.sql(search.expression, self._hash, values)}"
        self._condition = (text, values)
        return text, list(values)

    def _hash(self, term: Term) -> int:
        return follower.hash_of(self._secret, term)


def _told(row: Mapping[str, Any], is_dark: bool) -> dict[str, Any]:
    if is_dark:
        return {"value": row["value"], "statements": None, "people": None, "suppressed": True}
    return {"value": row["value"], "statements": row["statements"], "people": row["people"]}
