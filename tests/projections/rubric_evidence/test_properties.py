"""Whatever the facts, and whatever the order in which they and the roster come: the rows of the oracle."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from lrs.reference.model import Link
from lrs.reference.policy import METHODS, Mastery, Policy, Purposes
from lrs.reference.reference import Records, Reference
from projections import analytic
from projections.analytic.memo import Memo
from projections.facts.fact import Fact, Kind
from projections.rubric_evidence import tables
from projections.rubric_evidence.projection import PROJECTION
from projections.rubric_evidence.rows import rows
from tests.projections.rubric_evidence import district, live
from tests.projections.rubric_evidence.district import MOVE, RECORDS, TURN, ifi
from tests.projections.rubric_evidence.oracle import Oracle

Named: TypeAlias = dict[str, Any]
PEOPLE = ("ann", "bob", ifi("zoe"))
SUBJECTS = (ifi("ann"), "mbox:mailto:ann@alder.example.org", ifi("shared"), ifi("bob"), ifi("zoe"))
OTHERS = (None, *map(ifi, ("ann", "bob", "cam", "dee", "eve", "gus", "zoe")))
# Days about which something changes: clocks, terms, posts, links, assignments, versions, policies.
DAYS = [
    date(2023, 8, 1), date(2024, 8, 20), date(2024, 10, 1), date(2024, 10, 20), date(2024, 11, 3), MOVE,
    date(2024, 12, 20), date(2025, 1, 5), date(2025, 1, 15), TURN, date(2025, 3, 9), date(2025, 6, 10),
]  # fmt: skip

moments = st.builds(
    lambda day, hours: datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hours),
    st.sampled_from(DAYS),
    st.sampled_from([-30, -1, 0, 1, 4, 4.5, 5, 7, 7.5, 8, 12, 24, 31, 200]),
)
sources = st.sampled_from([None, "urn:one", "urn:two"])
scores = st.fixed_dictionaries(
    {},
    optional={
        "raw": st.sampled_from([0, 1, 2, 2.5, 3, 4, 5, 50]), "min": st.sampled_from([0, 1]),
        "max": st.sampled_from([3, 4, 100]), "scaled": st.sampled_from([-0.5, 0, 0.33, 0.7, 1]),
        "success": st.booleans(), "level": st.sampled_from([
            "https://case.example.org/plan/2", "https://case.example.org/ask2/5", "https://case.example.org/none",
        ]),
        "source": sources, "is_attempt": st.booleans(), "has_attachment": st.booleans(),
        "role_hint": st.sampled_from(["self", "coach", "evaluator"]), "regrade_key": st.sampled_from(["", "k"]),
        "evidence_kind": st.sampled_from(["walkthrough", "credential", "student_work"]),
        "supersedes": st.integers(0, 12).map(lambda number: str(UUID(int=number))),
    },
)  # fmt: skip
credentials = st.fixed_dictionaries(
    {"state": st.sampled_from(["earned", "earned", "revoked", "expired"])},
    optional={"source": sources, "level": st.just("https://case.example.org/plan/4")},
)


data: dict[bool, st.SearchStrategy[Any]] = {True: credentials, False: scores}


@st.composite
def fact(draw: st.DrawFn, number: int) -> Fact:
    kind = draw(st.sampled_from([Kind.RUBRIC_SCORE] * 4 + [Kind.RUBRIC_EVIDENCE, Kind.CREDENTIAL]))
    observed = draw(moments)
    criteria = ["plan", "plan", "ask", "plan2", "ask2"]
    return Fact(
        # Two facts to a statement, so that one may say twice what another corrects.
        statement=UUID(int=number // 2), n=number % 2, kind=kind, subject=draw(st.sampled_from(SUBJECTS)),
        other=draw(st.sampled_from(OTHERS)), observed_at=observed,
        stored_at=observed + draw(st.sampled_from([timedelta(), timedelta(days=40)])), position=number, rule="r",
        mapping="m", criterion=draw(st.sampled_from([*criteria, None] if kind is Kind.CREDENTIAL else criteria)),
        session=draw(st.sampled_from([None, "visit"])),
        purpose=draw(st.sampled_from(["formative", "formative", "evaluative", "unspecified"])),
        flags=draw(st.sampled_from([(), ("clock_suspect",), ("other",)])),
        data=draw(data[kind is Kind.CREDENTIAL]),
    )  # fmt: skip


@st.composite
def facts(draw: st.DrawFn) -> list[Fact]:
    return [draw(fact(number)) for number in range(draw(st.integers(1, 24)))]


policies = st.builds(
    lambda method, number, threshold, counts, order, crosswalk, mix, default: Policy(
        mastery=Mastery(
            method=method, int_=number % 10 + 1 if method == "n_mastery" and number else number, threshold=threshold,
            counts=counts, order_by=order, follow_crosswalk=crosswalk,
        ),
        purposes=Purposes(mix=mix, default=default),
    ),
    st.sampled_from(METHODS), st.sampled_from([None, 1, 33, 65]), st.sampled_from([None, 2.5, "Near", "Nothing"]),
    st.sampled_from([("coach", "evaluator"), ("coach", "self", "peer"), ("evaluator",)]),
    st.sampled_from(["observed", "stored"]), st.booleans(), st.booleans(),
    st.sampled_from(["unspecified", "formative"]),
)  # fmt: skip
documents = st.one_of(
    st.just(()),
    policies.map(lambda one: ((None, one),)),
    st.builds(lambda one, two: ((date(2024, 1, 1), one), (date(2024, 12, 1), two)), policies, policies),
)


@given(facts(), documents, st.one_of(st.none(), st.sampled_from(DAYS)))
@settings(max_examples=400, deadline=None)
def test_rows_are_those_of_the_oracle(given: list[Fact], documents: Any, as_of: date | None) -> None:
    records = msgspec.structs.replace(RECORDS, policies=documents)
    oracle, reference = Oracle(records), Reference(records)
    for person in PEOPLE:
        found = rows(person, sorted(given, key=lambda each: each.order), reference, as_of=as_of)
        expected = {
            "items": [
                each | periods(each) | {"stored_at": oracle.stored(each, as_of)}
                for each in oracle.pieces(person, given, as_of)
            ],
            "evidence": oracle.evidence(person, given, as_of),
        }
        for table in (tables.ITEMS, tables.EVIDENCE):
            names = [column.name for column in table.columns]
            same = [dict(zip(names, row, strict=True)) for row in found[table.name]]
            wanted = [{name: row[name] for name in names} for row in expected[table.name]]
            assert by_key(same, table.key) == by_key(wanted, table.key)


@given(facts(), documents, st.sampled_from(PEOPLE), st.lists(st.integers(0, 23), max_size=16))
@settings(max_examples=200, deadline=None)
def test_rows_come_out_the_same_again(given: list[Fact], documents: Any, person: str, changes: list[int]) -> None:
    """Whatever is remembered of facts that come and go one by one."""
    reference = Reference(msgspec.structs.replace(RECORDS, policies=documents))
    memo, key = Memo(), analytic.key(person)
    live = set(range(0, len(given), 2))
    for change in [*changes, None]:
        left = sorted((given[number] for number in live), key=lambda each: each.order)
        memo.begin()
        found = PROJECTION.again(key, left, reference, memo)
        assert found == PROJECTION.rows(key, left, reference)
        memo.begin()
        for table, same in PROJECTION.again(key, left, reference, memo).items():
            assert list(map(id, same)) == list(map(id, found[table]))
        if change is not None:
            live ^= {change % len(given)}


def test_a_fact_more_leaves_the_other_rows_as_they_are() -> None:
    known, memo = Reference(RECORDS), Memo()
    first = [score(number, "2024-10-01T10:00-07:00", criterion) for number, criterion in enumerate(("plan", "ask"))]
    memo.begin()
    before = rows("ann", first, known, memo=memo)
    memo.begin()
    after = rows("ann", [*first, score(2, "2024-11-12T10:00-08:00", "plan")], known, memo=memo)
    kept = {id(row) for found in before.values() for row in found}
    assert [id(row) in kept for row in after["items"]] == [True, True, False]
    assert {(row[3], row[4]): id(row) in kept for row in after["evidence"]} == {
        ("plan", "alder-2024"): False, ("plan", "alder-2024-fall"): False,
        ("ask", "alder-2024"): True, ("ask", "alder-2024-fall"): True,
    }  # fmt: skip


def score(number: int, when: str, criterion: str) -> Fact:
    return district.fact(number, when, criterion=criterion)


def periods(piece: Named) -> Named:
    ids = [period.id for period in piece["periods"]]
    return {"period_id": ids[-1] if ids else None, "period_ids": ids}


def by_key(found: list[Named], key: tuple[str, ...]) -> dict[tuple[Any, ...], Named]:
    return {tuple(row[name] for name in key): row for row in found}


# Rosters that follow each other: nothing; no links; another coach and move; all.
EARLIER: tuple[Records, ...] = (
    Records(),
    msgspec.structs.replace(RECORDS, links=(), rubrics=()),
    msgspec.structs.replace(RECORDS, posts=RECORDS.posts[:2], assignments=(), links=RECORDS.links[2:]),
    msgspec.structs.replace(RECORDS, links=(*RECORDS.links, Link(person="bob", ifi=ifi("zoe")))),
    msgspec.structs.replace(RECORDS, periods=RECORDS.periods[:6]),
    msgspec.structs.replace(RECORDS, policies=((None, Policy(mastery=Mastery(method="latest"))),)),
)


@given(
    facts(),
    st.lists(st.integers(0, 23), max_size=6),
    st.lists(st.sampled_from(EARLIER), max_size=3),
    st.randoms(use_true_random=False),
)
@settings(max_examples=150, deadline=None)
def test_any_order_of_arrival_gives_the_same_rows(
    given: list[Fact], voided: list[int], rosters: list[Records], chance: Any
) -> None:
    ended = [each for number, each in enumerate(given) if number in voided]
    steps: list[Any] = [("begin", each) for each in given for _ in range(chance.choice([1, 1, 2]))]
    steps += [("end", each) for each in ended]
    chance.shuffle(steps)
    for records in rosters:
        steps.insert(chance.randint(0, len(steps)), ("refer", Reference(records)))
    steps.insert(chance.randint(0, len(steps)), ("refer", None))
    kept = live.Live(Reference(RECORDS))
    last: Any = kept.reference
    for step, what in steps:
        getattr(kept, step)(what if what is not None else Reference(RECORDS))
    kept.refer(last)
    left = [each for each in given if each not in ended]
    assert kept.tables() == live.at_once(left, last)
