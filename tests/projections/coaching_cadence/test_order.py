"""Any order of arrival gives the same rows: facts, voids and reference data, early, late, and more than once."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from lrs.reference.model import Assignment, Link, Pause, Period, Post
from lrs.reference.policy import Cadence, Policy
from lrs.reference.reference import EMPTY, Reference
from lrs.reference.touched import touched
from projections.facts.fact import Fact
from tests.projections.coaching_cadence import worlds
from tests.projections.coaching_cadence.scene import PROJECTION, Tables, rows_of, tables

# A fact that is told, new reference data, or the id of a fact that is void.
Event: TypeAlias = Fact | Reference | str

# What a district may come to know, one after the other.
FULL = worlds.reference()
REFERENCES = (
    EMPTY,
    FULL,
    worlds.reference(links=worlds.LINKS[:3]),
    worlds.reference(links=(*worlds.LINKS, Link(person="eve", ifi="openid:https://stranger"))),
    worlds.reference(assignments=worlds.ASSIGNMENTS[1:]),
    worlds.reference(assignments=(*worlds.ASSIGNMENTS, Assignment(coach="eve", educator="una"))),
    worlds.reference(posts=(*worlds.POSTS, Post(person="cole", org="alder", role="coach", until=date(2024, 11, 2)))),
    worlds.reference(posts=worlds.POSTS[2:]),
    worlds.reference(pauses=()),
    worlds.reference(pauses=(Pause(person="eve", kind="Leave", since=date(2024, 10, 30), until=date(2024, 11, 3)),)),
    worlds.reference(periods=()),
    worlds.reference(
        periods=(
            *worlds.PERIODS[:2],
            Period(id="oct", org=None, kind="term", title="Oct", since=date(2024, 10, 1), until=date(2024, 11, 2)),
            Period(id="nov", org="oak", kind="term", title="Nov", since=date(2024, 11, 2), until=date(2025, 2, 1)),
            Period(id="summer", org=None, kind="term", title="Summer", since=date(2024, 6, 1), until=date(2024, 9, 1)),
        )
    ),
    worlds.reference(policies=Policy(timezone="Asia/Kathmandu", cadence=Cadence(merge_minutes=20, default_target=4))),
)


class Kept:
    """Tables kept up to date as the framework keeps them: what is new or over marks keys, and marked keys are made."""

    def __init__(self) -> None:
        self.reference: Reference = EMPTY
        self.facts: dict[str, Fact] = {}
        self.dead: set[str] = set()
        self.rows: dict[str, Any] = {}
        self.marks: set[str] = set()

    def take(self, event: Event) -> None:
        """A fact, new reference data, or the id of a fact that is void."""
        if isinstance(event, Reference):
            self._apply(event)
        elif isinstance(event, str):
            self.dead.add(event)
            if gone := self.facts.pop(event, None):
                self.marks |= set(PROJECTION.keys(gone, self.reference))
        elif event.id not in self.dead:
            self.facts[event.id] = event
            self.marks |= set(PROJECTION.keys(event, self.reference))

    def make(self) -> None:
        """The rows of marked keys."""
        facts = sorted(self.facts.values(), key=lambda fact: fact.order)
        for key in self.marks:
            self.rows[key] = rows_of(key, facts, self.reference)
        self.marks = set()

    def tables(self) -> Tables:
        """All rows, by table and key."""
        self.make()
        found: Tables = {table.name: {} for table in PROJECTION.tables}
        for made in self.rows.values():
            for name, rows in made.items():
                assert not found[name].keys() & rows.keys()
                found[name].update(rows)
        return found

    def _apply(self, new: Reference) -> None:
        old, self.reference = self.reference, new
        changed = touched(old, new)
        keys = None if changed.everything else PROJECTION.touched(changed, old, new)
        if keys is None:
            self.marks |= set(self.rows) | set(PROJECTION.every(old)) | set(PROJECTION.every(new))
            named: Iterable[Fact] = self.facts.values()
        else:
            self.marks |= set(keys)
            people = changed.people | changed.roles
            ifis = changed.ifis | {ifi for each in people for known in (old, new) for ifi in known.ifis(each)}
            named = [fact for fact in self.facts.values() if not ifis.isdisjoint({fact.subject, fact.other})]
        for fact in named:
            self.marks |= {*PROJECTION.keys(fact, old), *PROJECTION.keys(fact, new)}


def kept(events: Sequence[Event], made_after: frozenset[int] = frozenset()) -> Tables:
    """The tables after these events, with marked keys made after some of them and at the end."""
    found = Kept()
    for number, event in enumerate(events):
        found.take(event)
        if number in made_after:
            found.make()
    return found.tables()


@given(st.data(), worlds.many(most=12))
@settings(max_examples=50, deadline=None)
def test_any_order_of_arrival(data: st.DataObject, facts: list[Fact]) -> None:
    void = data.draw(st.lists(st.sampled_from([fact.id for fact in facts]), unique=True, max_size=4))
    again = data.draw(st.lists(st.sampled_from(facts), max_size=4))
    events: list[Event] = data.draw(st.permutations([*facts, *again, *void]))
    stops = data.draw(st.frozensets(st.integers(0, len(events)), max_size=4))
    alive = [fact for fact in facts if fact.id not in void]
    assert kept([FULL, *events], stops) == tables(alive, FULL)


@given(st.data(), worlds.many(most=8), st.lists(st.sampled_from(REFERENCES), min_size=1, max_size=3))
@settings(max_examples=60, deadline=None)
def test_reference_data_may_come_at_any_time(data: st.DataObject, facts: list[Fact], known: list[Reference]) -> None:
    events: list[Event] = list(data.draw(st.permutations(facts)))
    for each in known:
        events.insert(data.draw(st.integers(0, len(events))), each)
    last = [each for each in events if isinstance(each, Reference)][-1]
    stops = data.draw(st.frozensets(st.integers(0, len(events)), max_size=4))
    expected = tables(facts, last)
    # What a key wrote once and has no rows for any more is as good as a key that was never made.
    assert kept(events, stops) == expected


@given(worlds.many())
@settings(max_examples=40, deadline=None)
def test_tables_agree_with_each_other(facts: list[Fact]) -> None:
    found = tables(facts, FULL)
    contacts = list(found["contacts"].values())
    assert sum(row["contacts"] for row in found["pairs"].values()) == len(contacts)
    for period in (each.id for each in worlds.PERIODS):
        wanted = sum(period in row["period_ids"] for row in contacts)
        for table in ("support", "load"):
            assert wanted == sum(row["contacts"] for key, row in found[table].items() if key[1] == period)


@given(worlds.many())
@settings(max_examples=40, deadline=None)
def test_as_of_a_day_is_as_if_nothing_came_after_it(facts: list[Fact]) -> None:
    day = date(2024, 11, 3)
    known = worlds.reference(links=worlds.LINKS[:2] + worlds.LINKS[3:])
    before = [
        fact
        for fact in facts
        if known.local_date_of(fact.observed_at, known.person(fact.subject, fact.observed_at.date())) <= day
    ]
    now, then = tables(facts, known, day), tables(before, known, day)
    assert now == then
