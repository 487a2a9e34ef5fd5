"""Answers over real projections: how far they hold, and what they were."""

from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from lrs import main
from lrs.auth.people import Place
from lrs.log.read import Told
from lrs.relay import parked
from lrs.storage import pool as storage
from projections.analytic import replaying
from projections.analytic.running import Running
from projections.answers import standing
from projections.answers.data import Moment
from projections.answers.summaries import Sums
from projections.facts import statement as statements
from projections.facts.references import References
from tests import serving
from tests.conftest import Database
from tests.serving import Client
from tests.world import statement, voids

DONE = "http://adlnet.gov/expapi/verbs/completed"
LESSON = "http://adlnet.gov/expapi/activities/lesson"
PASSWORD = "correct horse"
ADA = "mbox:mailto:ada@example.org"


def learned(number: int, day: str = "2026-02-01") -> dict[str, Any]:
    unit = {"id": f"https://example.org/unit/{number}", "definition": {"type": LESSON}}
    return statement(id=str(uuid4()), verb={"id": DONE}, object=unit, timestamp=f"{day}T12:00:00Z")


class Served:
    """A server, its followers, and Ada, who asks."""

    def __init__(self, client: Client, core: main.Core) -> None:
        self.client = client
        self.core = core
        self._running = Running(core.reads, core.stores, main.projections(), holder="test")

    async def send(self, *sent: dict[str, Any]) -> None:
        assert (await self.client.send("POST", "/xAPI/statements", list(sent))).status == 200

    async def settle(self) -> None:
        await self._running.settle()

    async def ask(self, path: str, name: str = "ada") -> Any:
        answer = await self.client.get(f"/analytics/v1/{path}", Authorization=serving.basic(name, PASSWORD))
        assert answer.status == 200, answer.body
        return answer.json

    async def units(self, parameters: str = "") -> list[str]:
        return [row["unit_id"][-1] for row in (await self.ask(f"followthrough?{parameters}"))["rows"]]


@asynccontextmanager
async def served(database: Database) -> AsyncIterator[Served]:
    async with serving.lrs(database.dsn) as (client, core):
        store = (await core.stores.by_name("default")).id
        place = Place(roles=("educator",), person=ADA)
        await core.users.create("ada", store, place, password=PASSWORD)
        yield Served(client, core)


async def test_answer_holds_to_where_the_rows_do(database: Database) -> None:
    async with served(database) as it:
        await it.send(learned(1))
        assert (await it.ask("followthrough"))["through_position"] == 0
        await it.settle()
        answer = await it.ask("followthrough")
        assert answer["through_position"] > 0
        assert answer["through_stored"].endswith("Z")


async def test_as_of_counts_what_was_observed(database: Database) -> None:
    async with served(database) as it:
        await it.send(learned(1, "2026-02-01"), learned(2, "2026-03-01"))
        await it.settle()
        assert await it.units() == ["1", "2"]
        assert await it.units("as_of=2026-02-15") == ["1"]
        assert await it.units("as_of=2026-01-15") == []
        assert await it.units("as_of=2026-02-15&limit=1") == ["1"]


async def test_as_known_at_is_before_the_void(database: Database) -> None:
    async with served(database) as it:
        first, second = learned(1), learned(2)
        await it.send(first, second)
        await it.settle()
        then = (await it.ask("followthrough"))["through_position"]
        await it.send(voids(first["id"]))
        await it.settle()
        assert await it.units() == ["2"]
        assert await it.units(f"as_known_at={then}") == ["1", "2"]
        await it.send(voids(second["id"]))
        await it.settle()
        assert await it.units() == []
        assert await it.units(f"as_known_at={then}") == ["1", "2"]
        assert await it.units("as_known_at=1") == []


async def test_pages_of_the_past_are_whole(database: Database) -> None:
    async with served(database) as it:
        await it.send(*(learned(number) for number in range(5)), *(learned(n, "2026-03-01") for n in range(5, 9)))
        await it.settle()
        found, path = [], "followthrough?as_of=2026-02-15&limit=2"
        while path:
            answer = await it.ask(path)
            found += [row["unit_id"][-1] for row in answer["rows"]]
            path = (answer["more"] or "").removeprefix("/analytics/v1/")
        assert found == ["0", "1", "2", "3", "4"]


class Computing:
    """Counts how often sums are made."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.times = 0
        rows = Sums.rows

        async def counted(sums: Sums) -> list[dict[str, Any]]:
            self.times += 1
            return await rows(sums)

        patch.setattr(Sums, "rows", counted)


async def test_sums_of_the_past_are_kept_while_later_things_come(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    computing = Computing(monkeypatch)
    async with served(database) as it:
        store = (await it.core.stores.by_name("default")).id
        await it.core.users.create("dora", store, Place(roles=("director",)), password=PASSWORD)

        async def ask() -> Any:
            return await it.ask("followthrough?by=month&as_of=2026-02-15", name="dora")

        await it.send(learned(1, "2026-02-01"))
        await it.settle()
        first = await ask()
        assert computing.times == 1
        await it.send(learned(2, "2026-03-01"))
        await it.settle()
        later = await ask()
        assert computing.times == 1
        assert later["rows"] == first["rows"]
        assert later["through_position"] > first["through_position"]
        late = learned(3, "2026-01-20")
        await it.send(late)
        await it.settle()
        months = [row["month"] for row in (await ask())["rows"]]
        assert (computing.times, months) == (2, ["2026-01", "2026-02"])
        await it.send(voids(late["id"]))
        await it.settle()
        assert (await ask())["rows"] == first["rows"]
        assert computing.times == 3
        await it.send(learned(4, "2026-03-01"))
        await it.settle()
        await ask()
        assert computing.times == 3


async def test_facts_that_are_told_again_have_sums_of_the_past_made_anew(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    parse = statements.parse

    def broken(event: Told) -> dict[str, Any] | None:
        if event.payload is not None and b"unit/2" in event.payload:
            raise ValueError("a mapping that fails")
        return parse(event)

    async with served(database) as it:
        store = await it.core.stores.by_name("default")
        await it.core.users.create("dora", store.id, Place(roles=("director",)), password=PASSWORD)

        async def months() -> list[str]:
            answer = await it.ask("followthrough?by=month&as_of=2026-02-15", name="dora")
            return [row["month"] for row in answer["rows"]]

        await it.send(learned(1, "2026-02-01"))
        await it.settle()
        assert await months() == ["2026-02"]
        monkeypatch.setattr(statements, "parse", broken)
        await it.send(learned(2, "2026-01-20"))
        await it.settle()
        assert await months() == ["2026-02"]
        async with storage.connection(it.core.reads) as connection:
            position = await connection.fetchval("select max(position) from relay.parked")
        monkeypatch.undo()
        await replaying.facts(it.core.reads, store, position)
        await it.settle()
        assert await months() == ["2026-01", "2026-02"]


async def test_what_is_set_aside_has_sums_of_the_past_made_anew(database: Database) -> None:
    marks = standing.Marks(main.projections())
    async with served(database) as it, storage.connection(it.core.reads) as connection:
        store = (await it.core.stores.by_name("default")).id

        async def told() -> Hashable:
            return await marks.told(connection, store, 5, ["cohort_participation"], day=date(2026, 2, 15))

        before = await told()
        assert await told() == before
        for follower in ("cohort_participation", "facts"):
            await parked.park(connection, store=store, follower=follower, position=3, key="k", error=ValueError("no"))
            after = await told()
            assert after != before
            before = after


async def test_the_past_tells_that_it_goes_on(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "READ", 1)
    ticks: list[None] = []
    async with served(database) as it:
        await it.send(
            *(learned(1) | {"actor": {"mbox": f"mailto:{name}@example.org"}} for name in ("ada", "bea", "cy"))
        )
        await it.settle()
        async with storage.connection(it.core.reads) as connection:
            store = (await it.core.stores.by_name("default")).id
            reference = await References(it.core.reads).latest(store)
            moment = Moment(as_of=date(2026, 2, 15), known_at=None, through=1_000)
            past = standing.Past(it.core.stores, main.projections())
            then = past.at(connection, store, reference, moment, lambda: ticks.append(None))
            part = await then.part("cohort_participation.followthrough", [], after=None, limit=None)
    assert (len(part.rows), len(ticks)) == (3, 3)
