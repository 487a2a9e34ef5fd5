"""What answers stand on where analytic projections are: their tables, how far they hold, and what their rows were."""

import itertools
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

import msgspec

from lrs.events import Kind
from lrs.log.stores import Stores
from lrs.reference.reference import Reference
from lrs.storage import sqlfile
from lrs.storage.pool import Connection
from projections.analytic import Projection, Rows, Wanted, wanted
from projections.analytic import Row as Computed
from projections.analytic import standing as analytic
from projections.analytic.standing import Through
from projections.answers import conditions, data
from projections.answers.conditions import Condition
from projections.answers.data import Moment, Part, Row, Stored, Then, identity
from projections.answers.slices import slices
from projections.facts import references
from projections.facts.store import SCHEMA, Facts, decoded

SQL: Final = sqlfile.load(__package__, "standing.sql")
# By then a day is over in every time zone: none ever was 16 hours behind.
EVERYWHERE: Final = timedelta(hours=40)
LATEST: Final = date(9999, 1, 1)
# So many times as many rows of now are looked at where not all that is asked tells which.
MORE: Final = 8
# The facts of so many keys are read together, and the rows of so many computed before others on the event loop go on.
READ: Final = 100
KEYS: Final = 2
# Of so many days it is remembered what they stand on.
DAYS: Final = 1_000
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
        # By store and day, under an epoch of the log and a lease of the facts: up to where it was looked for changed
        # facts of then, and where the last of them was found.
        self._looked: dict[tuple[int, date, int, int], tuple[int, int]] = {}

    async def through(self, connection: Connection, store: int, projections: Sequence[str]) -> Through:
        """The position and time through which all of these hold, as this transaction sees them."""
        found = [await self._one(connection, store, name) for name in projections]
        if not found:
            row = await SQL.fetchone(connection, "head", store=store)
            return Through(position=row["position"], stored=row["stored"])
        return min(found, key=lambda each: each.position)

    async def told(
        self, connection: Connection, store: int, position: int, projections: Sequence[str], *, day: date | None = None
    ) -> Hashable:
        """The last position up to `position` of a statement or of reference data, and the last round of each projection
        that computes rows: what was parked or is computed anew changes them at the same position.

        As of a day, of computed rows: the last position at which a fact changed that was observed by then, as far as it
        is known, what is parked, and whether facts were told again since. What comes in today leaves them as they are.
        """
        if day is not None and self._computed.issuperset(projections):
            return await self._told_of(day, connection, store, position, projections)
        kinds = [Kind.STATEMENT_STORED, Kind.REFERENCE_APPLIED, Kind.PERSON_ERASED, Kind.STATEMENT_REDACTED]
        row = await SQL.fetchone(
            connection, "told", store=store, position=position, kinds=kinds, targets=sorted({*projections})
        )
        return row["position"], row["rounds"]

    async def is_switched(self, connection: Connection, projections: Sequence[str]) -> bool:
        """Whether tables took the place of those of these projections, or of the facts, since this transaction began to
        see: then it may have read both.
        """
        row = await SQL.fetchone(connection, "switched", names=[SCHEMA, *projections])
        return bool(row["switched"])

    async def _told_of(
        self, day: date, connection: Connection, store: int, position: int, projections: Sequence[str]
    ) -> Hashable:
        row = await SQL.fetchone(connection, "ground", store=store, facts=SCHEMA, followers=[*projections, SCHEMA])
        # Facts that are told again, by a replay or a rebuild, come under another lease, at the positions of before.
        of = (store, day, row["epoch"], row["lease"])
        looked, last = self._looked.pop(of, (position, position))
        if position > looked:
            values = {"store": store, "after": looked, "through": position, "before": _end(day)}
            last = position if (await SQL.fetchone(connection, "stirred", **values))["stirred"] else last
        elif position < looked:
            last = position
        self._looked[of] = position, last
        if len(self._looked) > DAYS:
            del self._looked[next(iter(self._looked))]
        return *of, last, row["parked"]

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

    def at(
        self, connection: Connection, store: int, reference: Reference, moment: Moment, tick: Callable[[], object]
    ) -> Then:
        """The rows of that moment; `tick` is called now and then while they are computed."""
        return _Then(self._stores, self._projections, connection, store, reference, moment, tick)


class _Then:
    """Rows at one moment, part by part.

    A row of then belongs to a key that has rows now; as it was known at an earlier position, also to one that has lost
    its facts since, or had rows without any.
    """

    def __init__(
        self, stores: Stores, projections: Mapping[str, Projection], connection: Connection, store: int,
        reference: Reference, moment: Moment, tick: Callable[[], object],
    ) -> None:  # fmt: skip
        self._stores = stores
        self._projections = projections
        self._connection = connection
        self._store = store
        self._reference = reference
        self._moment = moment
        self._tick = tick
        self._tables = tables(projections.values())
        self._gone: dict[str, frozenset[str]] = {}
        self._made: dict[str, Mapping[str, Rows]] = {}

    async def part(
        self, table: str, where: Sequence[Condition], *, after: Sequence[Any] | None, limit: int | None,
        only: Collection[str] = (),
    ) -> Part:  # fmt: skip
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
        begin = None if after is None else tuple(after)
        by_key: dict[tuple[Any, ...], Row] = {}
        form = _Form(stored, where, only)
        projection, name = self._of(table)
        made = await self._made_of(projection, owners | await self._lost(table))
        async for some in slices(list(made.values()), KEYS):
            for row in itertools.chain.from_iterable(form.rows(of_key.get(name, ())) for of_key in some):
                key = identity(row, stored.key)
                if (begin is None or key > begin) and (last is None or key <= last):
                    by_key[key] = row
        return Part(rows=[by_key[key] for key in sorted(by_key)], next=last)

    async def _made_of(self, projection: Projection, keys: AbstractSet[str]) -> Mapping[str, Rows]:
        """The rows of all tables by key; those of the last call are at hand, as more than one table may be asked of."""
        last = self._made.get(projection.name, {})
        made = {key: last[key] for key in keys if key in last}
        store = await self._stores.get(self._store)
        async for names in slices(sorted(keys - made.keys()), READ):
            self._tick()
            plans = {
                key: tuple(self._through(each) for each in wanted.several(projection.wanted(key, self._reference)))
                for key in names
            }
            facts = await wanted.gather(self._connection, Facts(), store, plans, at=self._moment.at)
            async for some in slices(list(facts.items()), KEYS):
                for key, own in some:
                    made[key] = projection.rows(key, own, self._reference, as_of=self._moment.as_of)
        # Keys that are gone are asked of again for each page.
        gone = frozenset[str]().union(*self._gone.values())
        self._made[projection.name] = {**{key: last[key] for key in gone & last.keys()}, **made}
        return made

    def _through(self, want: Wanted) -> Wanted:
        """Without what was observed after the day anywhere on earth, which no row of then heeds."""
        if self._moment.as_of is None or self._moment.as_of >= LATEST:
            return want
        until = _end(self._moment.as_of)
        return msgspec.structs.replace(want, until=until if want.until is None else min(until, want.until))

    async def _lost(self, table: str) -> frozenset[str]:
        """Keys that may have had rows in this table and have none any more."""
        if self._moment.known_at is None:
            return frozenset()
        if table not in self._gone:
            projection, _ = self._of(table)
            ended = await SQL.fetch(self._connection, "ended", store=self._store, position=self._moment.known_at)
            keys = set(projection.every(self._reference))
            async for some in slices(ended):
                for fact in (decoded(row["body"]) for row in some):
                    if fact.kind in projection.kinds:
                        keys.update(projection.keys(fact, self._reference))
            text = f"select distinct owner from {table} where store = $1"  # noqa: S608
            keys -= {row["owner"] for row in await self._connection.fetch(text, self._store)}
            self._gone[table] = frozenset(keys)
        return self._gone[table]

    def _of(self, table: str) -> tuple[Projection, str]:
        schema, _, name = table.partition(".")
        return self._projections[schema], name


def _end(day: date) -> datetime:
    """When a day is over everywhere on earth."""
    return datetime.combine(day, time(), UTC) + EVERYWHERE


class _Form:
    """Has computed rows of a table in the form in which rows are read: those that meet conditions, and of these the key
    and what is wanted `only`, or all.
    """

    def __init__(self, stored: Stored, where: Sequence[Condition], only: Collection[str]) -> None:
        self._where = where
        named = {column for condition in where for each in condition for column in each}
        columns = [(name, place, type_) for place, (name, type_) in enumerate(stored.types.items())]
        self._named = [each for each in columns if each[0] in named]
        self._told = [each for each in columns if not only or each[0] in only or each[0] in stored.key]

    def rows(self, computed: Iterable[Computed]) -> Iterator[Row]:
        """Those of some rows that meet the conditions."""
        for values in computed:
            named = {name: _plain(values[place], type_) for name, place, type_ in self._named}
            if conditions.meets(named, self._where):
                yield {name: _plain(values[place], type_) for name, place, type_ in self._told}


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
