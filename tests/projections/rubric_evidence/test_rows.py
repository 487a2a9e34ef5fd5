"""Rows by worked examples: each column, each rule, the smallest case."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias
from uuid import UUID

import pytest

from lrs.reference.reference import Reference
from projections import analytic
from projections.analytic import Table
from projections.analytic.memo import Memo
from projections.facts.fact import Fact, Kind
from projections.rubric_evidence import tables
from projections.rubric_evidence.projection import PROJECTION
from projections.rubric_evidence.rows import rows
from projections.rubric_evidence.standards import standards
from tests.projections.rubric_evidence.district import RECORDS, at, fact, ifi, mastery, purposes, reference

Named: TypeAlias = dict[str, Any]

KNOWN = reference()
YEAR, FALL, SPRING = "alder-2024", "alder-2024-fall", "alder-2024-spring"


def named(table: Table, found: Sequence[Any]) -> list[Named]:
    names = [column.name for column in table.columns]
    return [dict(zip(names, row, strict=True)) for row in found]


def evidence(
    *facts: Fact, known: Reference = KNOWN, person: str = "ann", as_of: date | None = None
) -> list[dict[str, Any]]:
    found = rows(person, sorted(facts, key=lambda each: each.order), known, as_of=as_of)
    return named(tables.EVIDENCE, found["evidence"])


def items(
    *facts: Fact, known: Reference = KNOWN, person: str = "ann", as_of: date | None = None
) -> list[dict[str, Any]]:
    found = rows(person, sorted(facts, key=lambda each: each.order), known, as_of=as_of)
    return named(tables.ITEMS, found["items"])


def year(*facts: Fact, **options: Any) -> Named:
    (found,) = [row for row in evidence(*facts, **options) if row["period_kind"] == "schoolYear"]
    return found


def score(number: int, when: str, value: float, **fields: Any) -> Fact:
    return fact(number, when, data={"raw": value}, **fields)


OCTOBER, NOVEMBER, MARCH = "2024-10-01T10:00-07:00", "2024-11-12T10:00-08:00", "2025-03-11T10:00-07:00"


def test_item_holds_what_was_said() -> None:
    said = {"raw": 3, "source": "urn:visit", "has_attachment": True, "evidence_kind": "walkthrough"}
    (item,) = items(fact(7, OCTOBER, n=2, data=said))
    assert item == {
        "statement_id": UUID(int=7), "n": 2, "person_id": "ann", "org_id": "north", "rubric_id": "lantern",
        "rubric_version": "1", "criterion_id": "plan", "evidence_kind": "walkthrough", "assessor_id": "cam",
        "assessor_role": "coach", "score": Decimal(3), "level_id": "plan-3", "score_basis": "raw",
        "source_key": "urn:visit", "observed_at": at(OCTOBER), "stored_at": None,
        "local_date": date(2024, 10, 1), "period_id": FALL, "period_ids": [YEAR, FALL], "purpose": "formative",
        "has_attachment": True, "superseded_by": None, "flags": [],
    }  # fmt: skip


def test_row_of_three_scores() -> None:
    facts = [score(1, OCTOBER, 2), score(2, NOVEMBER, 4, other=ifi("dee")), score(3, MARCH, 3, session="visit")]
    assert year(*facts) == {
        "person_id": "ann", "org_id": "north", "rubric_id": "lantern", "criterion_id": "plan", "period_id": YEAR,
        "purpose": "formative", "period_kind": "schoolYear", "evidence_count": 3, "scored_count": 3,
        "counted_count": 3, "coach_count": 2, "evaluator_count": 1, "peer_count": 0, "self_count": 0,
        "distinct_assessors": 2, "distinct_sources": 3, "artifact_count": 0, "first_at": at(OCTOBER),
        "last_at": at(MARCH), "last_date": date(2025, 3, 11), "first_score": Decimal(2), "latest_score": Decimal(3),
        "highest_score": Decimal(4), "mean_score": Decimal(3), "mastery_method": "standard_decaying_average",
        # 2; .65 of 4 and .35 of 2 = 3.3; .65 of 3 and .35 of 3.3 = 3.105
        "mastery_int": 65, "mastery_score": Decimal("3.105"), "threshold": Decimal(3), "level_id": "plan-3",
        "mastered": True, "mastered_at": at(NOVEMBER), "growth": Decimal("1.105"), "self_gap": None,
        # March is after the second version came.
        "rows_flag": ["old_rubric_version"],
    }  # fmt: skip


def test_year_and_term_have_rows_of_their_own() -> None:
    facts = [score(1, OCTOBER, 2), score(2, MARCH, 4)]
    found = {row["period_id"]: (row["evidence_count"], row["first_score"]) for row in evidence(*facts)}
    assert found == {YEAR: (2, Decimal(2)), FALL: (1, Decimal(2)), SPRING: (1, Decimal(4))}


@pytest.mark.parametrize(
    ("method", "number", "expected"),
    [
        ("highest", None, "5"), ("latest", None, "5"), ("average", None, "3"), ("n_mastery", 3, "4"),
        ("n_mastery", 4, None), ("decaying_average", 65, "4.125"), ("standard_decaying_average", 65, "4.4696"),
    ],
)  # fmt: skip
def test_methods_of_the_policy(method: str, number: int | None, expected: str | None) -> None:
    known = reference(mastery(method=method, int_=number))
    facts = [score(n, f"2025-03-0{n}T10:00-08:00", n, criterion="ask2") for n in (1, 2, 3, 4, 5)]
    row = year(*facts, known=known)
    assert row["mastery_score"] == (None if expected is None else Decimal(expected))
    assert (row["mastery_method"], row["mastered"]) == (method, expected is not None)
    assert row["growth"] == (None if expected is None else Decimal(expected) - 1)


def test_late_grade_of_old_work_is_old() -> None:
    facts = [score(1, OCTOBER, 2, stored_at=at(MARCH)), score(2, NOVEMBER, 4)]
    assert year(*facts)["latest_score"] == 4
    assert year(*facts, known=reference(mastery(order_by="stored")))["latest_score"] == 2


def test_only_roles_that_count_make_mastery() -> None:
    facts = [
        score(1, OCTOBER, 1), score(2, NOVEMBER, 4, other=ifi("ann")), score(3, NOVEMBER, 4, other=ifi("bob")),
        score(4, NOVEMBER, 4, other=None),
    ]  # fmt: skip
    row = year(*facts)
    assert (row["evidence_count"], row["scored_count"], row["counted_count"]) == (4, 4, 1)
    assert (row["coach_count"], row["self_count"], row["peer_count"], row["evaluator_count"]) == (1, 1, 1, 0)
    assert (row["mastery_score"], row["growth"], row["distinct_assessors"]) == (1, None, 3)
    assert year(*facts, known=reference(mastery(counts=("peer",))))["mastery_score"] == 4


def test_self_gap_is_latest_self_less_latest_other() -> None:
    facts = [
        score(1, OCTOBER, 4, other=ifi("ann")), score(2, NOVEMBER, 3.5, other=ifi("ann")), score(3, OCTOBER, 1),
        score(4, MARCH, 2, other=ifi("dee")),
    ]  # fmt: skip
    assert year(*facts)["self_gap"] == Decimal("1.5")


def test_mastered_at_stays_where_it_was_reached() -> None:
    row = year(score(1, OCTOBER, 4), score(2, NOVEMBER, 1))
    assert (row["mastered"], row["mastered_at"]) == (False, at(OCTOBER))


def test_mastered_at_goes_with_the_item() -> None:
    row = year(score(2, NOVEMBER, 1))
    assert (row["mastered"], row["mastered_at"]) == (False, None)


def test_role_is_that_of_the_day() -> None:
    days = {"2024-09-30": "peer", "2024-10-01": "coach", "2025-01-14": "coach", "2025-01-15": "peer"}
    facts = [fact(n, f"{day}T12:00-08:00", other=ifi("eve")) for n, day in enumerate(days)]
    assert [item["assessor_role"] for item in items(*facts)] == list(days.values())


def test_principal_who_coaches_is_what_the_purpose_says() -> None:
    facts = [fact(1, OCTOBER, other=ifi("gus")), fact(2, OCTOBER, other=ifi("gus"), purpose="evaluative")]
    assert [item["assessor_role"] for item in items(*facts)] == ["coach", "evaluator"]


def test_who_is_not_in_the_roster_is_what_the_statement_says() -> None:
    hints = [None, "evaluator", "self", "boss"]
    facts = [fact(n, OCTOBER, other=ifi("zoe"), data={"raw": 3, "role_hint": hint}) for n, hint in enumerate(hints)]
    assert [item["assessor_role"] for item in items(*facts)] == ["peer", "evaluator", "self", "peer"]


def test_nobody_named_is_the_system_or_herself() -> None:
    facts = [fact(1, OCTOBER, other=None), fact(2, OCTOBER, other=None, data={"raw": 2, "role_hint": "self"})]
    assert [(item["assessor_role"], item["assessor_id"]) for item in items(*facts)] == [
        ("system", None),
        ("self", "ann"),
    ]


def test_kind_follows_from_who_gave_it() -> None:
    others = ["cam", "dee", "bob", "ann", None]
    facts = [fact(n, OCTOBER, other=ifi(each) if each else None) for n, each in enumerate(others)]
    facts.append(fact(9, OCTOBER, kind=Kind.RUBRIC_EVIDENCE, data={}))
    kinds = [item["evidence_kind"] for item in items(*facts)]
    assert kinds == ["informal_obs", "formal_obs", "peer", "self", "artifact", "artifact"]


def test_artefact_is_evidence_without_score() -> None:
    row = year(fact(1, OCTOBER, kind=Kind.RUBRIC_EVIDENCE, other=None, data={"has_attachment": True}))
    assert (row["evidence_count"], row["scored_count"], row["artifact_count"], row["mastery_score"]) == (1, 0, 1, None)
    assert (row["mastered"], row["threshold"], row["level_id"]) == (False, 3, None)


def test_success_alone_is_evidence_without_score() -> None:
    (item,) = items(fact(1, OCTOBER, data={"success": True}))
    assert (item["score"], item["score_basis"]) == (None, "none")


def test_level_of_another_criterion_says_nothing() -> None:
    (item,) = items(fact(1, OCTOBER, data={"raw": 2, "level": "https://case.example.org/ask/4"}))
    assert (item["score"], item["score_basis"]) == (2, "raw")
    (item,) = items(fact(1, OCTOBER, data={"raw": 2, "level": "https://case.example.org/plan/4"}))
    assert (item["score"], item["score_basis"], item["level_id"]) == (4, "level", "plan-4")


def test_flags_say_what_to_mind() -> None:
    assert year(fact(1, OCTOBER, data={"raw": 9}, flags=("clock_suspect",)))["rows_flag"] == [
        "clock_suspect",
        "off_scale",
    ]


def test_purposes_are_kept_apart() -> None:
    facts = [
        score(1, OCTOBER, 2),
        score(2, NOVEMBER, 4, purpose="evaluative"),
        score(3, NOVEMBER, 1, purpose="unspecified"),
    ]
    found = {row["purpose"]: row["mastery_score"] for row in evidence(*facts) if row["period_id"] == YEAR}
    assert found == {"formative": 2, "evaluative": 4, "unspecified": 1}


def test_purposes_are_mixed_where_the_policy_says_so() -> None:
    facts = [score(1, OCTOBER, 2), score(2, NOVEMBER, 4, purpose="evaluative")]
    row = year(*facts, known=reference(purposes(mix=True)))
    assert (row["purpose"], row["evidence_count"], row["mean_score"]) == ("mixed", 2, 3)


def test_policy_gives_a_purpose_to_what_has_none() -> None:
    known = reference(purposes(default="formative"))
    assert items(fact(1, OCTOBER, purpose="unspecified"), known=known)[0]["purpose"] == "formative"


def test_regrade_takes_the_place_of_the_earlier_one() -> None:
    said = {"is_attempt": True, "source": "attempt-1"}
    facts = [
        fact(1, OCTOBER, data={"raw": 2, **said}), fact(2, NOVEMBER, data={"raw": 3, **said}),
        fact(3, MARCH, data={"raw": 4, **said}), fact(4, MARCH, data={"raw": 1, **said}, other=ifi("dee")),
        fact(5, MARCH, data={"raw": 1, **said}, criterion="ask"),
    ]  # fmt: skip
    found = [item["superseded_by"] for item in items(*facts)]
    assert found == [f"{UUID(int=2)}/0", f"{UUID(int=3)}/0", None, None, None]
    (row,) = [row for row in evidence(*facts) if (row["period_id"], row["criterion_id"]) == (YEAR, "plan")]
    assert (row["evidence_count"], row["first_score"]) == (2, 4)


def test_bare_activity_is_no_regrade() -> None:
    facts = [fact(n, OCTOBER, data={"raw": 2, "source": "activity"}) for n in (1, 2)]
    assert [item["superseded_by"] for item in items(*facts)] == [None, None]


def test_key_of_the_mapping_is_a_regrade() -> None:
    facts = [
        fact(1, OCTOBER, data={"raw": 2, "regrade_key": "k"}),
        fact(2, NOVEMBER, data={"raw": 2, "regrade_key": "k"}, other=None),
    ]
    assert [item["superseded_by"] for item in items(*facts)] == [f"{UUID(int=2)}/0", None]


def test_correction_takes_the_place_even_on_another_criterion() -> None:
    said = {"raw": 1, "supersedes": str(UUID(int=1))}
    facts = [score(1, OCTOBER, 4), fact(2, OCTOBER, criterion="ask", data=said)]
    assert [row["criterion_id"] for row in evidence(*facts) if row["period_id"] == YEAR] == ["ask"]


def test_of_two_that_correct_each_other_the_later_stands() -> None:
    facts = [
        fact(1, OCTOBER, data={"raw": 1, "supersedes": str(UUID(int=2))}),
        fact(2, NOVEMBER, data={"raw": 2, "supersedes": str(UUID(int=1))}),
        fact(3, NOVEMBER, data={"raw": 3, "supersedes": str(UUID(int=3))}),
    ]
    assert [item["superseded_by"] for item in items(*facts)] == [f"{UUID(int=2)}/0", None, None]


def credential(number: int, when: str, state: str, **fields: Any) -> Fact:
    said = {"criterion": "plan", "data": {"state": state, "source": "urn:badge"}} | fields
    return fact(number, when, kind=Kind.CREDENTIAL, other=None, **said)


def test_credential_on_a_criterion_is_evidence_until_revoked() -> None:
    earned, revoked = credential(1, OCTOBER, "earned"), credential(2, NOVEMBER, "revoked", criterion=None)
    (item,) = items(earned)
    assert (item["evidence_kind"], item["assessor_role"], item["score"]) == ("credential", "system", None)
    assert [item["superseded_by"] for item in items(earned, revoked)] == [f"{UUID(int=2)}/0"]
    assert evidence(earned, revoked) == []
    again = credential(3, MARCH, "earned")
    assert [item["superseded_by"] for item in items(earned, revoked, again)] == [f"{UUID(int=2)}/0", None]


def test_credential_with_a_score_is_one_piece_of_evidence() -> None:
    earned = credential(1, OCTOBER, "earned")
    scored = fact(1, OCTOBER, n=1, data={"raw": 3, "evidence_kind": "credential", "source": "urn:award"}, other=None)
    expired = credential(2, NOVEMBER, "expired")
    assert [(item["n"], item["score"]) for item in items(earned, scored)] == [(1, 3)]
    assert [item["superseded_by"] for item in items(earned, scored, expired)] == [f"{UUID(int=2)}/0"]


def test_end_of_another_credential_ends_nothing() -> None:
    other = credential(2, NOVEMBER, "revoked", data={"state": "revoked", "source": "urn:other"})
    assert [item["superseded_by"] for item in items(credential(1, OCTOBER, "earned"), other)] == [None]


def test_school_moved_from_keeps_what_was_earlier() -> None:
    facts = [
        score(n, when, n, subject=ifi("bob"), other=ifi("gus"))
        for n, when in ((2, "2024-11-03T20:30-08:00"), (4, "2024-11-04T08:00-05:00"))
    ]
    found = {(row["org_id"], row["period_id"]): row["mastery_score"] for row in evidence(*facts, person="bob")}
    # The first is an evening on which UTC has the day of the move already.
    assert found == {
        ("south", "alder-2024"): 2, ("south", "alder-2024-fall"): 2, ("hill", "birch-2024"): 4,
        ("hill", "birch-2024-fall"): 4,
    }  # fmt: skip


def test_day_is_the_local_one() -> None:
    evening = fact(1, "2024-12-20T04:30+00:00")
    assert [(item["local_date"], item["period_id"]) for item in items(evening)] == [(date(2024, 12, 19), FALL)]


def test_clocks_go_back_on_one_day() -> None:
    hours = ["2024-11-03T06:59+00:00", "2024-11-03T07:00+00:00", "2024-11-04T07:59+00:00", "2024-11-04T08:00+00:00"]
    days = [item["local_date"].day for item in items(*(fact(n, hour) for n, hour in enumerate(hours)))]
    assert days == [2, 3, 3, 4]


def test_holidays_count_for_the_term_before() -> None:
    found = items(fact(1, "2024-12-28T12:00-08:00"), fact(2, "2025-07-28T12:00-07:00"))
    assert [item["period_ids"] for item in found] == [[YEAR, FALL], [YEAR, SPRING]]


def test_links_say_whose_account_it_was() -> None:
    facts = [fact(1, OCTOBER, subject=ifi("shared")), fact(2, NOVEMBER, subject=ifi("shared"))]
    assert [item["statement_id"].int for item in items(*facts, person="bob")] == [1]
    assert [item["statement_id"].int for item in items(*facts, person="ann")] == [2]


def test_unlinked_identifier_is_a_person_of_its_own() -> None:
    (item,) = items(fact(1, OCTOBER, subject=ifi("zoe")), person=ifi("zoe"))
    assert (item["person_id"], item["org_id"], item["period_id"]) == (ifi("zoe"), "", "year:2024-25")


def test_versions_are_kept_apart_without_crosswalk() -> None:
    facts = [score(1, OCTOBER, 3, criterion="ask"), score(2, MARCH, 3, criterion="ask2")]
    found = {row["criterion_id"]: row["rows_flag"] for row in evidence(*facts) if row["period_id"] == YEAR}
    assert found == {"ask": [], "ask2": []}


def test_crosswalk_counts_the_old_for_the_new() -> None:
    facts = [score(1, OCTOBER, 2, criterion="ask"), score(2, MARCH, 4, criterion="ask2")]
    known = reference(mastery(follow_crosswalk=True, method="average"))
    row = year(*facts, known=known)
    # 2 of 1 to 4 is 2.3333 of 1 to 5.
    assert (row["rubric_id"], row["criterion_id"], row["first_score"]) == ("lantern-2", "ask2", Decimal("2.3333"))
    assert (row["mean_score"], row["rows_flag"]) == (Decimal("3.1667"), ["old_rubric_version"])
    assert [item["criterion_id"] for item in items(*facts, known=known)] == ["ask", "ask2"]


def test_criterion_that_nothing_replaces_stays() -> None:
    known = reference(mastery(follow_crosswalk=True))
    assert year(score(1, OCTOBER, 2, criterion="listen"), known=known)["criterion_id"] == "listen"


def test_criterion_of_no_rubric_has_no_row() -> None:
    assert items(fact(1, OCTOBER, criterion="gone")) == []


def test_as_of_counts_what_was_observed_through_that_day() -> None:
    facts = [score(1, OCTOBER, 2), score(2, "2024-11-12T23:30-08:00", 4), score(3, "2024-11-13T00:30-08:00", 1)]
    assert year(*facts, as_of=date(2024, 11, 12))["latest_score"] == 4
    assert evidence(*facts, as_of=date(2024, 9, 1)) == []


def test_policy_of_the_last_day_judges_a_period() -> None:
    documents = ((None, mastery(method="highest")), (date(2025, 1, 1), mastery(method="latest")))
    known = reference(policies=documents)
    methods = {row["period_id"]: row["mastery_method"] for row in evidence(fact(1, OCTOBER), known=known)}
    assert methods == {FALL: "highest", YEAR: "latest"}
    before = evidence(fact(1, OCTOBER), known=known, as_of=date(2024, 12, 31))
    assert {row["mastery_method"] for row in before} == {"highest"}


def test_threshold_is_as_the_policy_says() -> None:
    assert year(fact(1, OCTOBER), known=reference(mastery(threshold=3.5)))["mastered"] is False
    assert year(fact(1, OCTOBER), known=reference(mastery(threshold="Near")))["threshold"] == 2


def test_rows_go_on_though_many_other_districts_were_computed_meanwhile() -> None:
    known, memo = Reference(RECORDS), Memo()
    every = [
        fact(n, when, criterion="plan") for n, when in enumerate(("2024-10-01T10:00-07:00", "2024-11-12T10:00-08:00"))
    ]
    key = analytic.key("ann")
    PROJECTION.again(key, every[:1], known, memo)
    memo.end()
    for _ in range(9):
        standards(Reference(RECORDS), None)
    memo.begin()
    assert PROJECTION.again(key, every, known, memo) == PROJECTION.rows(key, every, known)
