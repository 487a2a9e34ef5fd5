"""Pieces of evidence: facts read by who gave them, when, where, for what purpose, and with what score."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Final, NamedTuple, TypeAlias

import msgspec

from lrs.errors import NotFound
from lrs.reference.model import Period
from lrs.reference.reference import Reference
from projections.facts.fact import Fact, Kind
from projections.rubric_evidence import scores
from projections.rubric_evidence.scores import UNSCORED, Scored
from projections.rubric_evidence.standards import Place, Standards

EVIDENCE_KINDS: Final = frozenset(
    {
        "formal_obs", "informal_obs", "walkthrough", "artifact", "self", "peer", "student_work", "credential",
        "self_report",
    }
)  # fmt: skip
EVALUATORS: Final = frozenset({"evaluator", "principal", "director"})
HINTS: Final = frozenset({"coach", "evaluator", "peer", "system"})
# What a score is where the statement does not say what kind of evidence it is.
_KIND_OF_ROLE: Final[Mapping[str, str]] = {
    "coach": "informal_obs", "evaluator": "formal_obs", "peer": "peer", "self": "self", "system": "artifact",
}  # fmt: skip

CLOCK: Final = "clock_suspect"
OFF_SCALE: Final = "off_scale"
OLD_VERSION: Final = "old_rubric_version"
NO_FLAGS: Final[frozenset[str]] = frozenset()

Assessor: TypeAlias = tuple[str, frozenset[str]]


class Item(msgspec.Struct, kw_only=True):
    """A piece of evidence; `superseded_by` is the id of the fact that took its place, set once all are known."""

    fact: Fact
    place: Place
    day: date
    org: str
    periods: tuple[Period, ...]
    assessor: str | None
    role: str
    kind: str
    purpose: str
    source: str
    scored: Scored
    flags: frozenset[str]
    superseded_by: str | None = None


def whose(ifi: str, at: datetime, reference: Reference) -> tuple[str, date]:
    """The person that an identifier means at a time, and the day that it is where she works."""
    day = at.astimezone(UTC).date()
    person = reference.person(ifi, day)
    local = reference.local_date_of(at, person)
    if local != day and (then := reference.person(ifi, local)) != person:
        return then, reference.local_date_of(at, then)
    return person, local


class Setting(NamedTuple):
    """Whose a fact is, on which of her days, where she worked, and in which periods it counts."""

    person: str
    day: date
    org: str | None
    periods: tuple[Period, ...]


class Reader:
    """Reads facts of one person as items; what repeats from fact to fact is looked up once."""

    def __init__(self, person: str, standards: Standards) -> None:
        self._person = person
        self._standards = standards
        self._reference = standards.reference
        self._settings: dict[tuple[str, datetime], Setting] = {}
        self._assessors: dict[tuple[str, date], Assessor] = {}

    def facts(self, facts: Iterable[Fact]) -> Iterable[tuple[Fact, Setting]]:
        """Those of the person, through the day asked for."""
        as_of = self._standards.as_of
        for fact in facts:
            setting = self._settings.get((fact.subject, fact.observed_at))
            if setting is None:
                setting = self._setting(fact)
            if setting.person == self._person and (as_of is None or setting.day <= as_of):
                yield fact, setting

    def _setting(self, fact: Fact) -> Setting:
        person, day = whose(fact.subject, fact.observed_at, self._reference)
        org = self._reference.org_of(person, day)
        found = Setting(person, day, org, self._reference.periods(org, day))
        self._settings[fact.subject, fact.observed_at] = found
        return found

    def item(self, fact: Fact, setting: Setting) -> Item | None:
        """The evidence that a fact is; None where its criterion is in no rubric."""
        day = setting.day
        try:
            place = self._standards.place(fact.criterion or "", day)
        except NotFound:
            return None
        purpose = fact.purpose
        if purpose == "unspecified":
            purpose = self._reference.policy(day).purposes.default
        assessor, role = self._assessor(fact, day, purpose)
        scored = self._scored(fact, place)
        return Item(
            fact=fact,
            place=place,
            day=day,
            org=setting.org or "",
            periods=setting.periods,
            assessor=assessor,
            role=role,
            kind=_kind(fact, role),
            purpose=purpose,
            source=source(fact),
            scored=scored,
            flags=_flags(fact, scored, place.rubric.covers(day)),
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
        if fact.kind is Kind.RUBRIC_EVIDENCE:
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
    if fact.kind is Kind.CREDENTIAL:
        return "credential"
    return "artifact" if fact.kind is Kind.RUBRIC_EVIDENCE else _KIND_OF_ROLE[role]


def _flags(fact: Fact, scored: Scored, is_in_force: bool) -> frozenset[str]:
    if is_in_force and not scored.off_scale and not fact.flags:
        return NO_FLAGS
    found = {CLOCK} if CLOCK in fact.flags else set()
    if scored.off_scale:
        found.add(OFF_SCALE)
    if not is_in_force:
        found.add(OLD_VERSION)
    return frozenset(found)
