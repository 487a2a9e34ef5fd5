"""Whatever the facts, and whatever the order in which they and the roster come: the rows of the straight count."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from lrs.reference.model import Link, Membership, Pause
from lrs.reference.policy import Cadence, Followthrough, Memberships, Policy, Ties
from lrs.reference.reference import Records, Reference
from projections.facts.fact import Fact, Kind
from tests.projections.cohort_participation.live import Live
from tests.projections.cohort_participation.oracle import Oracle
from tests.projections.cohort_participation.scene import COLUMNS, RECORDS, Named, by_key, ifi, tables, year_of

SUBJECTS = (*map(ifi, ("ann", "ann", "bob", "bob", "cam", "dee", "fay", "gus", "zoe", "shared")),
            "mbox:mailto:ann@example.org")  # fmt: skip
# Days about which something changes: years, terms, holes between them, clocks, memberships, links, pauses, windows.
DAYS = [
    date(2023, 8, 1), date(2024, 3, 10), date(2024, 6, 14), date(2024, 8, 15), date(2024, 9, 1), date(2024, 10, 10),
    date(2024, 11, 1), date(2024, 11, 3), date(2024, 11, 26), date(2024, 12, 20), date(2025, 1, 6), date(2025, 1, 8),
    date(2025, 2, 1), date(2025, 3, 1), date(2025, 6, 15), date(2025, 8, 2),
]  # fmt: skip
# The straight count is too slow to make a failing example small by hundreds of tries.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
UNITS = ("u1", "u2")
THREADS = (None, "t1", "t2")

moments = st.builds(
    lambda day, hours: datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hours),
    st.sampled_from(DAYS),
    st.sampled_from([-24, -1, 0, 4, 5, 7, 7.5, 8, 16, 16.5, 24, 30, 200]),
)
minutes = st.sampled_from([None, None, 0.0, 5.0, 12.5])
sessions = st.sampled_from([None, "s1", "s2"])
criteria = st.sampled_from([[], ["c1"], ["c1", "c2"], ["c2"]])
refers = st.sampled_from([None, None, *(UUID(int=n) for n in range(8))])
cohorts = st.sampled_from([None, None, "plc", "network"])
others = st.sampled_from([None, None, *map(ifi, ("bob", "gus", "zoe"))])


def data(**fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(fields)


starts: st.SearchStrategy[dict[str, str]] = st.one_of(
    st.builds(lambda at: {"planned_start": at.isoformat()}, moments), st.just({}), st.just({"modality": "online"})
)
FIELDS: dict[Kind, dict[str, st.SearchStrategy[Any]]] = {
    Kind.SESSION_ATTENDED: {
        "cohort": st.sampled_from(["plc", "plc", "network", None]), "session": st.sampled_from(["m1", "m2"]),
        "minutes": minutes, "other": others, "data": st.sampled_from([{}, {"modality": "online"}]),
    },
    Kind.SESSION_LEFT: {"cohort": st.just("plc"), "session": st.sampled_from(["m1", "m2"]), "minutes": minutes},
    Kind.SESSION_SCHEDULED: {
        "cohort": st.sampled_from(["plc", "network"]), "session": st.sampled_from(["m1", "m2"]), "other": others,
        "data": starts,
    },
    Kind.SESSION_CANCELLED: {
        "cohort": st.sampled_from(["plc", "network"]), "session": st.sampled_from(["m1", "m2"]), "data": starts
    },
    Kind.LEARN: {
        "unit": st.sampled_from([*UNITS, *UNITS, None]), "minutes": minutes, "session": sessions,
        "data": data(state=st.sampled_from(["started", "completed", "completed", "time", "waived"]), criteria=criteria),
    },
    Kind.APPLY: {"unit": st.sampled_from([*UNITS, "u3", None]), "refers_to": refers, "data": data(criteria=criteria)},
    Kind.SHARE: {
        "unit": st.sampled_from([None, *UNITS]), "thread": st.sampled_from(THREADS), "refers_to": refers,
        "cohort": cohorts, "data": data(criteria=criteria),
    },
    Kind.PEER: {
        "thread": st.sampled_from(THREADS), "refers_to": refers, "cohort": cohorts, "other": others,
        "data": data(state=st.sampled_from(["reply", "reply", "reaction"])),
    },
    Kind.MEMBER: {
        "cohort": st.sampled_from(["plc", "network"]), "data": data(state=st.sampled_from(["joined", "left"]))
    },
}  # fmt: skip
KINDS = [*FIELDS, Kind.SESSION_ATTENDED, Kind.SHARE, Kind.PEER, Kind.PEER, Kind.LEARN, Kind.APPLY]


@st.composite
def fact(draw: st.DrawFn, number: int) -> Fact:
    kind = draw(st.sampled_from(KINDS))
    observed = draw(moments)
    return Fact(
        # Two facts to a statement, now and then.
        statement=UUID(int=number - number % 5 // 4), n=number, kind=kind, subject=draw(st.sampled_from(SUBJECTS)),
        observed_at=observed, stored_at=observed, position=number, rule="r", mapping="m",
        **{name: draw(values) for name, values in FIELDS[kind].items()},
    )  # fmt: skip


@st.composite
def facts(draw: st.DrawFn, most: int = 24) -> list[Fact]:
    return [draw(fact(number)) for number in range(draw(st.integers(1, most)))]


policies = st.builds(
    lambda source, ties, window, grace, timezone: Policy(
        membership=Memberships(source=source), ties=Ties(kinds=ties), followthrough=Followthrough(window_days=window),
        cadence=Cadence(grace=grace), timezone=timezone,
    ),
    st.sampled_from([("roster",), ("roster", "statements"), ("statements",)]),
    st.sampled_from([("reply",), ("reply", "reaction")]), st.sampled_from([60, 9, 0]), st.sampled_from([3, 0]),
    st.sampled_from(["UTC", "America/New_York"]),
)  # fmt: skip
documents = st.one_of(
    st.just(()),
    policies.map(lambda one: ((None, one),)),
    st.builds(lambda one, two: ((date(2024, 1, 1), one), (date(2024, 12, 1), two)), policies, policies),
)


def same(found: dict[str, list[Named]], wanted: dict[str, list[Named]]) -> None:
    for name in COLUMNS:
        ours, theirs = by_key(name, found[name]), by_key(name, wanted[name])
        assert ours.keys() == theirs.keys(), name
        for key, row in theirs.items():
            # Column by column, so that a failure names the column.
            assert {column: ours[key][column] for column in row if ours[key][column] != row[column]} == {
                column: value for column, value in row.items() if ours[key][column] != value
            }, (name, key)


@given(facts(), documents, st.one_of(st.none(), st.sampled_from(DAYS)), st.booleans())
@settings(max_examples=60, deadline=None, phases=PHASES)
def test_rows_are_those_of_the_straight_count(
    given: list[Fact], documents: Any, as_of: date | None, has_calendar: bool
) -> None:
    changes = {} if has_calendar else {"periods": ()}
    reference = Reference(msgspec.structs.replace(RECORDS, policies=documents, **changes))
    oracle = Oracle(reference, given, as_of)
    wanted = {name: getattr(oracle, name)() for name in COLUMNS}
    same(tables(given, reference, as_of), wanted)


# Rosters that follow each other: nothing; no links; another calendar; moves, other members and pauses; other policies.
EARLIER: tuple[Records, ...] = (
    Records(),
    msgspec.structs.replace(RECORDS, links=()),
    msgspec.structs.replace(RECORDS, links=(*RECORDS.links, Link(person="bob", ifi=ifi("zoe")))),
    msgspec.structs.replace(RECORDS, periods=(), cohorts=RECORDS.cohorts[:1]),
    msgspec.structs.replace(RECORDS, periods=(*year_of("state", 2023), *year_of("alder", 2025))),
    msgspec.structs.replace(RECORDS, posts=RECORDS.posts[:2], memberships=RECORDS.memberships[1:5]),
    msgspec.structs.replace(
        RECORDS, memberships=(*RECORDS.memberships, Membership(cohort="plc", person="gus", role="member"))
    ),
    msgspec.structs.replace(RECORDS, pauses=(Pause(kind="break", org="state", since=date(2024, 9, 2)),)),
    msgspec.structs.replace(RECORDS, policies=((None, Policy(membership=Memberships(source=("statements",)))),)),
)


@given(
    facts(),
    st.lists(st.integers(0, 15), max_size=5),
    st.lists(st.sampled_from(EARLIER), max_size=3),
    documents,
    st.randoms(use_true_random=False),
)
@settings(max_examples=60, deadline=None, phases=PHASES)
def test_any_order_of_arrival_gives_the_same_rows(
    given: list[Fact], voided: list[int], rosters: list[Records], documents: Any, chance: Any
) -> None:
    ended = [each for number, each in enumerate(given) if number in voided]
    steps: list[Any] = [("begin", each) for each in given for _ in range(chance.choice([1, 1, 2]))]
    steps += [("end", each) for each in ended]
    chance.shuffle(steps)
    for records in rosters:
        steps.insert(chance.randint(0, len(steps)), ("refer", Reference(records)))
    last = Reference(msgspec.structs.replace(RECORDS, policies=documents))
    steps.insert(chance.randint(0, len(steps)), ("refer", last))
    kept = Live(Reference(chance.choice([*EARLIER, RECORDS])))
    dead: set[str] = set()
    for step, what in steps:
        if step == "begin" and what.id in dead:
            continue
        if step == "end":
            dead.add(what.id)
        getattr(kept, step)(what)
    kept.refer(last)
    same(kept.tables(), tables([each for each in given if each not in ended], last))
