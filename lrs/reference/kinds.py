"""The fields that each kind of fact has in a mapping file, and where in the fact each goes."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec


class Form(StrEnum):
    """What a field holds, which decides how its expression is read."""

    PERSON = "person"
    CRITERION = "criterion"
    CRITERIA = "criteria"
    COHORT = "cohort"
    LEVEL = "level"
    SCORE = "score"
    MINUTES = "minutes"
    TIME = "time"
    TEXT = "text"
    UUID = "uuid"
    FLAG = "flag"


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A field: `to` is an attribute of Fact, or a key of its `data`. `words` are all that it may say."""

    name: str
    to: str
    form: Form = Form.TEXT
    required: bool = False
    words: tuple[str, ...] = ()


PURPOSES: Final = ("formative", "evaluative", "unspecified")
EVIDENCE: Final = (
    "formal_obs", "informal_obs", "walkthrough", "artifact", "self", "peer", "student_work", "credential",
    "self_report",
)  # fmt: skip
CONTACTS: Final = ("conference", "observation", "modeling", "co_teach", "planning", "virtual", "message")
ROLE_HINTS: Final = ("coach", "evaluator", "peer", "self", "system")
# Attributes of a fact; whatever else a field goes to is a key of `data`.
ATTRIBUTES: Final = frozenset({
    "subject", "other", "cohort", "criterion", "session", "unit", "thread", "refers_to", "minutes", "purpose",
})  # fmt: skip


def _person(name: str, to: str = "subject") -> Field:
    return Field(name=name, to=to, form=Form.PERSON, required=to == "subject")


def _text(name: str, to: str = "", *, required: bool = False) -> Field:
    return Field(name=name, to=to or name, required=required)


def _one_of(name: str, *words: str, required: bool = False) -> Field:
    return Field(name=name, to=name, words=words, required=required)


def _as(name: str, form: Form, to: str = "", *, required: bool = False) -> Field:
    return Field(name=name, to=to or name, form=form, required=required)


PURPOSE: Final = _one_of("purpose", *PURPOSES)
_CRITERIA: Final = _as("criteria", Form.CRITERIA)
_COHORT: Final = _as("cohort", Form.COHORT)
_MINUTES: Final = _as("minutes", Form.MINUTES)
_REFERS: Final = _as("refers_to", Form.UUID)
_SESSION: Final = _text("session")
_SOURCED: Final = (
    _SESSION, _one_of("evidence_kind", *EVIDENCE), _text("source"), _text("attempt"),
)  # fmt: skip
# A meeting of a cohort has members and a facilitator, one of a pair an educator and a coach.
_MEETING: Final = (
    _person("member"), _person("facilitator", "other"), _person("educator"), _person("coach", "other"),
    _person("organiser"), _COHORT, _text("session", required=True), _MINUTES, _as("planned_start", Form.TIME),
    _as("planned_minutes", Form.MINUTES), _text("modality"), PURPOSE,
)  # fmt: skip

FIELDS: Final[Mapping[str, tuple[Field, ...]]] = {
    "learn": (
        _person("learner"), _text("unit", required=True), _MINUTES, _SESSION,
        _one_of("state", "started", "completed", "time", "waived", required=True), _CRITERIA, PURPOSE,
    ),
    "apply": (_person("doer"), _text("unit"), _REFERS, _CRITERIA, PURPOSE),
    "share": (
        _person("sharer"), _text("unit"), _text("thread"), _REFERS, _COHORT, _CRITERIA, PURPOSE,
    ),
    "peer": (
        _person("who"), _person("author", "other"), _text("thread"), _REFERS, _COHORT,
        _one_of("state", "reply", "reaction", required=True), PURPOSE,
    ),
    "rubric.score": (
        _person("rated"), _person("assessor", "other"), _as("criterion", Form.CRITERION, required=True), *_SOURCED,
        _as("score", Form.SCORE), _as("success", Form.FLAG), _as("level", Form.LEVEL),
        _one_of("role_hint", *ROLE_HINTS), _as("supersedes", Form.UUID), _text("regrade_key"), _REFERS, PURPOSE,
    ),
    "rubric.evidence": (
        _person("owner"), _person("assessor", "other"), _as("criterion", Form.CRITERION, required=True), *_SOURCED,
        _text("state"), _REFERS, PURPOSE,
    ),
    "session.scheduled": _MEETING,
    "session.attended": _MEETING,
    "session.left": _MEETING,
    "session.cancelled": _MEETING,
    "coach.contact": (
        _person("educator"), Field(name="coach", to="other", form=Form.PERSON, required=True), _SESSION, _MINUTES,
        _one_of("contact_kind", *CONTACTS), _text("plan"), _text("cycle"), _text("phase"),
        _as("says_coaching", Form.FLAG), PURPOSE,
    ),
    "cycle": (
        _person("educator"), _person("coach", "other"), _text("cycle", "session", required=True),
        _one_of("state", "opened", "phase", "closed", required=True), _text("phase"), _text("outcome"), _CRITERIA,
        PURPOSE,
    ),
    "step": (
        _person("educator"), _person("coach", "other"), _text("step", "unit", required=True),
        _one_of("state", "open", "closed", required=True), _text("cycle"), _as("due", Form.TIME), PURPOSE,
    ),
    "member": (
        _person("person"), _as("cohort", Form.COHORT, required=True),
        _one_of("state", "joined", "left", required=True),
    ),
    "credential": (
        _person("earner"), _person("issuer", "other"), _as("criterion", Form.CRITERION),
        _one_of("state", "earned", "revoked", "expired", required=True), _text("source"), _as("level", Form.LEVEL),
        PURPOSE,
    ),
}  # fmt: skip

# Of these, nobody alone tells of anything; a meeting that names a coach is one of them.
PAIRED: Final = frozenset({"coach.contact"})
MEETINGS: Final = frozenset({"session.scheduled", "session.attended", "session.left", "session.cancelled"})


def fields(kind: str) -> Mapping[str, Field]:
    """The fields of a kind by name."""
    return {field.name: field for field in FIELDS[kind]}
