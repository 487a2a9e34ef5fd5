"""How fast the analytics are over a simulated district: built from the log, kept after it, and asked.

The last statements of the district are held back from loading. When all else is built and has been asked, they come in
as from an LMS, at a steady rate, while it is looked how far the projections hold.
"""

import asyncio
import base64
import json
import re
import resource
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import cycle, islice, product
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import aiohttp
import asyncpg

from lrs import main as server
from lrs.cli.stage import KEY, Login, Stage
from lrs.simulation import writer
from lrs.simulation.simulation import Simulation
from lrs.storage.embedded import Embedded
from projections.analytic import standing
from tests import serving
from tests.bench import client
from tests.bench.figures import Figure, Taken, middle, of
from tests.simulation import answers

NOW_GOAL, PAST_GOAL = 50.0, 1_000.0
ARRIVING: Final = 2_000
BATCH: Final = 20
LIVE_SECONDS: Final = 30
ASK_SECONDS: Final = 0.05
SETTLE_SECONDS: Final = 60.0
VERSION: Final = "2.0.0"
# Statements come when they are due while so many do not wait for an answer; how late they were is told.
CONNECTIONS: Final = 64
# Of one that is sent again with other content the standard has it refused.
REPEATED: Final = (b"409",)
# Sees sums alone.
DIRECTOR: Final = "director"
NOW: Final[Mapping[str, str]] = {}
SUMS: Final = (
    "rubric-evidence", "rubric-evidence/coverage", "rubric-evidence/growth", "rubric-evidence/units", "followthrough",
    "coaching/pairs", "coaching/contacts", "support", "support/parity",
)  # fmt: skip


class Analytics:
    """A district of a scale in `folder`; `asked` requests of each question in a round."""

    def __init__(self, folder: Path, *, scale: float, seed: int, rounds: int, asked: int) -> None:
        self._stage = Stage(folder, serving.free_port())
        self._simulation = Simulation(seed=seed, scale=scale, years=3)
        self._rounds = rounds
        self._asked = asked
        self._held: list[str] = []
        self._loaded = 0

    def figures(self) -> Iterator[Figure]:
        """Every figure, as it is there."""
        writer.write(self._simulation, self._stage.district)
        self._hold_back()
        with self._stage.serving():
            self._stage.reference()
            self._stage.load()
            self._stage.await_through()
        yield self._rebuild()
        with self._stage.serving():
            questions = answers.questions(self._stage)
            answers.admit(self._stage, questions)
            yield from self._questions(questions)
            yield from asyncio.run(self._sums(max(each["parameters"].get("as_of", "") for each in questions)))
            # A start finds nothing in memory, and takes in what came last while nothing comes.
            time.sleep(SETTLE_SECONDS)
            yield asyncio.run(self._live())

    def _hold_back(self) -> None:
        """Keep from loading as many of the last statements as will come in live."""
        file = self._stage.district / "statements.jsonl"
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        count = min(ARRIVING * LIVE_SECONDS, len(lines) // 4)
        self._held, self._loaded = lines[-count:], len(lines) - count
        file.write_text("".join(lines[:-count]), encoding="utf-8")

    def _rebuild(self) -> Figure:
        """Facts and every projection from the log, as `lrs projection rebuild facts` does it."""
        taken = []
        for _ in range(self._rounds):
            begun, before = time.monotonic(), _children()
            self._stage.command("projection", "rebuild", "facts")
            seconds, cpu = time.monotonic() - begun, _children() - before
            each = 1_000_000 * cpu / self._loaded
            taken.append(_taken(self._loaded / seconds, [seconds], serving=each))
        return Figure.of("analytics: rebuild of all", "statements/s", taken)

    def _questions(self, questions: Sequence[Mapping[str, Any]]) -> Iterator[Figure]:
        """Each question, of today and of a day in the past."""
        for name, requests in sorted(self._by_name(questions).items()):
            client.run(self._stage.port, requests[:3], 1)
            rounds = [
                of(client.run(self._stage.port, list(islice(cycle(requests), self._asked)), 1))
                for _ in range(self._rounds)
            ]
            figure = Figure.of(f"question: {name}", "requests/s", rounds)
            figure.goal = PAST_GOAL if name.endswith("past") else NOW_GOAL
            yield figure

    def _by_name(self, questions: Sequence[Mapping[str, Any]]) -> dict[str, list[bytes]]:
        found: dict[str, list[bytes]] = {}
        for each in questions:
            path = re.sub(r"cohorts/[^/]+/", "cohorts/{id}/", each["path"])
            login = answers.login(self._stage, each["asker"])
            live = {name: value for name, value in each["parameters"].items() if name != "as_of"}
            found.setdefault(f"{path}, now", []).append(self._request(each["path"], live, login))
            if "as_of" in each["parameters"]:
                found.setdefault(f"{path}, past", []).append(self._request(each["path"], each["parameters"], login))
        return found

    async def _sums(self, day: str) -> list[Figure]:
        """Sums of the whole district that nobody asked for before, and how long they have others wait."""
        found = []
        async with self._session(DIRECTOR) as session, aiohttp.ClientSession(self._stage.url) as other:
            for path, when in product(SUMS, (NOW, {"as_of": day})):
                waits: list[float] = []
                waiting = asyncio.create_task(_wait(other, waits))
                seconds = await _read(session, f"/analytics/v1/{path}", when)
                waiting.cancel()
                name = f"sums: {path}, {'past' if when else 'now'}, the first time"
                figure = Figure.of(name, "answers/s", [_taken(1 / seconds, [seconds])])
                figure.note("others waited at most, ms", [1_000 * max(waits, default=0.0)])
                found.append(figure)
        return found

    def _request(self, path: str, parameters: Mapping[str, str], login: Login | None) -> bytes:
        query = f"?{urlencode(parameters)}" if parameters else ""
        return client.request("GET", f"/analytics/v1/{path}{query}", f"Authorization: {self._token(login)}\r\n")

    def _token(self, login: Login | None) -> str:
        name, password = (KEY, self._stage.secret) if login is None else (login.name, login.password)
        return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()

    def _session(self, role: str) -> aiohttp.ClientSession:
        login = Login(name=role, password=self._stage.secret, role=role)
        self._stage.admit(login)
        return aiohttp.ClientSession(self._stage.url, headers={"Authorization": self._token(login)})

    async def _live(self) -> Figure:
        """Statements come in at a steady rate; the figure's times are how far behind them the projections are.

        Who sends and who looks share the machine with the server, and are to cost it little: so it is looked at what
        answers say of themselves, and no answers are asked for.
        """
        behind: list[float] = []
        # Made beforehand: what the client does meanwhile is taken from the server.
        posts = [each for at in range(0, len(self._held), BATCH) for each in self._posting(self._held[at : at + BATCH])]
        pace = len(self._held) / ARRIVING / len(posts)
        with Embedded.start(self._stage.data) as database:
            connection = await asyncpg.connect(database.owner_dsn)
            looking = asyncio.create_task(_look(connection, behind))
            load = await asyncio.to_thread(client.run, self._stage.port, posts, CONNECTIONS, REPEATED, pace)
            if looking.done():
                looking.result()
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)
            await connection.close()
        figure = Figure.of("analytics: behind live", "statements/s", [_taken(len(self._held) / load.seconds, behind)])
        figure.note("looks", [float(len(behind))])
        figure.note("sent late at most, ms", [1_000 * load.late])
        return figure

    def _posting(self, lines: Iterable[str]) -> list[bytes]:
        """Some statements as requests, each of one version, which it comes with."""
        # One that was sent again may come with the first in one batch, which the standard forbids.
        once = {json.loads(line)["id"]: line for line in lines}
        by_version: dict[str, list[str]] = {}
        for line in once.values():
            by_version.setdefault("1.0.3" if '"version":"1.0' in line else VERSION, []).append(line)
        return [
            client.request(
                "POST", "/xAPI/statements",
                f"Authorization: {self._token(None)}\r\nX-Experience-API-Version: {version}\r\n"
                "Content-Type: application/json\r\n",
                f"[{','.join(group)}]".encode(),
            )
            for version, group in by_version.items()
        ]  # fmt: skip


async def _look(connection: "asyncpg.Connection[asyncpg.Record]", behind: list[float]) -> None:
    """How long ago that was stored through which the slowest projection holds, again and again."""
    store = await connection.fetchval("select id from log.stores where name = $1", server.DEFAULT_STORE)
    begun = datetime.now(UTC)
    await asyncio.sleep(1)
    while True:
        held = [(await standing.through(connection, store, each.name)).stored for each in server.projections()]
        # What came before is long in; until the first statement is, they are behind by the time since it came.
        behind.append((datetime.now(UTC) - min(max(begun, each or begun) for each in held)).total_seconds())
        await asyncio.sleep(ASK_SECONDS)


async def _read(session: aiohttp.ClientSession, path: str, parameters: Mapping[str, str] = {}) -> float:
    """How many seconds an answer takes."""
    begun = time.monotonic()
    async with session.get(path, params=parameters) as answer:
        content = await answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status}: {content.decode()}")
    return time.monotonic() - begun


async def _wait(session: aiohttp.ClientSession, waits: list[float]) -> None:
    """How many seconds the least of all questions takes, again and again."""
    while True:
        waits.append(await _read(session, "/health/live"))
        await asyncio.sleep(ASK_SECONDS)


def _taken(rate: float, seconds: Sequence[float], serving: float = 0.0) -> Taken:
    ordered = sorted(seconds)
    return Taken(
        rate=rate,
        median=1_000 * middle(ordered),
        p99=1_000 * ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))],
        serving=serving,
        postgres=0.0,
        client_share=0.0,
        bytes=0.0,
    )


def _children() -> float:
    """CPU seconds of all processes that were started from here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
