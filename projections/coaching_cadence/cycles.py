"""Coaching cycles: the phases that a cycle went through, and how long it stayed in each."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from lrs.reference.reference import Reference
from projections.coaching_cadence.reports import Report
from projections.facts.fact import Kind


class Cycle(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A cycle of an educator. `days_by_phase` has cadence days of the phases that ended; `phase` goes on, unless the
    cycle is closed.
    """

    id: str
    educator: str
    coach: str | None
    criteria: tuple[str, ...]
    opened_at: datetime
    phase: str | None
    phase_since: datetime | None
    days_by_phase: dict[str, int]
    closed_at: datetime | None
    outcome: str | None
    statements: tuple[UUID, ...]


class Stage(NamedTuple):
    """A phase: since when, on which local day that was, and whether it is over."""

    name: str
    at: datetime
    day: date
    over: bool = False


def of(id_: str, words: Sequence[Report], reference: Reference) -> Cycle:
    """The cycle that `words` tell of, in order. Phases are those of its own facts, of its contacts if it has none."""
    own = [word for word in words if word.fact.kind is Kind.CYCLE]
    phased = own if any(_text(word, "phase") for word in own) else words
    closing = own[-1] if own and _closes(own[-1]) else None
    stage, days = _walk([word for word in phased if closing is None or not _after(word, closing)], reference)
    opening = next((word for word in own if word.fact.data.get("state") == "opened"), words[0])
    return Cycle(
        id=id_,
        educator=words[0].educator,
        coach=next((word.coach for word in reversed(words) if word.coach), None),
        criteria=tuple(sorted({criterion for word in own for criterion in _criteria(word)})),
        opened_at=opening.fact.observed_at,
        phase=stage.name if stage else None,
        phase_since=stage.at if stage else None,
        days_by_phase=days,
        closed_at=closing.fact.observed_at if closing else None,
        outcome=_text(closing, "outcome") if closing else None,
        statements=tuple(dict.fromkeys(word.fact.statement for word in words)),
    )


def is_open(words: Sequence[Report]) -> bool:
    """Whether a cycle goes on after `words`, which are in order."""
    own = [word for word in words if word.fact.kind is Kind.CYCLE]
    return not own or not _closes(own[-1])


def _walk(words: Sequence[Report], reference: Reference) -> tuple[Stage | None, dict[str, int]]:
    """The last phase, and the cadence days of those that ended."""
    stage: Stage | None = None
    days: dict[str, int] = {}
    for word in words:
        closes, named = _closes(word), _text(word, "phase")
        goes_on = stage is not None and not stage.over
        if not closes and (named is None or (goes_on and stage and stage.name == named)):
            continue
        if stage is not None and goes_on:
            clock = reference.clock(reference.org_of(word.educator, word.day), word.educator)
            days[stage.name] = days.get(stage.name, 0) + clock.days(stage.day, word.day)
            stage = stage._replace(over=True)
        if not closes and named is not None:
            stage = Stage(named, word.fact.observed_at, word.day)
    return stage, days


def _closes(word: Report) -> bool:
    return word.fact.kind is Kind.CYCLE and word.fact.data.get("state") == "closed"


def _after(word: Report, closing: Report) -> bool:
    return word.fact.order > closing.fact.order


def _text(word: Report, name: str) -> str | None:
    value = word.fact.data.get(name)
    return value if isinstance(value, str) and value else None


def _criteria(word: Report) -> list[str]:
    named = word.fact.data.get("criteria")
    return named if isinstance(named, list) else []
