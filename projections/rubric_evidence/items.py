"""Pieces of evidence: facts read by who gave them, when, where, for what purpose, and with what score."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Final, NamedTuple, TypeAlias

import msgspec

from lrs.errors import NotFound
from lrs.reference.model import Period
from lrs.reference.reference import Reference
from projections.facts.fact import Fact, Kind
from projections.rubric_evidence import scores
from projections.rubric_evidence.scores import UNSCORED, Scored
from projections.rubric_evidence.standards import Cell, Place, Standards

EVIDENCE_KINDS: Final = frozenset(
    {
        "formal_obs", "informal_obs", "walkthrough", "artifact", "self", "peer", "student_work", "credential",
        "self_report",
    }
)  # fmt: skip
EVALUATORS: Final = frozenset({"evaluator", "principal", "director"})
HINTS: Final = frozenset({"coach", "evaluator", "peer", "system"})
# What an assessor may be.
ROLES: Final = ("coach", "evaluator", "peer", "self", "system")
# What a score is where the statement does not say what kind of evidence it is.
_KIND_OF_ROLE: Final[Mapping[str, str]] = {
    "coach": "informal_obs", "evaluator": "formal_obs", "peer": "peer", "self": "self", "system": "artifact",
}  # fmt: skip

CREDENTIAL: Final = Kind.CREDENTIAL
EVIDENCE: Final = Kind.RUBRIC_EVIDENCE
EARNED: Final = "earned"
CLOCK: Final = "clock_suspect"
OFF_SCALE: Final = "off_scale"
OLD_VERSION: Final = "old_rubric_version"
NO_FLAGS: Final[frozenset[str]] = frozenset()

Attempt: TypeAlias = tuple[str | None, ...]
Assessor: TypeAlias = tuple[str, frozenset[str]]


class Item(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A piece of evidence: what a fact says by itself, whatever the others say. It is equal to itself alone.

    `cells` are where it counts unless another takes its place: in the school year, in the term. Of several for one
    `attempt` the newest counts; `corrects` is another statement, in the place of which it comes.
    """

    fact: Fact
    place: Place
    day: date
    org: str
    cells: tuple[Cell, ...]
    assessor: str | None
    role: str
    kind: str
    purpose: str
    source: str
    scored: Scored
    flags: frozenset[str]
    attempt: Attempt | None
    corrects: str | None


class Told(NamedTuple):
    """What a fact tells of a person: a piece of evidence, unless it only says what became of a credential."""

    fact: Fact
    item: Item | None


def whose(ifi: str, at: datetime, reference: Reference) -> tuple[str, date]:
    """The person that an identifier means at a time, and the day that it is where she works."""
    if (always := reference.person_always(ifi)) is not None:
        return always, reference.local_date_of(at, always)
    day = at.astimezone(UTC).date()
    person = reference.person(ifi, day)
    local = reference.local_date_of(at, person)
    if local != day and (then := reference.person(ifi, local)) != person:
        return then, reference.local_date_of(at, then)
    return person, local


class Setting(NamedTuple):
    """Where she worked on a day, and in which periods it counts."""

    org: str
    periods: tuple[Period, ...]


class Reader:
    """Reads facts of one person as items; what repeats from fact to fact is looked up once."""

    def __init__(self, person: str, standards: Standards) -> None:
        self._person = person
        self._standards = standards
        self._reference = standards.reference
        self._whose: dict[tuple[str, datetime], tuple[str, date]] = {}
        self._settings: dict[date, Setting] = {}
        self._assessors: dict[tuple[str, date], Assessor] = {}

    def told(self, fact: Fact) -> Told | None:
        """What a fact tells of the person; None where it is another's, or comes after the day asked for."""
        # As a statement often tells of several criteria.
        about = (fact.subject, fact.observed_at)
        found = self._whose.get(about)
        if found is None:
            found = self._whose[about] = whose(*about, self._reference)
        person, day = found
        as_of = self._standards.as_of
        if person != self._person or (as_of is not None and day > as_of):
            return None
        if fact.kind is CREDENTIAL and (fact.criterion is None or fact.data.get("state") != EARNED):
            return Told(fact, None)
        return Told(fact, self._item(fact, day))

    def _setting(self, day: date) -> Setting:
        found = self._settings.get(day)
        if found is None:
            org = self._reference.org_of(self._person, day)
            found = self._settings[day] = Setting(org or "", self._reference.periods(org, day))
        return found

    def _item(self, fact: Fact, day: date) -> Item | None:
        """The evidence that a fact is; None where its criterion is in no rubric."""
        try:
            place = self._standards.place(fact.criterion or "", day)
        except NotFound:
            return None
        purpose = fact.purpose
        if purpose == "unspecified":
            purpose = self._reference.policy(day).purposes.default
        org, periods = self._setting(day)
        assessor, role = self._assessor(fact, day, purpose)
        scored, whence = self._scored(fact, place), source(fact)
        return Item(
            fact=fact,
            place=place,
            day=day,
            org=org,
            cells=tuple([self._standards.cell(org, place.criterion.id, each, purpose) for each in periods]),
            assessor=assessor,
            role=role,
            kind=_kind(fact, role),
            purpose=purpose,
            source=whence,
            scored=scored,
            flags=_flags(fact, scored, place.rubric.covers(day)),
            attempt=_attempt(fact, place, assessor, whence),
            corrects=_corrects(fact),
        )

    def _assessor(self, fact: Fact, day: date, purpose: str) -> tuple[str | None, str]:
        hint = fact.data.get("role_hint")
        if fact.other is None:
            return (self._person, "self") if hint == "self" else (None, "system")
        found = self._assessors.get((fact.other, day))
        if found is None:
            who = self._reference.person(fact.other, day)
            found = self._assessors[fact.other, day] = who, self._reference.roles(who, day)
        who, roles = found
        if who == self._person or hint == "self":
            return who, "self"
        return who, _role(roles, purpose, hint)

    def _scored(self, fact: Fact, place: Place) -> Scored:
        if fact.kind is EVIDENCE:
            return UNSCORED
        iri = fact.data.get("level")
        named = self._reference.level_of(iri) if isinstance(iri, str) else None
        return scores.scored(fact.data, place.scale, named[1] if named and named[0] == fact.criterion else None)


def source(fact: Fact) -> str:
    """What the evidence was taken from: as the mapping says, else the session, else the statement itself."""
    said = fact.data.get("source")
    return said if isinstance(said, str) and said else fact.session or str(fact.statement)


def _role(roles: frozenset[str], purpose: str, hint: object) -> str:
    """Who is both coach and evaluator is what the purpose makes her; the roster comes before the statement."""
    coaches, evaluates = "coach" in roles, not EVALUATORS.isdisjoint(roles)
    if evaluates and (purpose == "evaluative" or not coaches):
        return "evaluator"
    if coaches:
        return "coach"
    return hint if isinstance(hint, str) and hint in HINTS else "peer"


def _kind(fact: Fact, role: str) -> str:
    said = fact.data.get("evidence_kind")
    if isinstance(said, str) and said in EVIDENCE_KINDS:
        return said
    if fact.kind is CREDENTIAL:
        return "credential"
    return "artifact" if fact.kind is EVIDENCE else _KIND_OF_ROLE[role]


def _attempt(fact: Fact, place: Place, assessor: str | None, whence: str) -> Attempt | None:
    """What says which score it is that may be given again: a key of the mapping, else who scored whose attempt."""
    said = fact.data.get("regrade_key")
    if isinstance(said, str) and said:
        return place.criterion.id, said
    return (place.criterion.id, fact.kind, assessor, whence) if fact.data.get("is_attempt") else None


def _corrects(fact: Fact) -> str | None:
    """The statement that a fact corrects, which is not its own."""
    said = fact.data.get("supersedes")
    return said.lower() if isinstance(said, str) and said.lower() != str(fact.statement) else None


def _flags(fact: Fact, scored: Scored, is_in_force: bool) -> frozenset[str]:
    if is_in_force and not scored.off_scale and not fact.flags:
        return NO_FLAGS
    found = {CLOCK} if CLOCK in fact.flags else set()
    if scored.off_scale:
        found.add(OFF_SCALE)
    if not is_in_force:
        found.add(OLD_VERSION)
    return frozenset(found)
