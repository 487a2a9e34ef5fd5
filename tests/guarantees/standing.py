"""K-02Q: who passes the due date with no event arriving is told once, under one id, whoever is killed meanwhile."""

import asyncio
import contextlib
import subprocess
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from lrs import main
from lrs.config import Settings
from lrs.events import Draft, Kind
from lrs.log.group import Keys
from lrs.reference import incoming
from lrs.reference.incoming import Given
from projections.analytic.running import Running
from tests.guarantees import processes, rows
from tests.guarantees.dispatching import ALLOWED, PEPPER
from tests.guarantees.projecting import end
from tests.guarantees.rows import Outcome, Trial
from tests.hooks import sinks
from tests.hooks.sinks import Sink
from tests.reference.given import csv

USERS: Final = "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,givenName,familyName,email"
TARGET: Final = 14
BEFORE: Final = timedelta(days=30)
QUESTION: Final = {
    "path": "coaching/pairs", "parameters": {"status": ["overdue"]}, "at": "00:00", "timezone": "UTC",
    "as": {"role": "coach", "person": "cam"},
}  # fmt: skip
DONE: Final = """
    select exists (select from hooks.runs where hook = $1 and day = $2) and not exists (select from hooks.pending)
       and coalesce((select max(number) from hooks.outbox where hook = $1), 0)
           = (select value::bigint from hooks.cursors where hook = $1 and name = 'number')
"""
# Statements, and changes of reference data.
OTHERS: Final = "select count(*) from log.events where store = $1 and position > $2 and kind in (1, 4)"


@contextlib.asynccontextmanager
async def district(folder: Path) -> AsyncIterator[main.Core]:
    """A database of its own with nothing in it."""
    settings = Settings(data_dir=folder / "var", pepper=PEPPER, hook_allow=ALLOWED)
    with main.database(settings) as where:
        await main.migrate_up(where)
        async with main.core(settings, where) as core:
            yield core


def references(today: date, count: int) -> list[tuple[Any, Any]]:
    """A district in which one educator more is overdue each day from about today on, as nobody is ever seen."""
    people = [f"e{number}" for number in range(count)]
    begun = {who: today - timedelta(days=TARGET - number) for number, who in enumerate(people)}
    roster = {
        "orgs.csv": csv("sourcedId,status,name,type,parentSourcedId", "d,,Alder,district,"),
        "users.csv": csv(USERS, *(f"{who},,,true,d,teacher,{who},{who},X,{who}@x.org" for who in (*people, "cam"))),
    }
    pairs = csv("coach,educator,plan,beginDate,endDate,targetIntervalDays",
                *(f"cam,{who},,{begun[who]},,{TARGET}" for who in people))  # fmt: skip
    return [("policy", b"timezone: UTC"), ("roster", roster), ("assignments", pairs)]


async def apply(core: main.Core, store: int, count: int) -> None:
    """Tell the log of the district, and follow it to its end: nothing comes afterwards."""
    today = datetime.now(UTC).date()
    for kind, content in references(today, count):
        given = Given(source=kind, files=content) if isinstance(content, dict) else Given.of(f"{kind}.csv", content)
        draft = Draft(
            kind=Kind.REFERENCE_APPLIED, subject=uuid4(), filled=b"{}",
            payload=incoming.read(kind, given, day=today - BEFORE).encode(),
        )  # fmt: skip
        await core.log.append(store, keys=Keys(), decide=lambda known, draft=draft: (draft,), credential=None)  # type: ignore[misc]
    running = Running(core.appends, core.stores, main.projections(), holder=str(uuid4()))
    await running.settle()
    await running.runner.release()


async def morning(dsn: str, day: int, chance: float) -> subprocess.Popen[bytes]:
    """A process that carries hooks so many days from now."""
    return await processes.at_work("tests.guarantees.morning", dsn, day, chance)


async def decided(core: main.Core, hook: Any, day: date) -> None:
    """Return when what the day brought has arrived."""
    async with asyncio.timeout(60):
        while not await core.reads.fetchval(DONE, hook, day):  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.05)


def judged(sink: Sink) -> dict[str, int]:
    """What arrived: educators told of under another id again, ids with two contents, and how much in all."""
    ids: dict[str, set[str]] = {}
    bodies: dict[str, set[bytes]] = {}
    for got in sink.got:
        bodies.setdefault(got.id, set()).add(got.body)
        for row in got.json["rows"]:
            ids.setdefault(row["educator_id"], set()).add(got.id)
    return {
        "told": len(ids),
        "two_ids": sum(len(each) > 1 for each in ids.values()),
        "two_contents": sum(len(each) > 1 for each in bodies.values()),
        "messages": len(bodies),
        "twice": len(sink.got) - len(bodies),
    }


@rows.row("K-02Q", "each educator who passes the due date under one id, with no event arriving", loops=100, short=2)
async def question_killed(trial: Trial) -> Outcome:
    days, by_itself = trial.loops + 5, 0
    async with district(trial.folder) as core, sinks.sink() as sink:
        store = await main.default_store(core)
        await apply(core, store.id, days + 5)
        made = await core.hooks.registry.create(store.id, "question", "overdue", {"url": sink.url, **QUESTION})
        head = await core.reads.fetchval("select position from log.heads where store = $1", store.id)
        today = datetime.now(UTC).date()
        for day in range(6, days + 1):
            process = await morning(core.dsn, day, 0.2 if day % 2 else 0.0)
            await asyncio.sleep(trial.dice.uniform(0, 2.5))
            by_itself += process.poll() is not None
            end(process)
            process = await morning(core.dsn, day, 0.0)
            try:
                await decided(core, made.hook.id, today + timedelta(days=day))
            finally:
                end(process)
        others = await core.reads.fetchval(OTHERS, store.id, head)
    found = judged(sink)
    # From the day after the target and three days of grace on, one educator more is overdue each day.
    expected = days - 3
    figure = {**found, "expected": expected, "kills": trial.loops, "died_between": by_itself, "other_events": others}
    wrong = found["two_ids"] + found["two_contents"] + abs(found["told"] - expected)
    return Outcome(figure=figure, held=wrong == 0 and others == 0)
