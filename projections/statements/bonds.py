"""Looks up what `references` needs to work out what StatementRefs bring about."""

from collections.abc import Iterable, Mapping, Sequence
from typing import cast
from uuid import UUID

import orjson

from lrs.log.store import Store
from lrs.storage import sqlfile
from lrs.storage.pool import Connection
from lrs.xapi import actors, found, strictjson
from lrs.xapi.limits import DEFAULT
from lrs.xapi.shapes import Statement
from lrs.xapi.versions import Version
from projections.statements import references
from projections.statements.references import Bond, Settled, Target, Waiting
from projections.statements.rows import Row, row

SQL = sqlfile.load(__package__, "changes.sql")
NOTHING = Settled(bonds=(), passed_on=(), voided=())


async def settle(tx: Connection, store: Store, new: Sequence[Row]) -> Settled:
    """What statements that are about to be written inherit and pass on by their references, and who is voided."""
    waiting = await _waiting(tx, store, new)
    if not waiting and all(each.target is None for each in new):
        return NOTHING
    return references.settle(new, await _targets(tx, store, new), waiting, secret=store.secret)


async def further(tx: Connection, store: Store, passed_on: Sequence[Bond]) -> list[Bond]:
    """What is passed on, for all whose references lead there; new ones may be among them, and are written by now."""
    referring = await SQL.fetch(tx, "referring", store=store.id, positions=list({bond.position for bond in passed_on}))
    sources: dict[int, list[Row]] = {}
    for bond in passed_on:
        sources.setdefault(bond.position, []).append(bond.source)
    return [
        Bond(position=each["position"], source=source)
        for each in referring
        for source in sources[each["leads_to"]]
        if source.position != each["position"]
    ]


async def _waiting(tx: Connection, store: Store, new: Sequence[Row]) -> list[Waiting]:
    """The statements stored earlier that refer to new ones."""
    found_ = await SQL.fetch(tx, "waiting", store=store.id, ids=[each.id for each in new])
    if not found_:
        return []
    known = await _known(tx, store, [each["position"] for each in found_])
    return [
        Waiting(row=known[each["position"]], shapes=frozenset(each["shapes"]))
        for each in found_
        if each["position"] in known
    ]


async def _targets(tx: Connection, store: Store, new: Sequence[Row]) -> Mapping[UUID, Target]:
    """The statements stored earlier that new ones refer to."""
    wanted = {each.target for each in new if each.target is not None} - {each.id for each in new}
    if not wanted:
        return {}
    found_ = await SQL.fetch(tx, "targets", store=store.id, ids=list(wanted))
    known = await _known(tx, store, {position for each in found_ for position in (each["position"], *each["sources"])})
    return {
        each["id"]: Target(
            row=known[each["position"]],
            inherited=tuple(known[position] for position in each["sources"] if position in known),
        )
        for each in found_
        if each["position"] in known
    }


async def _known(tx: Connection, store: Store, positions: Iterable[int]) -> Mapping[int, Row]:
    """The rows of statements stored earlier, worked out from their payloads again; those erased are left out."""
    stored = await SQL.fetch(tx, "payloads", store=store.id, positions=list(positions))
    return {
        each["position"]: row(
            store.secret,
            id=each["id"],
            position=each["position"],
            found=_found(each["payload"]),
            authority=actors.ifi(orjson.loads(each["filled"])["authority"]) or "",
        )
        for each in stored
    }


def _found(payload: bytes) -> found.Found:
    """What is in a statement that was accepted once: by the rules of 2.0, which has all that 1.0.3 has."""
    statement = cast(Statement, strictjson.decode(payload, version=Version.V2_0_0))
    return found.walk(statement, payload, Version.V2_0_0, DEFAULT)[0]
