"""P-13: every answer says through which position of the log it holds, and holds exactly there.

Two judges. The first asks the same question as it was known at the position that the answer gave. The second shares no
code with the server: some made-up people complete units at a known rate, and the driver's journal of the positions at
which they did, and at which that was voided, says how many an answer of a position must count.
"""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import msgspec

from lrs.reference.applied import Applied
from tests.guarantees import asking, ground, rows
from tests.guarantees.asking import Asking
from tests.guarantees.ground import Ground
from tests.guarantees.projecting import end
from tests.guarantees.rows import Outcome, Trial
from tests.world import voids

COMPLETED = "http://adlnet.gov/expapi/verbs/completed"
LESSON = "http://adlnet.gov/expapi/activities/lesson"
NEVER = 2**63
TICKERS = 40
SHOWN = 5
BURSTS = (1, 5, 40, 120)
WIDE = (
    "coaching/pairs?limit=200",
    "coaching/load",
    "cohorts?limit=500",
    "support?limit=200",
    "rubric-evidence?limit=200",
    "followthrough?by=month",
    "rubric-evidence?by=criterion_id",
)
OF_PERSON = (
    "coaching/pairs",
    "coaching/contacts",
    "coaching/cycles",
    "support",
    "followthrough",
    "rubric-evidence",
    "rubric-evidence/items",
)
# Looks at records are no news to projections.
HEAD = "select max(position) from log.events where store = $1 and kind in (1, 4)"
OF_COHORT = ("participation", "sessions", "members", "statements")


class Ticks(msgspec.Struct, kw_only=True):
    """What the tickers completed: of each unit the position at which it was told, and at which it was voided."""

    units: dict[int, list[list[int]]] = {}
    ids: dict[tuple[int, int], UUID] = {}

    def count(self, ticker: int, position: int) -> int:
        """How many units count at a position."""
        return sum(since <= position < until for since, until in self.units.get(ticker, ()))


def ifi(ticker: int) -> str:
    """Who completes."""
    return f"mbox:mailto:ticker-{ticker}@example.org"


class Writing(msgspec.Struct, kw_only=True):
    """Tells statements and changes of reference data, one after another, and notes at which positions."""

    site: Ground
    dice: random.Random
    roster: Applied
    ticks: Ticks
    applied: int = 0
    is_over: bool = False

    async def run(self) -> None:
        """Write until cancelled: bursts, so that who follows lies behind at times, and rests, so that he comes up."""
        done = 0
        while not self.is_over:
            done += 1
            await self._burst(self.dice.choice(BURSTS))
            if done % 15 == 0:
                await self._apply()
            await asyncio.sleep(self.dice.uniform(0, 0.4))

    async def _burst(self, size: int) -> None:
        ticked = [self._tick() for _ in range(size)]
        own = [statement for statement, _, _, _ in ticked]
        told = [each for _ in range(size) if (each := next(self.site.statements, None)) is not None]
        await asyncio.gather(
            *(ground.send(self.site.world, each) for each in self.dice.sample(own + told, len(own + told)))
        )
        self.site.told += len(told)
        positions = await self._positions([UUID(each["id"]) for each in own])
        for place, each in enumerate(own):
            while positions[place] is None:  # there was no room for it
                await ground.send(self.site.world, each)
                (positions[place],) = await self._positions([UUID(each["id"])])
        for (_, ticker, unit, is_void), position in zip(ticked, positions, strict=True):
            lived = self.ticks.units[ticker][unit]
            lived[is_void] = min(lived[is_void], position)

    async def _positions(self, ids: list[UUID]) -> list[Any]:
        query = "select array_agg((select e.position from log.events e where e.store = $1 and e.kind = 1"
        query += " and e.subject = w.id) order by w.n) from unnest($2::uuid[]) with ordinality w (id, n)"
        return list(await self.site.value(query, self.site.world.store.id, ids))

    def _tick(self) -> tuple[dict[str, Any], int, int, bool]:
        """A ticker completes a unit, or one that was completed is voided."""
        ticker = self.dice.randrange(TICKERS)
        mine = self.ticks.units.setdefault(ticker, [])
        if mine and self.dice.random() < 0.25:
            unit = self.dice.randrange(len(mine))
            return voids(self.ticks.ids[ticker, unit]), ticker, unit, True
        id = uuid4()
        place = {"id": f"https://example.org/tick/{id}", "definition": {"type": LESSON}}
        actor = {"mbox": ifi(ticker).removeprefix("mbox:")}
        self.ticks.ids[ticker, len(mine)] = id
        mine.append([NEVER, NEVER])
        told = {"id": str(id), "actor": actor, "verb": {"id": COMPLETED}, "object": place}
        return told, ticker, len(mine) - 1, False

    async def _apply(self) -> None:
        """Another name for some people, and an end or none to some memberships."""
        self.applied += 1
        body = msgspec.json.decode(msgspec.json.encode(self.roster.body))
        parts = body["parts"]
        for person in self.dice.sample(sorted(parts["users"]["rows"]), 5):
            parts["users"]["rows"][person]["familyName"] = f"Name {self.applied}"
        for enrollment in self.dice.sample(sorted(parts["enrollments"]["rows"]), 3):
            parts["enrollments"]["rows"][enrollment]["endDate"] = "2025-02-01"
        changed = msgspec.structs.replace(self.roster, body=body, sha256=f"{self.applied:064x}")
        self.site.references.append(changed)
        await self.site.apply(1)


def questions(dice: random.Random, roster: Applied) -> Iterator[str]:
    """Questions of every kind, about whom it may be."""
    parts = roster.body["parts"]
    people, cohorts = sorted(parts["users"]["rows"]), sorted(parts["classes"]["rows"])
    while True:
        yield f"followthrough?person={quote(ifi(dice.randrange(TICKERS)))}&limit=1000"
        yield f"{dice.choice(OF_PERSON)}?person={dice.choice(people)}&limit=1000"
        yield f"cohorts/{dice.choice(cohorts)}/{dice.choice(OF_COHORT)}?limit=1000"
        if dice.random() < 0.08:
            yield dice.choice(WIDE)


@contextlib.asynccontextmanager
async def followed(site: Ground) -> AsyncIterator[None]:
    """A process that follows, for a while."""
    process = await site.follower(lease_seconds=10)
    try:
        yield
    finally:
        end(process)


@contextlib.asynccontextmanager
async def written(writing: Writing) -> AsyncIterator[None]:
    """What writes, for a while, and to the end of a burst; what it fell over, if it did."""
    task = asyncio.ensure_future(writing.run())
    try:
        yield
    finally:
        writing.is_over = True
        await task


class Judge(msgspec.Struct, kw_only=True):
    """Asks, and asks again of the position that the answer gave."""

    site: Ground
    asking: Asking
    ticks: Ticks
    positions: set[int] = set()
    behind: int = 0
    counts: list[tuple[str, int, int, int]] = []
    rows: int = 0
    wrong: Counter[str] = msgspec.field(default_factory=Counter)
    shown: list[str] = []

    async def judge(self, question: str) -> None:
        """One answer."""
        answer = await self.asking.ask(question)
        position = answer["through_position"]
        if position is None:
            return
        self.behind += position < await self.site.value(HEAD, self.site.world.store.id)
        self.positions.add(position)
        self.rows += len(answer["rows"])
        if "ticker-" in question:
            ticker = int(question.partition("ticker-")[2].partition("%40")[0])
            self.counts.append((question, ticker, position, len(answer["rows"])))
        known = f"{question}{'&' if '?' in question else '?'}as_known_at={position}"
        then = await self.asking.ask(known)
        if then["rows"] != answer["rows"]:
            self._tell(question.partition("?")[0].split("/")[-1], f"{known}: {difference(answer, then)}")

    def count(self) -> None:
        """Compare the answers about tickers with the journal, which knows every position by now."""
        for question, ticker, position, told in self.counts:
            must = self.ticks.count(ticker, position)
            if told != must:
                self._tell("counts", f"{question} at {position}: {told} and not {must}")

    def _tell(self, what: str, words: str) -> None:
        self.wrong[what] += 1
        if len(self.shown) < SHOWN:
            self.shown.append(words)


def difference(answer: dict[str, Any], then: dict[str, Any]) -> str:
    """The first rows in which two answers differ."""
    pairs = zip(answer["rows"], then["rows"], strict=False)
    for one, other in pairs:
        if one != other:
            names = [name for name in one if one[name] != other.get(name)]
            return ", ".join(f"{name}: {one[name]!r} and not {other.get(name)!r}" for name in names)[:400]
    return f"{len(answer['rows'])} rows and not {len(then['rows'])}"


@rows.row("P-13", "0 answers newer or older than the position that they give", loops=10_000, short=90)
async def positions_are_true(trial: Trial) -> Outcome:
    async with ground.standing(trial.folder, trial.seed) as site:
        policy, roster = site.references[0], site.references[3]
        site.references[0] = msgspec.structs.replace(policy, body=policy.body + asking.POLICY)
        await site.apply()
        await site.tell(1_000)
        await site.settle()
        writing = Writing(site=site, dice=trial.dice, roster=roster, ticks=Ticks())
        asked = questions(trial.dice, roster)
        async with asking.asking(site, roster) as one, followed(site):
            judge = Judge(site=site, asking=one, ticks=writing.ticks)
            async with written(writing):
                for _ in range(trial.loops):
                    await judge.judge(next(asked))
            judge.count()
        figure: dict[str, object] = {
            "answers": trial.loops,
            "different": judge.wrong.total(),
            "counted": len(judge.counts),
        }
        figure |= {
            "positions": len(judge.positions),
            "behind": judge.behind,
            "rows": judge.rows,
            "changes_of_reference": writing.applied,
        }
        if judge.wrong:
            figure |= {"where": dict(judge.wrong), "shown": judge.shown}
        return Outcome(figure=figure, held=not judge.wrong and len(judge.positions) > trial.loops // 20)
