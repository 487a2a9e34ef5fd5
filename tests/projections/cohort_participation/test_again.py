"""What is computed again from memory is what is computed afresh, whatever came or went in between."""

from bisect import insort
from copy import deepcopy
from typing import Any, TypeAlias

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from lrs.reference.reference import Reference
from projections.analytic import Remembering, Rows
from projections.analytic.memo import Memo
from projections.analytic.wanted import several
from projections.cohort_participation.projection import PROJECTION
from projections.facts.fact import Fact
from tests.projections.cohort_participation.scene import RECORDS
from tests.projections.cohort_participation.test_properties import documents, facts

Change: TypeAlias = tuple[Fact, bool]


@st.composite
def changes(draw: st.DrawFn) -> list[Change]:
    """Facts that come, and some of them that go, one by one."""
    some = draw(facts(most=16))
    every = [(fact, True) for fact in some]
    for fact in draw(st.lists(st.sampled_from(some), unique_by=lambda fact: fact.n, max_size=6)):
        came = every.index((fact, True))
        every.insert(draw(st.integers(came + 1, len(every))), (fact, False))
    return every


def objects(rows: Rows) -> dict[str, list[int]]:
    """Which objects rows are."""
    return {name: [id(row) for row in every] for name, every in rows.items()}


@given(changes(), documents)
@settings(max_examples=80, deadline=None)
def test_again_gives_what_rows_gives(every: list[Change], policies: Any) -> None:
    assert isinstance(PROJECTION, Remembering)
    reference = Reference(msgspec.structs.replace(RECORDS, policies=policies))
    keys = {key for fact, _ in every for key in PROJECTION.keys(fact, reference)} | set(PROJECTION.every(reference))
    for key in sorted(keys):
        wants = several(PROJECTION.wanted(key, reference))
        memo, own = Memo(), list[Fact]()
        rows: Rows = {}
        for fact, comes in every:
            if not any(each.takes(fact) for each in wants):
                continue
            if comes:
                insort(own, fact, key=lambda each: each.order)
            else:
                own.remove(fact)
            before, copy = rows, deepcopy(rows)
            memo.begin()
            rows = PROJECTION.again(key, own, reference, memo)
            memo.end()
            assert rows == PROJECTION.rows(key, own, reference)
            # What was made earlier, and may be given back, was not changed meanwhile.
            assert before == copy
            memo.begin()
            assert objects(PROJECTION.again(key, own, reference, memo)) == objects(rows)
            memo.end()
