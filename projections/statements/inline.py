"""Writes the rows of statements in the transaction that appends them."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import cast
from uuid import UUID

import orjson

from lrs.events import Event, Kind
from lrs.log.group import Keys
from lrs.log.store import Store
from lrs.storage import sqlfile
from lrs.storage.pool import Connection
from lrs.xapi import actors, found, strictjson
from lrs.xapi.limits import DEFAULT
from lrs.xapi.shapes import Statement
from lrs.xapi.versions import Version
from projections.statements import references, tables
from projections.statements.rows import Row, row, rows

SQL = sqlfile.load(__package__, "changes.sql")


class Inline:
    """Statements as the log appends them."""

    kinds = frozenset({Kind.STATEMENT_STORED})

    async def known(self, tx: Connection, store: Store, keys: Keys) -> Iterable[Event]:
        """Nothing: statement ids are the log's own."""
        return ()

    async def write(self, tx: Connection, store: Store, events: Sequence[Event], *, alone: bool) -> None:
        """Index rows, what StatementRefs inherit, and who is voided."""
        new = rows(store.secret, events)
        await tables.add(tx, store.id, new)
        waiting = await _waiting(tx, store, new)
        further = [each for each in new if len(each.agents) > 1]
        if further:
            await _insert_also(tx, store, [(each.position, each) for each in further], own=True)
        if waiting or any(each.target is not None for each in new):
            targets = await _targets(tx, store, new)
            settled = references.settle(new, targets, waiting, secret=store.secret)
            await _insert_settled(tx, store, settled)


async def _waiting(tx: Connection, store: Store, new: Sequence[Row]) -> list[references.Waiting]:
    """The statements stored earlier whose references lead to new ones."""
    found = await SQL.fetch(tx, "waiting", store=store.id, ids=[each.id for each in new], before=new[0].position)
    return [
        references.Waiting(position=each["position"], target=each["target"], voids=each["voiding"]) for each in found
    ]


async def _insert_also(tx: Connection, store: Store, sources: Sequence[tuple[int, Row]], *, own: bool = False) -> None:
    """A row for each agent of each source; of a statement's own, the first stands in its main row."""
    table = [
        (position, source, 0 if own else source.shape(store.secret), index == 0, agent)
        for position, source in sources
        for index, agent in islice(enumerate(source.agents or (None,)), 1 if own else 0, None)
    ]
    await SQL.execute(
        tx,
        "insert_also",
        store=store.id,
        positions=[position for position, _, _, _, _ in table],
        sources=[source.position for _, source, _, _, _ in table],
        shapes=[shape for _, _, shape, _, _ in table],
        lead=[lead for _, _, _, lead, _ in table],
        agents=[agent for _, _, _, _, agent in table],
        verbs=[source.verb for _, source, _, _, _ in table],
        activities=[source.activity for _, source, _, _, _ in table],
        registrations=[source.registration for _, source, _, _, _ in table],
        authorities=[source.authority for _, source, _, _, _ in table],
    )


async def _insert_settled(tx: Connection, store: Store, settled: references.Settled) -> None:
    if settled.bonds:
        await _insert_also(tx, store, [(bond.position, bond.source) for bond in settled.bonds])
        related = [(key, bond.position, bond.source.position) for bond in settled.bonds for key in bond.source.related]
        await tables.relate(tx, store.id, related)
    if settled.voided:
        await SQL.execute(tx, "void", store=store.id, positions=settled.voided)


async def _targets(tx: Connection, store: Store, new: Sequence[Row]) -> Mapping[UUID, references.Target]:
    ids = {each.id for each in new}
    wanted = {each.target for each in new if each.target is not None} - ids
    if not wanted:
        return {}
    found = await SQL.fetch(tx, "targets", store=store.id, ids=list(wanted))
    positions = {position for each in found for position in (each["position"], *each["sources"])}
    known = await _known(tx, store, positions)
    return {
        each["id"]: references.Target(
            row=known[each["position"]],
            inherited=tuple(known[position] for position in each["sources"] if position in known),
        )
        for each in found
        if each["position"] in known
    }


async def _known(tx: Connection, store: Store, positions: Iterable[int]) -> Mapping[int, Row]:
    """The rows of statements stored earlier, worked out from their payloads again."""
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
