"""K-02F: who reads the change feed and resumes where she was has every event, in order, whatever is killed."""

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp

from tests.guarantees import checker, journal, rows, sites
from tests.guarantees.crashes import some_load
from tests.guarantees.load import Writers
from tests.guarantees.rows import Outcome, Trial
from tests.guarantees.sites import Site
from tests.guarantees.wire import KEY, SECRET

AUTHORIZATION: Final = "Basic " + base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
SSE, LINES, PAGE = "text/event-stream", "application/x-ndjson", "application/json"
STATEMENTS: Final = "kind=StatementStored&verb=https://example.org/verbs/did"
AGAIN_SECONDS: Final = 0.05
QUIET_SECONDS: Final = 30.0
GONE: Final = (aiohttp.ClientError, OSError, TimeoutError)


@dataclass(kw_only=True)
class Reader:
    """Reads in one way until she is stopped, and comes again to where she was each time that it breaks off.

    `events` are position and subject of each event that she was told; `after` is where she goes on.
    """

    site: Site
    accept: str
    query: str = ""
    after: int
    events: list[tuple[int, str]] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    answers: int = 0

    async def read(self) -> None:
        """Read for ever."""
        async with aiohttp.ClientSession() as session:
            while True:
                with contextlib.suppress(*GONE):
                    await self._once(session)
                await asyncio.sleep(AGAIN_SECONDS)

    async def _once(self, session: aiohttp.ClientSession) -> None:
        """One connection, from where she is; what came of an event that is not whole is nothing."""
        url = f"http://127.0.0.1:{self.site.port}/events/v1?{self.query}&after={self.after}"
        headers = {"Authorization": AUTHORIZATION, "Accept": self.accept}
        if self.accept == SSE:
            url, headers["Last-Event-ID"] = url.replace(f"&after={self.after}", ""), str(self.after)
        if self.accept == PAGE:
            url += "&wait=5&limit=200"
        timeout = aiohttp.ClientTimeout(total=None, sock_read=QUIET_SECONDS)
        async with session.get(url, headers=headers, timeout=timeout) as answer:
            if answer.status == 503:
                return
            answer.raise_for_status()
            self.answers += 1
            if self.accept == PAGE:
                self._page(await answer.json())
            elif self.accept == SSE:
                async for block in _split(answer, b"\n\n"):
                    self._block(block)
            else:
                async for line in _split(answer, b"\n"):
                    self._line(json.loads(line))

    def _page(self, page: Any) -> None:
        for event in page["events"]:
            self._take(event)
        self.after = page["next"]

    def _block(self, block: bytes) -> None:
        said = dict(line.partition(b": ")[::2] for line in block.split(b"\n"))
        if b"data" in said:
            self._take(json.loads(said[b"data"]))
        if b"id" in said:
            self.after = int(said[b"id"])

    def _line(self, told: Any) -> None:
        if "kind" in told:
            self._take(told)
        else:
            self.after = told["through"]

    def _take(self, event: Any) -> None:
        self.events.append((event["position"], event["subject"]))
        self.ids.add(event["id"])
        self.after = event["position"]


async def _split(answer: aiohttp.ClientResponse, end: bytes) -> AsyncIterator[bytes]:
    """What comes, cut behind each `end`."""
    rest = b""
    async for part in answer.content.iter_any():
        *whole, rest = (rest + part).split(end)
        for each in whole:
            yield each


@contextlib.asynccontextmanager
async def reading(readers: Sequence[Reader]) -> AsyncIterator[None]:
    """While this lasts, they read."""
    tasks = [asyncio.ensure_future(each.read()) for each in readers]
    try:
        yield
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def caught_up(readers: Sequence[Reader], head: int, *, seconds: float = 120) -> None:
    """Return when each has been told up to there; who is not by then has missed what is missing."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while any(each.after < head for each in readers):  # noqa: ASYNC110 - the readers have no event of ours
                await asyncio.sleep(0.05)


async def judge(site: Site, begun: checker.Base, readers: Sequence[Reader]) -> dict[str, int]:
    """What they were told against what SQL shows: missing, told twice, out of order, told and not there."""
    async with site.sql() as sql:
        written = await sql.fetch(
            "select position, kind, subject from log.events where store = $1 and position > $2 order by position",
            begun.store,
            begun.position,
        )
    every = [(row["position"], str(row["subject"])) for row in written]
    statements = [(row["position"], str(row["subject"])) for row in written if row["kind"] == 1]
    found = {"events": len(every), "missed": 0, "repeated": 0, "out_of_order": 0, "phantom": 0}
    for each in readers:
        expected = statements if each.query else every
        told = each.events
        # Events behind the end as it was when the readers were stopped need not have been told.
        due = [one for one in expected if one[0] <= each.after]
        found["missed"] += len(set(due) - set(told))
        found["repeated"] += len(told) - len(set(told))
        found["out_of_order"] += told != sorted(told)
        found["phantom"] += len(set(told) - set(expected)) + (len(each.ids) != len(set(told)))
    return found


async def resumed(trial: Trial, site: Site) -> Outcome:
    """Two streams, a filtered one and one who polls, while everything is killed again and again."""
    async with journal.opened(trial.folder) as noted:
        begun = await checker.base(site)
        ways = ((SSE, ""), (LINES, ""), (LINES, STATEMENTS), (PAGE, ""))
        readers = [Reader(site=site, accept=accept, query=query, after=begun.position) for accept, query in ways]
        writers = Writers(site.port, noted, trial.dice)
        async with reading(readers):
            async with writers.writing():
                for loop in range(trial.loops):
                    await some_load(trial, writers)
                    if loop % 2:
                        site.kill_postgres()
                    site.kill_app()
                    await site.start()
            async with site.sql() as sql:
                head = await sql.fetchval("select position from log.heads where store = $1", begun.store)
            await caught_up(readers, head)
        found = await judge(site, begun, readers)
    behind = sum(each.after < head for each in readers)
    wrong = sum(found[name] for name in ("missed", "repeated", "out_of_order", "phantom"))
    figure = {**found, "kills": trial.loops, "answers": [each.answers for each in readers], "behind": behind}
    return Outcome(figure=figure, held=not (wrong or behind or writers.faults))


@rows.row(
    "K-02F", "feed readers that resume have every event once, in order; half of the times PostgreSQL is killed too",
    loops=200, short=2,
)  # fmt: skip
async def feed_readers(trial: Trial) -> Outcome:
    """Catalogue rows K-02 and W-04, of the change feed."""
    async with sites.standing(trial.folder) as site:
        return await resumed(trial, site)
