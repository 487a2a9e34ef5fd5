"""Looks up what `references` needs to work out what StatementRefs bring about."""

from collections.abc import Iterable, Mapping, Sequence
from typing import cast
from uuid import UUID

import asyncpg
import orjson

from lrs.log.store import Store
from lrs.log.writing import Writing
from lrs.storage import sqlfile
from lrs.storage.pool import Connection
from lrs.xapi import actors, found, strictjson
from lrs.xapi.limits import DEFAULT
from lrs.xapi.shapes import Statement
from lrs.xapi.versions import Version
from projections.statements import references, tables
from projections.statements.references import Bond, Settled, Target, Waiting
from projections.statements.rows import Row, row

SQL = sqlfile.load(__package__, "changes.sql")
NOTHING = Settled(bonds=(), passed_on=(), voided=())


async def settle(to: Writing, store: Store, new: Sequence[Row], latest: Mapping[UUID, Row]) -> Settled:
    """What statements that are about to be written inherit and pass on by their references, and who is voided.

    Nothing is looked up where the `latest` have all that new ones refer to; that nobody refers to these is then for
    the database to insist on when they are written.
    """
    ids = [each.id for each in new]
    wanted = {each.target for each in new if each.target is not None}.difference(ids)
    targets = None if to.locked else _remembered(wanted, latest)
    if targets is None:
        around = await SQL.fetch(to.looks, "around", store=store.id, ids=ids, targets=list(wanted))
        targets = _targets(store, around)
        waiting = [
            Waiting(row=_row(store, each), shapes=frozenset(each["shapes"]))
            for each in around
            if each["shapes"] is not None
        ]
    else:
        waiting = []
        to.insist(SQL["nobody_waits"], ids=ids)
    if not waiting and all(each.target is None for each in new):
        return NOTHING
    return references.settle(new, targets, waiting, secret=store.secret)


def _remembered(wanted: Iterable[UUID], latest: Mapping[UUID, Row]) -> Mapping[UUID, Target] | None:
    """The targets, where all of them are remembered and refer to nothing themselves."""
    rows = {id: latest.get(id) for id in wanted}
    if any(row is None or row.target is not None for row in rows.values()):
        return None
    return {id: Target(row=row, inherited=()) for id, row in rows.items() if row is not None}


async def pass_on(tx: Connection, *, store: Store, passed_on: Sequence[Bond]) -> None:
    """Write what is passed on for all whose references lead there; new ones, written by now, may be among them."""
    referring = await SQL.fetch(tx, "referring", store=store.id, positions=list({bond.position for bond in passed_on}))
    sources: dict[int, list[Row]] = {}
    for bond in passed_on:
        sources.setdefault(bond.position, []).append(bond.source)
    bonds = [
        Bond(position=each["position"], source=source)
        for each in referring
        for source in sources[each["leads_to"]]
        if source.position != each["position"]
    ]
    if related := tables.inherited_relations(bonds):
        await SQL.execute(tx, "insert_related", store=store.id, **tables.relations(related))
    if also := tables.inherited(bonds, store.secret):
        await SQL.execute(tx, "insert_also", store=store.id, **tables.alsos(also))


def _targets(store: Store, around: Iterable[asyncpg.Record]) -> Mapping[UUID, Target]:
    """The statements stored earlier that new ones refer to."""
    rows: dict[UUID, Row] = {}
    inherited: dict[UUID, list[Row]] = {}
    for each in around:
        if each["shapes"] is not None:
            continue
        if each["id"] == each["of"]:
            rows[each["of"]] = _row(store, each)
        else:
            inherited.setdefault(each["of"], []).append(_row(store, each))
    return {id: Target(row=row, inherited=tuple(inherited.get(id, ()))) for id, row in rows.items()}


def _row(store: Store, stored: asyncpg.Record) -> Row:
    """The row of a statement stored earlier, worked out from its payload again."""
    return row(
        store.secret,
        id=stored["id"],
        position=stored["position"],
        found=_found(stored["payload"]),
        authority=actors.ifi(orjson.loads(stored["filled"])["authority"]) or "",
    )


def _found(payload: bytes) -> found.Found:
    """What is in a statement that was accepted once: by the rules of 2.0, which has all that 1.0.3 has."""
    statement = cast(Statement, strictjson.decode(payload, version=Version.V2_0_0))
    return found.walk(statement, payload, Version.V2_0_0, DEFAULT)[0]
