"""What hooks ask of the analytics: changed rows, and whole answers, in the view of whom they were set up for.

They go through the functions that answer HTTP, so roles, scopes, suppression and the audit are the same.
"""

import difflib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from hashlib import blake2b
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson

from lrs.errors import Invalid
from lrs.hooks.analytic import analytics
from lrs.hooks.analytic.analytics import As, Found, Rows, Shown
from lrs.log.store import Store
from lrs.reference.reference import Reference
from lrs.storage.pool import Connection
from lrs.xapi.parameters import Pairs
from projections.analytic import Projection, changes
from projections.answers import asked as asking
from projections.answers import formats, found
from projections.answers.asker import Asker, Role
from projections.answers.changed import Changed, Wanted, check, tables
from projections.answers.ground import Ground
from projections.answers.pages import Pages
from projections.answers.question import Question, Row

CHUNK: Final = 5_000
NEAR: Final = 3
# Rows of an answer that is asked for as a whole, again and again: more is for exports.
MOST: Final = 100_000
# What is for pages, for files, or would keep the answer from being that of the day.
LEFT: Final = ("limit", "cursor", "format", "store", "as_of", "as_known_at", "why")


class Declared:
    """The questions and tables that there are: what can be said of a hook before there is a database."""

    def __init__(self, questions: Sequence[Question], projections: Sequence[Projection]) -> None:
        self._questions = questions
        self._tables = tables(projections)

    def check_rows(self, config: Rows) -> None:
        """Invalid where there is no such projection, table or column."""
        _role(config.view)
        check(self._tables, wanted(config))

    def check_question(self, config: analytics.Question) -> None:
        """Invalid where there is no such question, parameter or column."""
        role = _role(config.view)
        question, path = self.matched(config.path)
        if role not in question.sees:
            words = f"this question is for {', '.join(sorted(question.sees))}"
            raise Invalid(words, pointer="/as/role", rule="hook.config")
        if unknown := [name for name in config.parameters if name in LEFT]:
            raise Invalid(f"a standing question has no {unknown[0]}", pointer=f"/parameters/{unknown[0]}",
                          rule="hook.config")  # fmt: skip
        today = date(2026, 1, 1)
        asker = Asker(store=0, name="", roles=frozenset({role}), secret=b"")
        try:
            asking.parse(question, pairs(config), path, asker=asker, reference=Reference.of(), today=today)
        except Invalid as error:
            error.pointer = f"/parameters{error.pointer or ''}"
            raise

    async def want(self, tx: Connection, store: int, projection: str) -> int:
        """Have the changes of a projection recorded; the number of the last one."""
        return (await changes.want(tx, store, projection)).number

    def matched(self, path: str) -> tuple[Question, Mapping[str, str]]:
        """The question at a path beneath /analytics/v1/, and what stands for each `{name}` of its own."""
        for question in self._questions:
            pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/{}]+)", re.escape(question.path))
            if (match := re.fullmatch(pattern, path)) is not None:
                return question, match.groupdict()
        known = [each.path for each in self._questions]
        near = difflib.get_close_matches(path, known, NEAR)
        words = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(known)}"
        raise Invalid(f"there is no question {path[:80]!r}: {words}", pointer="/path", rule="hook.config")


class Hooked(Declared):
    """The analytics for hooks, over what all answers stand on."""

    def __init__(self, ground: Ground, questions: Sequence[Question]) -> None:
        super().__init__(questions, ground.projections)
        self._ground = ground
        self._changed = Changed(ground, questions)

    async def beyond(self, store: Store, projection: str, number: int) -> bool:
        """Whether there are changes behind a number."""
        return await self._changed.beyond(store.id, projection, number)

    async def changes(self, store: Store, hook: UUID, config: Rows, number: int, limit: int) -> Sequence[Shown]:
        """Changes behind a number, as the hook sees them."""
        asker = _asker(store, hook, config.view)
        told = await self._changed.after(asker, wanted(config), number, limit, endpoint="hooks/rows")
        return [Shown(number=each.number, told=each.told) for each in told.changes]

    async def answer(self, store: Store, hook: UUID, config: analytics.Question) -> Found:
        """The whole answer to a question, as the hook sees it."""
        question, path = self.matched(config.path)
        asked = await found.ask(self._ground, question, pairs(config), path, asker=_asker(store, hook, config.view))
        async with found.find(self._ground, question, asked) as it:
            if it.is_sum:
                columns, rows = await found.sums(it, self._ground)
                key: Sequence[str] = [each.name for each in columns[: len(asked.by or _default(question))]]
            else:
                pages = Pages(question, it.asked, it.seen, it.data)
                rows, people = await _whole(pages)
                shown = {each.name for each in pages.columns}
                key = question.key if shown.issuperset(question.key) else ()
                await found.keep(it, self._ground, people, len(rows))
        identified = [(_identity(row, key, config.state), formats.json_row(row)) for row in rows]
        return Found(as_of=asked.as_of.isoformat(), position=it.through.position, rows=identified)

    async def zone(self, store: Store, now: datetime) -> ZoneInfo:
        """The zone that the store's policy says."""
        return (await self._ground.references.of(store.id)).zone(None, now.astimezone(UTC).date())


def wanted(config: Rows) -> Wanted:
    """Which changes a hook wants."""
    values = {"person": config.person, "org": config.org, "cohort": config.cohort}
    return Wanted(
        projection=config.projection,
        tables=config.tables,
        values={name: each for name, each in values.items() if each},
        state=config.state,
    )


def pairs(config: analytics.Question) -> Pairs:
    """The parameters of a question as a request has them."""
    return [(name, value) for name, values in config.parameters.items() for value in values]


async def _whole(pages: Pages) -> tuple[list[Row], frozenset[str]]:
    rows: list[Row] = []
    people = frozenset[str]()
    after: Sequence[Any] | None = None
    while True:
        page = await pages.page(after, CHUNK)
        rows += page.rows
        people |= page.people
        after = page.next
        if after is None:
            return rows, people
        if len(rows) > MOST:
            raise Invalid(f"the answer has more than {MOST} rows: ask for less of it", rule="hook.rows")


def _identity(row: Row, key: Sequence[str], state: Sequence[str]) -> UUID:
    """By what a row is known again; by all of it where its key is not shown."""
    missing = [name for name in state if name not in row]
    if missing:
        raise Invalid(f"the answer has no column {missing[0]!r}, which `state` names", pointer="/state")
    named = {name: row[name] for name in (*key, *state)} if key else row
    content = orjson.dumps(named, default=str, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z)
    return UUID(bytes=blake2b(content, digest_size=16).digest())


def _default(question: Question) -> tuple[str, ...]:
    return () if question.summary is None else question.summary.default


def _role(view: As) -> Role:
    try:
        return Role(view.role)
    except ValueError:
        raise Invalid(f"a role is one of {', '.join(Role)}", pointer="/as/role", rule="hook.config") from None


def _asker(store: Store, hook: UUID, view: As) -> Asker:
    return Asker(
        store=store.id, name=f"hook:{hook}", roles=frozenset({_role(view)}), secret=store.secret, person=view.person,
        orgs=view.orgs,
    )  # fmt: skip
