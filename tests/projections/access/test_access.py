"""Who looked at whose records: kept as an event before the answer, and told to whom it concerns."""

from typing import Any

from lrs.auth.people import Place
from lrs.errors import Unavailable
from lrs.events import Kind, Look
from lrs.log import read
from lrs.recording.looks import Looks
from tests import serving
from tests.conftest import Database
from tests.world import statement

PASSWORD = "correct horse"


def look(*people: str, **changes: Any) -> Look:
    told: dict[str, Any] = {
        "who": "cora", "roles": ("coach",), "endpoint": "support", "filter": "", "people": people, "rows": len(people),
    }  # fmt: skip
    return Look(**told | changes)


async def test_educator_sees_who_looked(database: Database) -> None:
    async with serving.lrs(database.dsn) as (client, core):
        store = (await core.stores.by_name("default")).id
        await core.users.create("ed", store, Place(roles=("educator",), person="P1"), password=PASSWORD)
        looks = Looks(core.log)
        await looks.looked(store, look("P1", "P2", filter="person=P1&person=P2&period=y", why="a talk"))
        await looks.looked(store, look("P2"))
        answer = await client.get("/analytics/v1/access", Authorization=serving.basic("ed", PASSWORD))
        told: Any = answer.json
        rows = told["rows"]
        assert [(row["who"], row["roles"], row["endpoint"], row["rows"], row["why"]) for row in rows] == [
            ("cora", ["coach"], "support", 2, "a talk")
        ]
        assert rows[0]["filter"] == "person=P1&period=y"


async def test_readers_of_the_change_feed_look_at_everybody(database: Database) -> None:
    """She is told who reads the feed, and not whom it was that somebody asked for."""
    async with serving.lrs(database.dsn) as (client, core):
        store = (await core.stores.by_name("default")).id
        await core.users.create("ed", store, Place(roles=("educator",), person="P1"), password=PASSWORD)
        await client.send("POST", "/xAPI/statements", statement())
        await client.get("/events/v1?agent=mbox:mailto:ada@example.org&kind=StatementStored")
        answer = await client.get("/analytics/v1/access", Authorization=serving.basic("ed", PASSWORD))
        told: Any = answer.json
        assert [(row["who"], row["endpoint"], row["filter"]) for row in told["rows"]] == [
            (serving.KEY, "events", "kind=StatementStored")
        ]


async def test_a_look_is_an_event(database: Database) -> None:
    async with serving.lrs(database.dsn) as (_, core):
        store = (await core.stores.by_name("default")).id
        await Looks(core.log).looked(store, look("P1"))
        await Looks(core.log).looked(store, look("P1", format="csv"))
        events = [each.kind async for each in read.Reader(core.reads).every(store)]
        assert events[-2:] == [Kind.RECORDS_READ, Kind.RECORDS_EXPORTED]


async def test_user_of_no_person_is_told_so(database: Database) -> None:
    async with serving.lrs(database.dsn) as (client, core):
        store = (await core.stores.by_name("default")).id
        await core.users.create("ed", store, Place(roles=("educator",)), password=PASSWORD)
        answer = await client.get("/analytics/v1/access", Authorization=serving.basic("ed", PASSWORD))
        assert answer.status == 400
        assert "--person" in str(answer.problem["detail"])


async def test_nothing_is_shown_that_is_not_kept(database: Database) -> None:
    """The look is kept before the answer: a log that takes nothing lets nothing be seen."""
    async with serving.lrs(database.dsn) as (_, core):
        store = (await core.stores.by_name("default")).id
        await core.log.close()
        try:
            await Looks(core.log).looked(store, look("P1"))
        except Unavailable:
            return
        raise AssertionError("it was kept by a log that is closed")


async def test_strangers_are_not_told_what_there_is(database: Database) -> None:
    async with serving.lrs(database.dsn) as (client, _):
        assert (await client.get("/analytics/v1/access", Authorization=None)).status == 401
        assert (await client.get("/analytics/v1/nothing")).status == 404
        assert (await client.send("POST", "/analytics/v1/access")).status == 405


async def test_questions_are_listed_with_their_parameters(database: Database) -> None:
    async with serving.lrs(database.dsn) as (client, core):
        store = (await core.stores.by_name("default")).id
        await core.users.create("ed", store, Place(roles=("educator",), person="P1"), password=PASSWORD)
        answer = await client.get("/analytics/v1", Authorization=serving.basic("ed", PASSWORD))
        listed: Any = answer.json
        assert "/analytics/v1/access" in [each["path"] for each in listed["questions"]]
