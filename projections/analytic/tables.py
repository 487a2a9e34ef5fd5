"""The tables of an analytic projection: made from what it says of them, and rows replaced owner by owner."""

import contextlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import blake2b
from operator import is_
from typing import Any, Final, NamedTuple

import msgspec

from lrs.storage import copy
from lrs.storage.pool import Connection
from projections.analytic import Projection, Row, Table
from projections.analytic.changes import OURS, Recorder

NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,48}")
OWN: Final = ("store", "owner", "content")
# Rows are found by keys and indexes, for which a rough idea of what columns hold is enough. As rows come and go all the
# time and stay like one another, ANALYZE waits until each was replaced some times: it has whoever is in a hurry wait.
STATISTICS: Final = 20
REPLACED: Final = 5
_encode: Final = msgspec.json.Encoder(order="deterministic").encode


def ddl(projection: Projection, schema: str) -> str:
    """SQL that makes the schema of a projection with its tables, comments and grants, under the name `schema`."""
    parts = [f"create schema {schema};"]
    for table in projection.tables:
        parts += _table(table, schema)
    parts.append(f"grant usage on schema {schema} to lrs_app;")
    parts.append(f"grant select, insert, update, delete on all tables in schema {schema} to lrs_app;")
    return "\n".join(parts) + "\n"


def _table(table: Table, schema: str) -> Iterable[str]:
    name = f"{schema}.{table.name}"
    names = [each.name for each in table.columns]
    columns = [
        f"    {quoted(each.name)} {each.type}{' not null' if each.name in table.key else ''}," for each in table.columns
    ]
    yield "\n".join(
        (
            f"create table {name} (",
            "    store int not null,",
            *columns,
            "    owner text not null,",
            "    content bigint not null,",
            f"    constraint {table.name}_has_one_row_a_key primary key (store, {', '.join(map(quoted, table.key))})",
            f") with (autovacuum_analyze_scale_factor = {REPLACED});",
        )
    )
    statistics = (f"alter column {quoted(column)} set statistics {STATISTICS}" for column in (*OWN, *names))
    yield f"alter table {name} {', '.join(statistics)};"
    # With the content, by which single rows of an owner are removed.
    yield f"create index {table.name}_by_owner on {name} (store, owner, content);"
    for indexed in table.indexes:
        listed = ", ".join(map(quoted, indexed))
        yield f"create index {table.name}_by_{'_and_'.join(indexed)} on {name} (store, {listed});"
    yield f"comment on table {name} is {_literal(table.sentence)};"
    yield f"comment on column {name}.store is 'The store.';"
    for each in table.columns:
        yield f"comment on column {name}.{quoted(each.name)} is {_literal(each.sentence)};"
    yield f"comment on column {name}.owner is 'What is computed at once: the key of which this is a row.';"
    yield f"comment on column {name}.content is 'A hash of the row: while it stays the same, the row is left alone.';"


def quoted(name: str) -> str:
    """A name as SQL takes it, for some are words of SQL."""
    return f'"{name}"'


def _literal(sentence: str) -> str:
    return "'" + sentence.replace("'", "''") + "'"


class Written(NamedTuple):
    """The rows of an owner as they were computed, and the content of each."""

    rows: Sequence[Row]
    contents: Sequence[int]


class Ready(NamedTuple):
    """A row as it is written: whose it is, its content, and the fields of its columns."""

    owner: str
    content: int
    fields: bytes
    row: Row


class Filled:
    """One table of a projection in one schema."""

    def __init__(self, table: Table, schema: str) -> None:
        self.table = table
        self._schema = schema
        self._columns = ("store", *(each.name for each in table.columns), "owner", "content")
        name = f"{schema}.{table.name}"
        # Names of schemas, tables and columns were found to be plain words when the projection was loaded.
        self._contents = f"select owner, content from {name} where store = $1 and owner = any($2::text[])"  # noqa: S608
        self._remove = (
            f"delete from {name} t using unnest($2::text[], $3::bigint[]) d (owner, content)"  # noqa: S608
            " where t.store = $1 and t.owner = d.owner and t.content = d.content"
        )
        types = {each.name: each.type for each in table.columns}
        arrays = ", ".join(f"${number}::{types[each]}[]" for number, each in enumerate(table.key, 2))
        keys = [quoted(each) for each in table.key]
        same = " and ".join(f"t.{each} = k.{each}" for each in keys)
        self._displace = (
            f"delete from {name} t using unnest({arrays}) k ({', '.join(keys)})"  # noqa: S608
            f" where t.store = $1 and {same}"
        )
        told = f" returning t.owner, to_jsonb(t) - {OURS} as row"
        self._remove_told, self._displace_told = self._remove + told, self._displace + told
        self._added = (
            f"select t.owner, to_jsonb(t) - {OURS} as row"  # noqa: S608
            f" from {name} t join unnest($2::text[], $3::bigint[]) d (owner, content) using (owner, content)"
            " where t.store = $1"
        )
        self._owners = f"select distinct owner from {name} where store = $1"  # noqa: S608
        names = [each.name for each in table.columns]
        self._key_places = [names.index(each) for each in table.key]
        self._fields = [FIELDS[each.type.partition("(")[0]] for each in table.columns]
        self._size = (len(table.columns) + 3).to_bytes(2)

    async def replace(
        self, tx: Connection, store: int, rows: Mapping[str, Sequence[Row]], before: Mapping[str, Written], *,
        displace: bool = False, changes: Recorder | None = None,
    ) -> dict[str, Written]:  # fmt: skip
        """Give owners these rows in place of those they have, taking down `changes`; what they have then.

        `before` is what some owners are known to have: rows that are the same objects are passed over. With `displace`,
        a row that another owner has under the same key makes room; else UniqueViolationError.
        """
        old = await self._old(tx, store, [owner for owner in rows if owner not in before])
        new: list[Ready] = []
        gone: list[tuple[str, int]] = []
        written = {}
        for owner, own in rows.items():
            was = before.get(owner)
            if was is None:
                made = [self._ready(owner, row) for row in own]
                contents = [ready.content for ready in made]
                left = old.get(owner)
            elif len(was.rows) == len(own) and all(map(is_, own, was.rows)):
                written[owner] = was
                continue
            else:
                contents, made, others = self._changed(owner, own, was)
                left = Counter(others)
            written[owner] = Written(own, contents)
            if left is None:
                new += made
                continue
            for ready in made:
                if left[ready.content] > 0:
                    left[ready.content] -= 1
                else:
                    new.append(ready)
            gone += [(owner, content) for content in left.elements()]
        await self._write(tx, store, gone, new, displace=displace, changes=changes)
        return written

    def _changed(self, owner: str, own: Sequence[Row], was: Written) -> tuple[list[int], list[Ready], list[int]]:
        """The contents of an owner's rows, those of them that are other objects than before, and contents that go."""
        contents = list(was.contents)
        if len(own) == len(contents):
            # Nearly always the rest stands where it stood.
            places = [n for n, (row, before) in enumerate(zip(own, was.rows, strict=True)) if row is not before]
            made = [self._ready(owner, own[n]) for n in places]
            left = [contents[n] for n in places]
            for n, ready in zip(places, made, strict=True):
                contents[n] = ready.content
            return contents, made, left
        same = dict(zip(map(id, was.rows), contents, strict=True))
        contents, made = [], []
        for row in own:
            content = same.pop(id(row), None)
            if content is None:
                made.append(self._ready(owner, row))
                content = made[-1].content
            contents.append(content)
        return contents, made, list(same.values())

    async def standing(self, tx: Connection, store: int, rows: Mapping[str, Sequence[Row]]) -> dict[str, Written]:
        """Of those owners that have these rows already, what they have."""
        old = await self._old(tx, store, list(rows))
        found = {}
        for owner, own in rows.items():
            # Rows that cannot be written are nobody's: who is to write them says so.
            with contextlib.suppress(Exception):
                contents = [self._ready(owner, row).content for row in own]
                if Counter(contents) == old.get(owner, Counter()):
                    found[owner] = Written(own, contents)
        return found

    async def _old(self, tx: Connection, store: int, owners: Sequence[str]) -> dict[str, Counter[int]]:
        """The contents of the rows that owners have."""
        found: dict[str, Counter[int]] = {}
        for owner, content in await tx.fetch(self._contents, store, owners) if owners else ():
            found.setdefault(owner, Counter())[content] += 1
        return found

    async def _write(
        self, tx: Connection, store: int, gone: Sequence[tuple[str, int]], new: Sequence[Ready], *,
        displace: bool, changes: Recorder | None,
    ) -> None:  # fmt: skip
        told: list[Any] = []
        if gone:
            sql = self._remove if changes is None else self._remove_told
            told += await tx.fetch(sql, store, [owner for owner, _ in gone], [content for _, content in gone])
        if new and displace:
            sql = self._displace if changes is None else self._displace_told
            told += await tx.fetch(sql, store, *([each.row[place] for each in new] for place in self._key_places))
        if new:
            head = self._size + copy.integer(store)
            rows = [head + each.fields + copy.text(each.owner) + copy.bigint(each.content) for each in new]
            await copy.add(tx, f"{self._schema}.{self.table.name}", self._columns, rows)
        if changes is not None and (told or new):
            added = [each.owner for each in new], [each.content for each in new]
            changes.take(self.table, told, await tx.fetch(self._added, store, *added) if new else ())

    async def owners(self, tx: Connection, store: int) -> list[str]:
        """Every key that has rows."""
        return [row["owner"] for row in await tx.fetch(self._owners, store)]

    def _ready(self, owner: str, row: Row) -> Ready:
        if len(row) != len(self._fields):
            raise ValueError(f"a row of {self.table.name} has {len(row)} values, not {len(self._fields)}")
        fields = b"".join([field(value) for field, value in zip(self._fields, row, strict=True)])
        content = int.from_bytes(blake2b(fields, digest_size=8).digest(), "big", signed=True)
        return Ready(owner, content, fields, row)


def _texts(value: Any) -> bytes:  # noqa: ANN401 - a list or tuple
    return copy.texts(_ordered(value))


def _uuids(value: Any) -> bytes:  # noqa: ANN401 - a list or tuple
    return copy.uuids(_ordered(value))


def _ordered(value: Any) -> tuple[Any, ...] | None:  # noqa: ANN401 - as above
    if isinstance(value, set | frozenset):
        raise TypeError("a set has no order, and rows are to be the same each time: give a sorted list")
    return None if value is None else tuple(value)


def _json(value: Any) -> bytes:  # noqa: ANN401 - whatever JSON can hold
    return copy.NULL if value is None else copy.jsonb(_encode(value))


# By type, without its precision, what makes a field of a value.
FIELDS: Final[Mapping[str, Callable[[Any], bytes]]] = {
    "text": copy.text,
    "bigint": copy.bigint,
    "integer": copy.integer,
    "numeric": copy.numeric,
    "double precision": copy.double,
    "boolean": copy.boolean,
    "date": copy.day,
    "timestamptz": copy.moment,
    "text[]": _texts,
    "uuid": copy.uuid,
    "uuid[]": _uuids,
    "jsonb": _json,
}
