"""What is computed again from memory is what is computed afresh, whatever came or went in between."""

from bisect import insort
from copy import deepcopy
from datetime import UTC, date, datetime
from typing import Any, TypeAlias
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from lrs.reference.model import Assignment, Period
from lrs.reference.reference import Reference
from projections.analytic import Remembering, Rows
from projections.analytic.memo import Memo
from projections.coaching_cadence.projection import CoachingCadence
from projections.facts.fact import Fact, Kind
from tests.projections.coaching_cadence import worlds

PROJECTION = CoachingCadence()
FULL = worlds.reference()
# Two plans of a pair, and a term that lies across two years.
TANGLED = worlds.reference(
    assignments=(*worlds.ASSIGNMENTS, Assignment(coach="cara", educator="ed", plan="new", since=date(2024, 11, 2))),
    periods=(
        *worlds.PERIODS,
        Period(id="summer", org=None, kind="term", title="Summer", since=date(2024, 1, 10), until=date(2025, 1, 10)),
    ),
)  # fmt: skip
SAID: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [{}, {}, {"cycle": worlds.SESSIONS[0]}, {"plan": "new"}, {"means_end": True}, {"phase": "learn"}]
)
Change: TypeAlias = tuple[Fact, bool]


@st.composite
def changes(draw: st.DrawFn) -> list[Change]:
    """Facts that come, and some of them that go, one by one."""
    facts = [
        structs.replace(fact, data={**fact.data, **draw(SAID)}) if fact.kind is Kind.COACH_CONTACT else fact
        for fact in draw(worlds.many())
    ]
    every = [(fact, True) for fact in facts]
    for fact in draw(st.lists(st.sampled_from(facts), unique_by=lambda fact: fact.statement)):
        came = every.index((fact, True))
        every.insert(draw(st.integers(came + 1, len(every))), (fact, False))
    return every


class Remembered:
    """A key, with the facts that it has so far: one list, which changes; and what was made of them last."""

    def __init__(self, key: str, known: Reference) -> None:
        self.key = key
        self.known = known
        self.facts: list[Fact] = []
        self.memo = Memo()
        self.rows: Rows = {}
        self.copy: Rows = {}

    def take(self, fact: Fact, comes: bool) -> None:
        """A fact of the key comes or goes."""
        if comes:
            insort(self.facts, fact, key=lambda each: each.order)
        else:
            self.facts.remove(fact)

    def again(self) -> Rows:
        """Its rows, from memory."""
        self.memo.begin()
        self.rows = PROJECTION.again(self.key, self.facts, self.known, self.memo)
        return self.rows

    def check(self) -> None:
        """Made from memory they are what they are made afresh; and nothing that was made before has changed."""
        assert self.rows == self.copy
        rows = self.again()
        assert rows == PROJECTION.rows(self.key, self.facts, self.known)
        assert objects(self.again()) == objects(rows)
        self.copy = deepcopy(self.rows)


def objects(rows: Rows) -> dict[str, list[int]]:
    """Which objects rows are."""
    return {name: [id(row) for row in every] for name, every in rows.items()}


def kept(known: Reference, facts: list[Fact]) -> list[Remembered]:
    """All keys that ever have rows."""
    keys = {key for fact in facts for key in PROJECTION.keys(fact, known)} | set(PROJECTION.every(known))
    return [Remembered(key, known) for key in sorted(keys)]


@given(st.sampled_from([FULL, TANGLED]), changes())
@settings(max_examples=80, deadline=None)
def test_again_gives_what_rows_gives(known: Reference, every: list[Change]) -> None:
    keys = kept(known, [fact for fact, _ in every])
    for fact, comes in every:
        for key in keys:
            if PROJECTION.wanted(key.key, known).takes(fact):
                key.take(fact, comes)
                key.check()


def test_rows_that_stay_are_the_same_objects() -> None:
    assert isinstance(PROJECTION, Remembering)
    facts = [_met(day) for day in range(1, 29)]
    ed = Remembered('["pairs","ed"]', FULL)
    for fact in facts[1:]:
        ed.take(fact, True)
    before = {id(row) for rows in ed.again().values() for row in rows}
    ed.take(facts[0], True)
    after = ed.again()
    assert len(after["contacts"]) == 28
    assert sum(id(row) in before for row in after["contacts"]) == 27
    assert before.isdisjoint(map(id, after["pairs"][:1]))


def _met(day: int) -> Fact:
    made: dict[str, Any] = {"statement": UUID(int=day), "n": 0, "kind": Kind.COACH_CONTACT, "position": day}
    at = datetime(2024, 10, day, 20, tzinfo=UTC)
    return Fact(
        **made, subject="mbox:mailto:ed@x.y", other="mbox:mailto:cara@x.y", observed_at=at, stored_at=at, rule="r",
        mapping="m",
    )  # fmt: skip
