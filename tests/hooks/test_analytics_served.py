"""Hooks on the analytics as the server runs them: made over HTTP, carried by the process of the followers."""

import asyncio
import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson

from lrs import events, main
from lrs.auth import people
from lrs.auth.people import PERSONAL
from lrs.config import Settings
from lrs.events import Draft
from lrs.log.group import Keys
from lrs.reference import incoming
from lrs.reference.applied import Kind
from lrs.reference.incoming import Given
from projections.answers.asker import Role
from tests import serving
from tests.conftest import Database
from tests.hooks import sinks
from tests.projections.coaching_cadence import town as towns
from tests.projections.coaching_cadence.town import coached
from tests.projections.town import FIRST

ALLOWED = ("127.0.0.0/8",)
REFERENCES: tuple[tuple[Kind, Any], ...] = (
    ("policy", towns.POLICY.encode()),
    ("roster", towns.ROSTER),
    ("assignments", towns.ASSIGNED),
)


async def refer(core: main.Core, kind: Kind, content: Any) -> None:
    """Append a change of reference data."""
    given = Given(source=kind, files=content) if isinstance(content, dict) else Given.of(f"{kind}.csv", content)
    payload = incoming.read(kind, given, day=FIRST).encode()
    draft = Draft(kind=events.Kind.REFERENCE_APPLIED, subject=uuid4(), payload=payload, filled=b"{}")
    store = await main.default_store(core)
    await core.log.append(store.id, keys=Keys(), decide=lambda known: (draft,), credential=None)


async def test_changed_rows_go_out(database: Database) -> None:
    settings = Settings(pepper="of the tests", hook_allow=ALLOWED)
    where = main.Database(dsn=database.dsn, owner_dsn=database.owner_dsn, is_embedded=False)
    async with serving.lrs(database.dsn, hook_allow=ALLOWED) as (client, core), sinks.sink() as sink:
        for kind, content in REFERENCES:
            await refer(core, kind, content)
        config = {
            "url": sink.url,
            "projection": "coaching_cadence",
            "tables": ["contacts"],
            "as": {"role": "researcher"},
        }
        made = await client.send("POST", "/admin/v1/hooks", {"kind": "rows", "name": "contacts", "config": config})
        assert made.status == 201, made.body
        sent = await client.send("POST", "/xAPI/statements", coached("ann", "2025-10-07T17:00:00Z"))
        assert sent.status == 200
        async with main.followers(settings, where) as followers:
            task = asyncio.ensure_future(followers.run())
            try:
                (got,) = await sink.has(1, seconds=30)
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        seen: Any = (await client.get("/admin/v1/hooks/contacts")).json
    told = got.verified(made.json["secrets"]["signing"])  # type: ignore[index]
    assert told["what"] == "added"
    assert re.fullmatch("p-[0-9a-f]{16}", told["row"]["educator_id"])
    assert b"ann@" not in got.body
    assert seen["config"]["as"] == {"role": "researcher"}
    assert seen["position"] < 100


def test_roles_are_those_of_the_analytics() -> None:
    schema = orjson.loads(Path("schemas/hooks/as.json").read_bytes())
    assert schema["properties"]["role"]["enum"] == list(Role)
    assert set(Role) == set(people.ROLES) - {people.ADMIN}
    assert set(PERSONAL) < set(Role)


async def test_the_feed_is_served_and_has_changes_recorded(database: Database) -> None:
    async with serving.lrs(database.dsn) as (client, core):
        answer = await client.get("/analytics/v1/changes?projection=cohort_participation&wait=1")
        assert answer.status == 200, answer.body
        page: Any = answer.json
        assert (page["changes"], page["head"]) == ([], 0)
        store = await main.default_store(core)
        assert await core.reads.fetchval("select projection from changes.heads where store = $1", store.id) == (
            "cohort_participation"
        )
        nobody = await client.send("GET", "/analytics/v1/changes?projection=x", headers={"Authorization": None})
        assert nobody.status == 401
