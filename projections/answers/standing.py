"""What answers stand on where analytic projections are: their tables, how far they hold, and what their rows were."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

import msgspec

from lrs.events import Kind
from lrs.log.stores import Stores
from lrs.reference.reference import Reference
from lrs.storage import sqlfile
from lrs.storage.pool import Connection
from projections.analytic import Projection, Rows, Wanted, wanted
from projections.analytic import standing as analytic
from projections.analytic.standing import Through
from projections.answers import conditions, data
from projections.answers.conditions import Condition
from projections.answers.data import Moment, Part, Row, Stored, Then, identity
from projections.facts import references
from projections.facts.store import Facts, decoded

SQL: Final = sqlfile.load(__package__, "standing.sql")
# By then a day is over in every time zone.
EVERYWHERE: Final = timedelta(days=2)
LATEST: Final = date(9999, 1, 1)
# So many times as many rows of now are looked at where not all that is asked tells which.
MORE: Final = 8
DECIMALS: Final = {"numeric(6,3)": 3, "numeric(7,4)": 4}


def tables(projections: Iterable[Projection]) -> dict[str, Stored]:
    """Every table of some projections, by `schema.table`."""
    return {
        f"{projection.name}.{table.name}": Stored(
            types={column.name: column.type for column in table.columns}, key=table.key, moves=table.moves
        )
        for projection in projections
        for table in projection.tables
    }


class References:
    """Reference data as the log has it."""

    def __init__(self, known: references.References) -> None:
        self._known = known

    async def of(self, store: int) -> Reference:
        """That of a store, as new as its log."""
        return await self._known.latest(store)

    async def as_known(self, store: int, position: int, connection: Connection | None = None) -> Reference:
        """That of a store as it was at a position, read through `connection` where one is held already."""
        return await self._known.as_known(store, position, connection)


class Marks:
    """How far projections hold: those that compute rows of facts, followers by name, and the log itself for none."""

    def __init__(self, projections: Iterable[Projection]) -> None:
        self._computed = frozenset(each.name for each in projections)

    async def through(self, connection: Connection, store: int, projections: Sequence[str]) -> Through:
        """The position and time through which all of these hold, as this transaction sees them."""
        found = [await self._one(connection, store, name) for name in projections]
        if not found:
            row = await SQL.fetchone(connection, "head", store=store)
            return Through(position=row["position"], stored=row["stored"])
        return min(found, key=lambda each: each.position)

    async def told(self, connection: Connection, store: int, position: int, projections: Sequence[str]) -> Hashable:
        """The last position up to `position` of a statement or of reference data, and the last round of each projection
        that computes rows: what was parked or is computed anew changes them at the same position.
        """
        kinds = [Kind.STATEMENT_STORED, Kind.REFERENCE_APPLIED, Kind.PERSON_ERASED, Kind.STATEMENT_REDACTED]
        row = await SQL.fetchone(
            connection, "told", store=store, position=position, kinds=kinds, targets=sorted({*projections})
        )
        return row["position"], row["rounds"]

    async def _one(self, connection: Connection, store: int, name: str) -> Through:
        if name in self._computed:
            return await analytic.through(connection, store, name)
        row = await SQL.fetchone(connection, "follower", store=store, follower=name)
        return Through(position=row["position"], stored=row["stored"])


class Past:
    """Rows as they were, computed from the facts of then by the rules of now."""

    def __init__(self, stores: Stores, projections: Iterable[Projection]) -> None:
        self._stores = stores
        self._projections = {each.name: each for each in projections}

    def at(self, connection: Connection, store: int, reference: Reference, moment: Moment) -> Then:
        """The rows of that moment."""
        return _Then(self._stores, self._projections, connection, store, reference, moment)


class _Then:
    """Rows at one moment, part by part.

    A row of then belongs to a key that has rows now; as it was known at an earlier position, also to one that has lost
    its facts since, or had rows without any.
    """

    def __init__(
        self, stores: Stores, projections: Mapping[str, Projection], connection: Connection, store: int,
        reference: Reference, moment: Moment,
    ) -> None:  # fmt: skip
        self._stores = stores
        self._projections = projections
        self._connection = connection
        self._store = store
        self._reference = reference
        self._moment = moment
        self._tables = tables(projections.values())
        self._gone: dict[str, list[Row]] = {}
        self._made: dict[str, Mapping[str, Rows]] = {}

    async def part(
        self, table: str, where: Sequence[Condition], *, after: Sequence[Any] | None, limit: int | None
    ) -> Part:
        """The rows of then whose keys lie where those of `limit` rows of now lie, and all of them at the end.

        What is asked of columns that move does not tell which rows of now those are: then more of them are looked at.
        """
        stored = self._tables[table]
        now = conditions.without(where, stored.moves)
        if limit is not None and any(not stored.moves.isdisjoint(each) for one in where for each in one):
            limit *= MORE
        what = f"t.owner, {data.selected(Stored(types={k: stored.types[k] for k in stored.key}, key=stored.key))}"
        order = await data.collation(self._connection)
        text, values = data.selecting(table, stored, now, what, self._store, after, limit, order)
        found = await self._connection.fetch(text, *values)
        owners = {row["owner"] for row in found}
        if after is not None:
            # Whose rows were told last may have had more of them then, behind the last one that she has now.
            text, values = data.selecting(table, stored, now, "t.owner", self._store, after, 1, order, back=True)
            owners |= {row["owner"] for row in await self._connection.fetch(text, *values)}
        last = identity(dict(found[-1]), stored.key) if limit is not None and len(found) == limit else None
        rows = await self._computed(table, owners)
        rows += await self._lost(table)
        by_key = {identity(row, stored.key): row for row in rows if conditions.meets(row, where)}
        begin = None if after is None else tuple(after)
        wanted_keys = [
            key for key in sorted(by_key) if (begin is None or key > begin) and (last is None or key <= last)
        ]
        return Part(rows=[by_key[key] for key in wanted_keys], next=last)

    async def _computed(self, table: str, keys: Iterable[str]) -> list[Row]:
        projection, name = self._of(table)
        made = await self._made_of(projection, frozenset(keys))
        types = self._tables[table].types
        return [_row(row, types) for of_key in made.values() for row in of_key.get(name, ())]

    async def _made_of(self, projection: Projection, keys: frozenset[str]) -> Mapping[str, Rows]:
        """The rows of all tables by key; those of the last call are at hand, as more than one table may be asked of."""
        last = self._made.get(projection.name, {})
        made = {key: last[key] for key in keys if key in last}
        store = await self._stores.get(self._store)
        plans = {
            key: tuple(self._through(each) for each in wanted.several(projection.wanted(key, self._reference)))
            for key in sorted(keys - made.keys())
        }
        facts = await wanted.gather(self._connection, Facts(), store, plans, at=self._moment.at)
        for key, own in facts.items():
            made[key] = projection.rows(key, own, self._reference, as_of=self._moment.as_of)
        self._made[projection.name] = made
        return made

    def _through(self, want: Wanted) -> Wanted:
        """Without what was observed after the day anywhere on earth, which no row of then heeds."""
        if self._moment.as_of is None or self._moment.as_of >= LATEST:
            return want
        until = datetime.combine(self._moment.as_of, time(), UTC) + EVERYWHERE
        return msgspec.structs.replace(want, until=until if want.until is None else min(until, want.until))

    async def _lost(self, table: str) -> list[Row]:
        """The rows of keys that have none in this table any more."""
        if self._moment.known_at is None:
            return []
        if table not in self._gone:
            projection, _ = self._of(table)
            ended = await SQL.fetch(self._connection, "ended", store=self._store, position=self._moment.known_at)
            facts = [fact for fact in (decoded(row["body"]) for row in ended) if fact.kind in projection.kinds]
            keys = {key for fact in facts for key in projection.keys(fact, self._reference)}
            keys |= set(projection.every(self._reference))
            text = f"select distinct owner from {table} where store = $1"  # noqa: S608
            keys -= {row["owner"] for row in await self._connection.fetch(text, self._store)}
            self._gone[table] = await self._computed(table, keys)
        return self._gone[table]

    def _of(self, table: str) -> tuple[Projection, str]:
        schema, _, name = table.partition(".")
        return self._projections[schema], name


def _row(values: Sequence[Any], types: Mapping[str, str]) -> Row:
    """A computed row in the form in which rows are read."""
    return {name: _plain(value, type_) for (name, type_), value in zip(types.items(), values, strict=True)}


def _plain(value: Any, type_: str) -> Any:  # noqa: ANN401 - whatever a row holds
    if value is None:
        return None
    if type_ in DECIMALS:
        return round(float(value), DECIMALS[type_])
    if type_ == "uuid":
        return str(value)
    if type_.endswith("[]"):
        return [str(each) for each in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return value
