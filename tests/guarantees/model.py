"""R-31: sequences of writes and questions against a model in memory; at each step both must say the same.

A sequence is the seeds of its steps. One that fails is made as short as it can be while it still does, and told.
"""

import json
import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlencode

from lrs import main
from lrs.auth import scopes
from lrs.auth.issuing import Issued
from lrs.recording import stores
from tests import serving
from tests.guarantees import model_documents, rows, served
from tests.guarantees.model_documents import Document, Documents
from tests.guarantees.model_statements import (
    ACTIVITIES,
    AGENTS,
    HOME,
    REGISTRATIONS,
    VERBS,
    VOIDED,
    Json,
    Maker,
    Question,
    Said,
    Statements,
)
from tests.guarantees.rows import Outcome, Trial
from tests.serving import Answer, Client

STATEMENTS: Final = "/xAPI/statements"
FLAGS: Final = ("related_agents", "related_activities", "ascending")
STEPS: Final = (10, 50)
IDS: Final = 20
# Runs that a shorter sequence may cost.
PATIENCE: Final = 200
SCOPES: Final = {
    "all": scopes.EVERY,
    "one": ("statements/write", "statements/read/mine"),
    "two": ("statements/write", "statements/read/mine"),
}


class Differs(Exception):
    """The server and the model do not say the same."""


@rows.row("R-31", "0 differences to a model in memory, in loops sequences of up to 50 steps", loops=1_000, short=12)
async def model(trial: Trial) -> Outcome:
    """Each sequence has a store of its own; the first that fails ends the run."""
    done = steps = 0
    failed: dict[str, object] = {}
    async with served.server(trial.folder, log_level="error") as (client, core):
        for number in range(trial.loops):
            seeds = [trial.dice.getrandbits(32) for _ in range(trial.dice.randint(*STEPS))]
            wrong = await run(client, core, seeds)
            done, steps = number + 1, steps + len(seeds)
            if wrong:
                failed = await shortest(client, core, seeds, wrong)
                break
    return Outcome(
        figure={"sequences": done, "steps": steps, "differences": len(failed) // 3, **failed}, held=not failed
    )


async def run(client: Client, core: main.Core, seeds: Sequence[int], told: list[str] | None = None) -> str:
    """What differs at the first step where something does, "" where nothing ever does."""
    machine = await Machine.start(client, core)
    for seed in seeds:
        try:
            step = await machine.step(random.Random(seed))
        except Differs as error:
            return str(error)
        if told is not None:
            told.append(step)
    return ""


async def shortest(client: Client, core: main.Core, seeds: Sequence[int], wrong: str) -> dict[str, object]:
    """The failure by as few steps as can be found in some time."""
    best, words, runs, size = list(seeds), wrong, 0, max(1, len(seeds) // 2)
    while size and runs < PATIENCE:
        for start in range(0, len(best), size):
            shorter = best[:start] + best[start + size :]
            runs += 1
            if found := await run(client, core, shorter):
                best, words = shorter, found
                break
        else:
            size //= 2
    told: list[str] = []
    await run(client, core, best, told)
    return {"difference": words, "seeds": best, "steps_before": told}


@dataclass(kw_only=True)
class Machine:
    """A fresh store, the model of it, and the links to further pages that were given."""

    client: Client
    name: str
    statements: Statements = field(default_factory=Statements)
    documents: Documents = field(default_factory=Documents)
    links: list["Link"] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)

    @classmethod
    async def start(cls, client: Client, core: main.Core) -> "Machine":
        """On a store that was made for it."""
        name = "m" + uuid.uuid4().hex[:12]
        store = await stores.create(core.log, core.stores, name)
        for who, held in SCOPES.items():
            await core.issuing.issue(store.id, name="", scopes=held, given=Issued(key=f"{who}-{name}", secret="x"))
        fixed = random.Random(1)
        ids = [str(uuid.UUID(int=fixed.getrandbits(128), version=4)) for _ in range(IDS)]
        return cls(client=client, name=name, ids=ids)

    async def step(self, dice: random.Random) -> str:
        """Do something, and tell what it was."""
        die = dice.random()
        if die < 0.35:
            return await self._send(dice)
        if die < 0.65:
            return await self._ask(dice)
        if die < 0.75:
            return await self._go_on(dice)
        return await self._document(dice) if die < 0.92 else await self._look(dice)

    # Statements

    async def _send(self, dice: random.Random) -> str:
        old = dice.random() < 0.5
        who = dice.choice(tuple(SCOPES))
        batch = [self._said(dice, old) for _ in range(dice.choice((1, 1, 1, 2, 3)))]
        expected, new = self._judge(batch, old)
        bodies = [each.body for each in batch]
        put = len(batch) == 1 and dice.random() < 0.4
        target = f"{STATEMENTS}?statementId={bodies[0]['id']}" if put else STATEMENTS
        body: object = bodies[0] if len(batch) == 1 else bodies
        answer = await self._do(who, "PUT" if put else "POST", target, body, old=old)
        words = f"{'PUT' if put else 'POST'} by {who} in {'1.0.3' if old else '2.0.0'}: {json.dumps(body)}"
        _same(answer.status, 204 if put and expected == 200 else expected, words)
        if expected == 200:
            for each in new:
                each.authority = who
                self.statements.stored.append(each)
            for each in new:
                await self._see(each, words)
        return f"{words} -> {answer.status}"

    def _said(self, dice: random.Random, old: bool) -> Said:
        """A new statement, now and then one sent before, as it was or with another verb."""
        if self.statements.stored and dice.random() < 0.15:
            known = dice.choice(self.statements.stored)
            verb = known.verb if dice.random() < 0.6 or known.voids else "http://v.example/other"
            return Said(id=known.id, body={**known.body, "verb": {"id": verb}}, verb=verb)
        unused = [id for id in self.ids if self.statements.get(id) is None]
        made = Maker(dice, self.ids, old=old).make(dice.choice(unused if unused and dice.random() < 0.8 else self.ids))
        if self.statements.get(made.id) is not None:
            # Another one under its id, and never by letter case alone.
            made.body["result"] = {"response": dice.randbytes(8).hex()}
        return made

    def _judge(self, batch: Sequence[Said], old: bool) -> tuple[int, list[Said]]:
        """The status of the answer, and what will be stored."""
        if len({each.id for each in batch}) < len(batch):
            return 400, []
        if old and any(
            "contextAgents" in json.dumps(each.body) or "contextGroups" in json.dumps(each.body) for each in batch
        ):
            return 400, []
        known = [(each, self.statements.get(each.id)) for each in batch]
        if any(was is not None and was.body != each.body for each, was in known):
            return 409, []
        return 200, [each for each, was in known if was is None]

    async def _see(self, said: Said, words: str) -> None:
        """A statement by its id, whole; the time at which it was stored must be the latest."""
        voided = self.statements.is_voided(said)
        right, wrong = ("voidedStatementId", "statementId") if voided else ("statementId", "voidedStatementId")
        answer = await self._do("all", "GET", f"{STATEMENTS}?{right}={said.id}")
        _same(answer.status, 200, f"GET {right} after {words}")
        got = _object(answer)
        _same({key: got[key] for key in said.body}, _returned(said.body), f"GET {right} after {words}")
        _same(got["authority"]["account"]["name"], f"{said.authority}-{self.name}", f"authority after {words}")
        _same(
            (await self._do("all", "GET", f"{STATEMENTS}?{wrong}={said.id}")).status, 404, f"GET {wrong} after {words}"
        )
        latest = max((each.stored for each in self.statements.stored), default="")
        if not said.stored:
            _same(got["stored"] > latest, True, f"stored {got['stored']} after {latest}")
            said.stored = got["stored"]
        _same(got["stored"], said.stored, f"stored after {words}")

    async def _look(self, dice: random.Random) -> str:
        """Any id, by anybody."""
        id, who = dice.choice(self.ids), dice.choice(tuple(SCOPES))
        said = self.statements.get(id)
        seen = said is not None and who in ("all", said.authority)
        voided = said is not None and self.statements.is_voided(said)
        for name, there in (("statementId", seen and not voided), ("voidedStatementId", seen and voided)):
            answer = await self._do(who, "GET", f"{STATEMENTS}?{name}={id}")
            _same(answer.status, 200 if there else 404, f"GET {name}={id} by {who}")
        return f"GET {id} by {who}"

    async def _ask(self, dice: random.Random) -> str:
        question, who, limit = (
            self._question(dice),
            dice.choice(("all", "all", "one", "two")),
            dice.choice((1, 2, 3, 100)),
        )
        pairs = self._pairs(question) | {"limit": str(limit), "format": dice.choice(("ids", "exact", "canonical"))}
        target = f"{STATEMENTS}?{urlencode(pairs, quote_via=quote)}"
        wanted = self.statements.find(question, mine=None if who == "all" else who)
        words = f"GET {pairs} by {who}"
        found = await self._page(target, who, words)
        _same(found, wanted[:limit], words)
        if len(wanted) > limit and dice.random() < 0.7:
            self._keep(question, who, limit, found)
        return f"{words} -> {len(found)} of {len(wanted)}"

    async def _go_on(self, dice: random.Random) -> str:
        """The next page of some list, whatever was written since."""
        if not self.links:
            return await self._ask(dice)
        link = self.links.pop(dice.randrange(len(self.links)))
        wanted = self.statements.find(link.question, mine=None if link.who == "all" else link.who)
        place = {said.id: number for number, said in enumerate(self.statements.stored)}
        ahead = [id for id in wanted if (place[id] > link.after) == link.question.ascending and place[id] != link.after]
        words = f"more of {link.question} by {link.who} after {link.after}"
        found = await self._page(link.target, link.who, words)
        _same(found, ahead[: link.limit], words)
        if len(ahead) > link.limit:
            self._keep(link.question, link.who, link.limit, found)
        return f"{words} -> {len(found)} of {len(ahead)}"

    def _keep(self, question: Question, who: str, limit: int, found: Sequence[str]) -> None:
        after = next(number for number, said in enumerate(self.statements.stored) if said.id == found[-1])
        self.links.append(Link(target=self._more, question=question, who=who, limit=limit, after=after))

    async def _page(self, target: str, who: str, words: str) -> list[str]:
        answer = await self._do(who, "GET", target)
        _same(answer.status, 200, words)
        page = _object(answer)
        self._more: str = page["more"]
        return [each["id"].lower() for each in page["statements"]]

    def _question(self, dice: random.Random) -> Question:
        def some(choices: Sequence[Any], chance: float) -> Any:
            return dice.choice(choices) if dice.random() < chance else None

        times = [said.stored for said in self.statements.stored] or ["2026-01-01T00:00:00.000000Z"]
        return Question(
            agent=some((*range(len(AGENTS)), *SCOPES), 0.5),
            verb=some((*VERBS, VOIDED), 0.35),
            activity=some(ACTIVITIES, 0.35),
            registration=some(REGISTRATIONS, 0.25),
            related_agents=dice.random() < 0.4,
            related_activities=dice.random() < 0.4,
            since=some(times, 0.15),
            until=some(times, 0.15),
            ascending=dice.random() < 0.4,
        )

    def _pairs(self, question: Question) -> dict[str, str]:
        agent = question.agent
        account = {"account": {"homePage": HOME, "name": f"{agent}-{self.name}"}}
        given: Json = {
            "agent": None if agent is None else json.dumps(AGENTS[agent] if isinstance(agent, int) else account),
            "verb": question.verb,
            "activity": question.activity,
            "registration": question.registration,
            "since": question.since,
            "until": question.until,
        }
        flags = {
            name: "true" for name in ("related_agents", "related_activities", "ascending") if getattr(question, name)
        }
        return {name: value for name, value in given.items() if value is not None} | flags

    # Documents

    async def _document(self, dice: random.Random) -> str:
        if dice.random() < 0.1:
            return await self._clear(dice)
        asked = model_documents.change(dice, self.documents)
        headers = {"Content-Type": asked.content_type, "If-Match": asked.if_match, "If-None-Match": asked.if_none_match}
        target = asked.context.target(asked.id)
        body = None if asked.method == "DELETE" else asked.content
        answer = await self._do("all", asked.method, target, body, old=asked.old, headers=headers)
        _same(answer.status, self.documents.change(asked), str(asked))
        await self._read(asked.context, asked.id, str(asked))
        return f"{asked} -> {answer.status}"

    async def _clear(self, dice: random.Random) -> str:
        context = model_documents.context(dice)
        answer = await self._do("all", "DELETE", context.target())
        words = f"DELETE of all in {context}"
        _same(answer.status, 204 if context.resource == "state" else 400, words)
        if context.resource == "state":
            self.documents.clear(context)
        await self._read(context, "a", words)
        return words

    async def _read(self, context: model_documents.Context, id: str, words: str) -> None:
        """A document and the list that it is in."""
        known = self.documents.get(context, id)
        answer = await self._do("all", "GET", context.target(id))
        _same(answer.status, 200 if known else 404, f"GET after {words}")
        if known is not None:
            if known.content != answer.body and _loads(known.content) == _loads(answer.body) is not None:
                # Merged, and how the LRS writes JSON is its own affair.
                known = Document(content=answer.body, content_type=known.content_type)
                self.documents.stored[context, id] = known
            _same(answer.body, known.content, f"content after {words}")
            _same(answer.headers["ETag"], known.etag, f"ETag after {words}")
            _same(answer.headers["Content-Type"], known.content_type, f"type after {words}")
        listing = await self._do("all", "GET", context.target())
        _same(sorted(_list(listing)), self.documents.ids(context), f"list after {words}")

    async def _do(
        self, who: str, method: str, target: str, body: object = None, *, old: bool = False,
        headers: dict[str, str | None] | None = None,
    ) -> Answer:  # fmt: skip
        sent = {
            "Authorization": serving.basic(f"{who}-{self.name}", "x"),
            "X-Experience-API-Version": "1.0.3" if old else "2.0.0",
            **(headers or {}),
        }
        return await self.client.send(method, target, body, sent)


@dataclass(frozen=True, kw_only=True)
class Link:
    """To the next page of a list: the question, who asked it, and the last statement given, by its number."""

    target: str
    question: Question
    who: str
    limit: int
    after: int


def _same(got: object, wanted: object, words: str) -> None:
    if got != wanted:
        raise Differs(f"{words}: {got!r} and not {wanted!r}")


def _object(answer: Answer) -> Json:
    got = json.loads(answer.body)
    if not isinstance(got, dict):
        raise Differs(f"{got!r} is no object")
    return got


def _list(answer: Answer) -> list[str]:
    got = json.loads(answer.body)
    if not isinstance(got, list):
        raise Differs(f"{got!r} is no list")
    return got


def _loads(content: bytes) -> object:
    try:
        return json.loads(content)
    except ValueError:
        return None


def _returned(body: Json) -> Json:
    """A statement as it is read: arrays in contextActivities."""
    made = dict(body)
    if "contextActivities" in made.get("context", {}):
        around = made["context"]["contextActivities"]
        lists = {kind: each if isinstance(each, list) else [each] for kind, each in around.items()}
        made["context"] = {**made["context"], "contextActivities": lists}
    if made["object"].get("objectType") == "SubStatement":
        made["object"] = _returned(made["object"])
    return made
