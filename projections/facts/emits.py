"""The `emit` of a rule: facts made of a statement, one for each person of `each`."""

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from lrs.reference import kinds
from lrs.reference.expressions import Expression
from lrs.reference.kinds import Field, Form
from lrs.reference.mapping import Emit, Rule
from projections.facts import getters
from projections.facts import view as views
from projections.facts.fact import Fact, Kind
from projections.facts.fields import Compiler
from projections.facts.getters import Always, Found, Get, Level, nothing, nowhere
from projections.facts.view import View

Made: TypeAlias = dict[str, Any]
# What may be told of whom besides; other keys are those of `data`.
NOTHING_MADE: Final[Made] = dict.fromkeys(sorted(kinds.ATTRIBUTES))
# Adds to the data (the last) what follows from the rest and needs no expression.
Finish: TypeAlias = Callable[[View, Made, Made], None]

SIGNATURE: Final = "http://adlnet.gov/expapi/attachments/signature"
EVIDENCE: Final = Kind.RUBRIC_EVIDENCE
SCORE: Final = Kind.RUBRIC_SCORE
CONTACT: Final = Kind.COACH_CONTACT
SCORES: Final = "score"
UNSPECIFIED: Final = "unspecified"
PLANNED: Final = "planned_start"


class Maker:
    """Makes the facts of one `emit` and adds them to those of the view."""

    def __init__(self, emit: Emit, rule: Rule, compiler: Compiler) -> None:
        self._kind = Kind(emit.fact)
        self._rule = rule.id
        self._mapping = compiler.label
        # A coach alone tells of nothing, and nobody is her own coach.
        self._paired = "coach" in emit.fields and (emit.fact in kinds.PAIRED or emit.fact in kinds.MEETINGS)
        self._means_end = rule.means_end
        self._every = None if emit.each is None else compiler.people(emit.each)
        known = kinds.fields(emit.fact)
        self._people = [
            (known[name].to, compiler.person(each)) for name, each in emit.fields.items()
            if known[name].form is Form.PERSON
        ]  # fmt: skip
        self._attributes: list[tuple[str, Get]] = []
        self._data: list[tuple[str, Get]] = []
        self._cohort: Get = nothing
        self._criterion: Get = nothing
        self._criteria: Found = nowhere
        self._level: Level | None = None
        for name, each in emit.fields.items():
            self._add(known[name], each, compiler)
        self._resolves = self._kind is EVIDENCE or self._cohort is not nothing or self._criterion is not nothing
        self._required = _REQUIRED[emit.fact]
        self._finish = _finisher(self._kind, means_end=rule.means_end)

    def _add(self, field: Field, expression: Expression, compiler: Compiler) -> None:
        if field.form is Form.COHORT:
            self._cohort = compiler.cohort(expression)
        elif field.form is Form.CRITERION:
            self._criterion, self._criteria = compiler.criterion(expression), compiler.criteria(expression)
        elif field.form is Form.LEVEL:
            self._level = compiler.level(expression)
        elif field.form is Form.CRITERIA:
            self._hold(self._data, field, _listed(compiler.criteria(expression)))
        elif field.form is not Form.PERSON:
            held = self._attributes if field.to in kinds.ATTRIBUTES else self._data
            self._hold(held, field, compiler.value(expression, field))

    def _hold(self, held: list[tuple[str, Get]], field: Field, get: Get) -> None:
        if get is nothing:
            return
        if field.form is Form.UUID and held is self._data:
            get = getters.converted(get, str)
        if isinstance(get, Always):
            get = _said(get.value)
        # What is planned decides the day that a template may ask for.
        held.insert(0 if field.to == PLANNED else len(held), (field.to, get))

    def make(self, view: View) -> None:
        """The facts, none twice for a person."""
        if self._every is None:
            self._one(view, None)
        else:
            for ifi in self._every(view):
                self._one(view, ifi)

    def _one(self, view: View, each: str | None) -> None:
        made = self._persons(view, each)
        if made is None or (self._resolves and not self._resolve(view, made)):
            return
        flags = view.flags
        data: Made = {}
        self._read(view, made, data)
        made["flags"], view.flags = view.flags, flags
        for to in self._required:
            if made.get(to) is None and to not in data:
                return
        # An artefact is evidence of every criterion that it was handed in for; a score is that of one.
        if self._kind is EVIDENCE:
            for made["criterion"] in made["criteria"]:
                self._tell(view, made, data.copy())
        else:
            self._tell(view, made, data)

    def _tell(self, view: View, made: Made, data: Made) -> None:
        if self._finish is not None:
            self._finish(view, made, data)
        at, minutes = view.at, made["minutes"]
        if self._means_end and minutes is not None:
            at = views.earlier(at, minutes)
        # With its names written out a fact is made in half the time that a dictionary of them takes.
        view.facts.append(
            Fact(
                statement=view.id, n=len(view.facts), kind=self._kind, subject=made["subject"], observed_at=at,
                stored_at=view.stored, position=view.position, rule=self._rule, mapping=self._mapping,
                other=made["other"], authority=view.authority, purpose=made["purpose"] or UNSPECIFIED, cohort=made["cohort"],
                criterion=made["criterion"], session=made["session"], unit=made["unit"], thread=made["thread"],
                refers_to=made["refers_to"], minutes=minutes, flags=made["flags"], data=data,
            )
        )  # fmt: skip

    def _persons(self, view: View, each: str | None) -> Made | None:
        view.each, view.cohort, view.planned = each, None, None
        made = NOTHING_MADE.copy()
        for to, person in self._people:
            made[to] = person(view)
        subject = made["subject"]
        if subject is None:
            return None
        if each is None:
            view.each = subject
        if self._paired and (made["other"] is None or view.person(subject) == view.person(made["other"])):
            return None
        return made

    def _resolve(self, view: View, made: Made) -> bool:
        made["cohort"] = view.cohort = self._cohort(view)
        if self._kind is EVIDENCE:
            made["criteria"] = self._criteria(view)
            made["criterion"] = next(iter(made["criteria"]), None)
            return bool(made["criteria"])
        made["criterion"] = self._criterion(view)
        return True

    def _read(self, view: View, made: Made, data: Made) -> None:
        for to, get in self._data:
            found = get(view)
            if found is None:
                continue
            if to == SCORES:
                data.update(found)
            else:
                data[to] = found
            if to == PLANNED:
                view.planned = found
        for to, get in self._attributes:
            made[to] = get(view)
        if self._level is not None:
            level = self._level(view, made["criterion"])
            if level is not None:
                data["level"] = level

    def lacking(self, view: View) -> str:
        """Why no fact was made, for people."""
        every = [None] if self._every is None else self._every(view)
        if not every:
            return f"{self._kind}: nobody is found for `each`"
        made = self._persons(view, every[0])
        if made is None:
            people = dict(self._people)
            absent = [to for to in ("subject", "other") if to in people and people[to](view) is None]
            names = " and ".join(_named(self._kind, to) for to in absent)
            return f"{self._kind}: nobody is found for {names}" if names else f"{self._kind}: both are the same person"
        self._resolve(view, made)
        data: Made = {}
        self._read(view, made, data)
        missing = [_named(self._kind, to) for to in self._required if made.get(to) is None and to not in data]
        return f"{self._kind}: nothing is found for {', '.join(missing)}"


def _listed(criteria: Found) -> Get:
    return nothing if criteria is nowhere else lambda view: criteria(view) or None


def _said(value: object) -> Get:
    return lambda _: value


def _finisher(kind: Kind, *, means_end: bool) -> Finish | None:
    if kind is EVIDENCE:
        return _sourced
    if kind is SCORE:
        return _scored
    if kind in kinds.MEETINGS:
        return _registered
    return _contacted(means_end=means_end) if kind is CONTACT else None


def _contacted(*, means_end: bool) -> Finish:
    def finish(_view: View, _made: Made, data: Made) -> None:
        data["means_end"] = means_end
        data.setdefault("says_coaching", False)

    return finish


def _registered(view: View, made: Made, data: Made) -> None:
    context = view.statement.get("context")
    registration = context.get("registration") if isinstance(context, dict) else None
    data["by_registration"] = isinstance(registration, str) and made["session"] == registration


def _sourced(view: View, _made: Made, data: Made) -> None:
    """Source is the attempt where there is one, else the bare activity."""
    attempt = data.pop("attempt", None)
    if attempt is not None:
        data["source"] = attempt
    data["is_attempt"] = attempt is not None
    listed = view.statement.get("attachments")
    data["has_attachment"] = isinstance(listed, list) and any(
        isinstance(each, dict) and each.get("usageType") != SIGNATURE for each in listed
    )


def _scored(view: View, made: Made, data: Made) -> None:
    _sourced(view, made, data)
    if made.get("other") == made["subject"]:
        data.setdefault("role_hint", "self")
        data.setdefault("evidence_kind", "self")


def _named(kind: str, to: str) -> str:
    return " or ".join(field.name for field in kinds.FIELDS[kind] if field.to == to) or to


def _required(fields: Sequence[Field]) -> Sequence[str]:
    return tuple(dict.fromkeys(field.to for field in fields if field.required))


_REQUIRED: Final = {kind: _required(fields) for kind, fields in kinds.FIELDS.items()}
