"""What one follower has read is told another as the log has it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import asyncpg
import msgspec
import pytest

from lrs.events import Kind
from lrs.log.read import Told
from lrs.log.store import Store
from lrs.relay import recent
from lrs.relay.recent import Recent
from lrs.relay.runner import Runner
from lrs.storage.pool import Connection
from lrs.storage.sqlfile import File
from tests.world import World, statement


class Hearing:
    """Notes what it is told."""

    round_seconds = 0.0

    def __init__(self, name: str) -> None:
        self.name = name
        self.heard: list[Told] = []

    async def look_ahead(self, store: Store, events: Sequence[Told]) -> None:
        """Nothing."""

    async def follow(self, tx: Connection, store: Store, events: Sequence[Told]) -> None:
        self.heard += events

    def forget(self, store: Store) -> None:
        """Nothing."""


def told(*positions: int) -> list[Told]:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return [Told(each, Kind.STATEMENT_STORED, at, uuid4(), b"{}", b"{}") for each in positions]


async def heard(world: World, count: int) -> tuple[Runner, Hearing, Hearing]:
    """A first follower has heard all of a log, a second nothing yet."""
    await world.send(*(statement(id=str(uuid4())) for _ in range(count)))
    first, second = Hearing("first"), Hearing("second")
    made = Runner(world.pool, world.stores, [first, second], holder=str(uuid4()))
    assert await made.turn(first) == count
    return made, first, second


async def test_what_one_has_read_is_not_read_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made, first, second = await heard(world, 5)
    limits: list[object] = []
    fetch = File.fetch

    async def noted(self: File, tx: Connection, name: str, /, **values: Any) -> list[asyncpg.Record]:
        if name == "told":
            limits.append(values["limit"])
        return await fetch(self, tx, name, **values)

    monkeypatch.setattr(File, "fetch", noted)
    assert await made.turn(second) == 5
    assert second.heard == first.heard
    assert limits == [1], "to see that the log still has it"


async def test_what_the_log_lost_is_not_told(world: World) -> None:
    made, first, second = await heard(world, 5)
    lost = [msgspec.structs.replace(each, subject=uuid4()) for each in first.heard]
    made._recent = Recent()
    made._recent.add(world.store.id, lost)
    assert await made.turn(second) == 5
    assert second.heard == first.heard


def test_the_last_are_kept_without_a_gap() -> None:
    kept, events = Recent(), told(*range(1, 10))
    kept.add(1, events[2:4])
    kept.add(1, events[4:6])
    kept.add(1, events[:3])
    assert kept.after(1, 2, 10) == events[2:6]
    assert kept.after(1, 3, 2) == events[3:5]
    assert kept.after(1, 1, 10) == kept.after(1, 6, 10) == kept.after(2, 2, 10) == []
    kept.add(1, events[7:])
    assert kept.after(1, 2, 10) == []
    assert kept.after(1, 7, 10) == events[7:]
    kept.add(2, events[:2])
    assert kept.after(2, 0, 10) == events[:2]
    assert kept.after(1, 7, 10) == []


def test_no_more_is_kept_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent, "BYTES", 3 * (recent.EVENT_BYTES + 4))
    kept, events = Recent(), told(*range(1, 6))
    kept.add(1, events[:2])
    kept.add(1, events[2:])
    assert kept.after(1, 1, 10) == []
    assert kept.after(1, 2, 10) == events[2:]
