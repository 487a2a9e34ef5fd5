"""Appending: positions, times, groups, refusals."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest

from lrs.errors import Conflict, Invalid, Unavailable
from lrs.events import Draft, Kind
from lrs.log import transaction
from lrs.log.append import Log
from lrs.log.group import Head, Keys, Known
from lrs.log.read import Record
from lrs.log.transaction import Latest, Transactions
from lrs.recording import stores
from lrs.storage.pool import Connection
from lrs.storage.sqlfile import File
from tests.conftest import Database
from tests.world import World, statement


def draft(**changes: Any) -> Draft:
    """An event that no inline projection minds."""
    usual = Draft(kind=Kind.RECORDS_READ, subject=uuid4(), payload=b'{"by":"x"}', filled=b"{}")
    return msgspec.structs.replace(usual, **changes)


async def append(world: World, *drafts: Draft, keys: Keys | None = None) -> Sequence[int]:
    appended = await world.log.append(
        world.store.id, keys=keys or Keys(), decide=lambda known: drafts, credential="key", weight=len(drafts)
    )
    return [event.position for event in appended.events]


async def records(world: World) -> list[Record]:
    return [record async for record in world.events.every(world.store.id)]


async def test_positions_begin_at_one(world: World) -> None:
    assert [1, 2] == await append(world, draft(), draft())
    assert [3] == await append(world, draft())


async def test_concurrent_appends_leave_no_gap(world: World) -> None:
    given = await asyncio.gather(*(append(world, *[draft()] * n) for n in (1, 2, 3) * 20))
    assert list(range(1, 121)) == sorted(position for positions in given for position in positions)
    assert list(range(1, 121)) == [record.position for record in await records(world)]


async def test_two_logs_share_one_order(world: World) -> None:
    other = Log(world.pool, world.stores, [])
    await asyncio.gather(
        *(
            log.append(world.store.id, keys=Keys(), decide=lambda known: (draft(),), credential=None)
            for log in (world.log, other) * 50
        )
    )
    await other.close()
    assert list(range(1, 101)) == [record.position for record in await records(world)]


async def test_stored_rises_with_position(world: World) -> None:
    await asyncio.gather(*(append(world, draft(), draft()) for _ in range(20)))
    times = [record.stored for record in await records(world)]
    assert times == sorted(set(times))


async def test_stored_never_falls_behind_the_floor(world: World) -> None:
    ahead = datetime.now(UTC) + timedelta(hours=1)
    async with world.pool.acquire() as connection:
        await connection.execute("update log.heads set floor = $1 where store = $2", ahead, world.store.id)
    await append(world, draft())
    assert ahead < (await records(world))[0].stored


async def test_a_refusal_takes_out_itself_alone(world: World) -> None:
    def refuse(known: Known) -> Sequence[Draft]:
        raise Invalid("not this one")

    good, bad, also_good = await asyncio.gather(
        append(world, draft()),
        world.log.append(world.store.id, keys=Keys(), decide=refuse, credential=None),
        append(world, draft()),
        return_exceptions=True,
    )
    assert isinstance(bad, Invalid)
    assert [[1], [2]] == [good, also_good]


async def test_what_the_database_refuses_takes_out_itself_alone(world: World) -> None:
    taken = uuid4()
    twice = {"kind": Kind.STORE_CHANGED, "subject": taken}
    outcomes = await asyncio.gather(
        append(world, draft()), append(world, draft(**twice)), append(world, draft()), return_exceptions=True
    )
    assert [[1], [2]] == [outcomes[0], outcomes[2]]
    assert isinstance(outcomes[1], AssertionError)


async def test_decisions_see_earlier_ones_of_their_group(world: World) -> None:
    name = uuid4()

    def once(known: Known) -> Sequence[Draft]:
        return () if name in known else (draft(subject=name, kind=Kind.RECORDS_EXPORTED),)

    appended = await asyncio.gather(
        *(
            world.log.append(world.store.id, keys=Keys(documents=(name,)), decide=once, credential=None)
            for _ in range(3)
        )
    )
    assert [1, 0, 0] == [len(each.events) for each in appended]


async def test_a_cancelled_caller_cancels_nothing(world: World) -> None:
    first = asyncio.create_task(append(world, draft()))
    second = asyncio.create_task(append(world, draft()))
    await asyncio.sleep(0)
    second.cancel()
    await first
    await world.log.close()
    assert 2 == len(await records(world))


async def test_a_full_queue_says_come_again(world: World) -> None:
    log = Log(world.pool, world.stores, [], queue_events=1)
    appends = [
        log.append(world.store.id, keys=Keys(), decide=lambda known: (draft(),), credential=None) for _ in range(4)
    ]
    outcomes = await asyncio.gather(*appends, return_exceptions=True)
    await log.close()
    assert 3 == sum(isinstance(outcome, Unavailable) for outcome in outcomes)


@pytest.mark.parametrize("is_remembered", [True, False])
async def test_what_is_sent_again_holds_up_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch, is_remembered: bool
) -> None:
    locked = 0
    if not is_remembered:
        monkeypatch.setattr(Latest, "__contains__", lambda *_: False)
    lock = Transactions._lock

    async def counted(self: Transactions, connection: Connection, store: int) -> Head:
        nonlocal locked
        locked += 1
        return await lock(self, connection, store)

    monkeypatch.setattr(Transactions, "_lock", counted)
    first = await world.send(*(statement(id=str(uuid4())) for _ in range(3)))
    before = locked
    for _ in range(5):
        again = [statement(id=str(each)) for each in first.ids]
        assert first.ids == (await world.send(*again)).ids
        await world.send(statement())
        with pytest.raises(Conflict):
            await world.send(statement(id=str(first.ids[0]), verb={"id": "https://example.org/other"}))
    assert locked - before <= (0 if is_remembered else 1)
    assert list(range(1, 9)) == [record.position for record in await records(world)]


async def test_only_what_was_written_last_is_looked_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    first = await world.send(*(statement(id=str(uuid4())) for _ in range(3)))
    looked_up: list[object] = []
    fetch = File.fetch

    async def noted(self: File, tx: Connection, name: str, /, **values: Any) -> list[asyncpg.Record]:
        if name == "known":
            looked_up.append(values["subjects"])
        return await fetch(self, tx, name, **values)

    monkeypatch.setattr(File, "fetch", noted)
    await world.send(statement(), statement(id=str(first.ids[1])), statement())
    await world.send(statement())
    assert looked_up == [[first.ids[1]]]


def test_the_latest_are_not_remembered_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transaction, "REMEMBERED", 2)
    latest, ids = Latest(), [uuid4() for _ in range(5)]
    for id in ids:
        latest.add([id])
    assert [id in latest for id in ids] == [False, False, True, True, True]


async def test_a_closed_log_takes_nothing(world: World) -> None:
    await world.log.close()
    with pytest.raises(Unavailable):
        await append(world, draft())


@pytest.mark.parametrize("change", ["update {} set store = 1", "delete from {}", "truncate {}"])
@pytest.mark.parametrize("table", ["log.events", "log.payloads", "log.blobs"])
async def test_the_log_only_grows(world: World, database: Database, change: str, table: str) -> None:
    await append(world, draft())
    owner = await asyncpg.connect(database.owner_dsn)
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="only grows"):
        await owner.execute(change.format(table))
    await owner.close()


@pytest.mark.parametrize("change", ["update {} set store = 1", "delete from {}", "truncate {}"])
@pytest.mark.parametrize("table", ["log.events", "log.payloads", "statements.statements", "auth.credentials"])
async def test_the_server_may_not_change_it(world: World, change: str, table: str) -> None:
    async with world.pool.acquire() as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
            await connection.execute(change.format(table))


async def test_a_store_name_is_taken_once(world: World) -> None:
    with pytest.raises(Conflict):
        await stores.create(world.log, world.stores, world.store.name)


async def test_an_id_is_unique_in_the_database(world: World) -> None:
    taken = str(uuid4())
    await world.send(statement(id=taken))
    async with world.pool.acquire() as connection:
        with pytest.raises(asyncpg.UniqueViolationError, match="a_statement_id_is_taken_once"):
            await connection.execute(
                "insert into log.events select store, position + 1, kind, stored, credential, subject, commitment, leaf"
                " from log.events where subject = $1",
                UUID(taken),
            )


async def test_kept_times_are_kept_in_order(world: World) -> None:
    old = datetime(2020, 5, 1, tzinfo=UTC)
    await append(world, draft(stored=old), draft(stored=old), draft(stored=old + timedelta(seconds=5)))
    microsecond = timedelta(microseconds=1)
    assert [old, old + microsecond, old + timedelta(seconds=5)] == [each.stored for each in await records(world)]


async def test_kept_times_cannot_go_back(world: World) -> None:
    await append(world, draft())
    with pytest.raises(Conflict):
        await append(world, draft(stored=datetime(2020, 5, 1, tzinfo=UTC)))
