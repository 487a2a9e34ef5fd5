"""The `emit` of a rule: facts made of a statement, one for each person of `each`."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from lrs.reference import kinds
from lrs.reference.expressions import Expression
from lrs.reference.kinds import Field, Form
from lrs.reference.mapping import Emit
from projections.facts import view as views
from projections.facts.fact import Kind
from projections.facts.fields import Compiler, Found, Get
from projections.facts.view import View

Made = dict[str, Any]

SIGNATURE: Final = "http://adlnet.gov/expapi/attachments/signature"
EVIDENCE: Final = "rubric.evidence"
RUBRIC: Final = frozenset({"rubric.score", EVIDENCE})
SCORE: Final = "rubric.score"
CONTACT: Final = "coach.contact"


class Maker:
    """Makes the facts of one `emit`: as keyword arguments of Fact, without what is of the whole statement."""

    def __init__(self, emit: Emit, compiler: Compiler, *, means_end: bool) -> None:
        self._kind = Kind(emit.fact)
        self._required = _REQUIRED[emit.fact]
        # A coach alone tells of nothing, and nobody is her own coach.
        self._paired = "coach" in emit.fields and (emit.fact in kinds.PAIRED or emit.fact in kinds.MEETINGS)
        self._means_end = means_end
        self._every = None if emit.each is None else compiler.people(emit.each)
        known = kinds.fields(emit.fact)
        self._people = {
            known[name].to: compiler.people(each) for name, each in emit.fields.items() if _is(known[name], Form.PERSON)
        }
        self._attributes: list[tuple[Field, Get]] = []
        self._data: list[tuple[Field, Get]] = []
        self._cohorts: Found | None = None
        self._criteria: Found | None = None
        self._levels: Callable[[View], Iterator[tuple[str, str]]] | None = None
        for name, each in emit.fields.items():
            self._add(known[name], each, compiler)

    def _add(self, field: Field, expression: Expression, compiler: Compiler) -> None:
        if field.form is Form.COHORT:
            self._cohorts = compiler.cohorts(expression)
        elif field.form is Form.CRITERION:
            self._criteria = compiler.criteria(expression)
        elif field.form is Form.LEVEL:
            self._levels = compiler.levels(expression)
        elif field.form is Form.CRITERIA:
            found = compiler.criteria(expression)
            self._data.append((field, lambda view: list(dict.fromkeys(found(view))) or None))
        elif field.form is not Form.PERSON:
            held = self._attributes if field.to in kinds.ATTRIBUTES else self._data
            get = compiler.value(expression, field)
            # What is planned decides the day that a template may ask for.
            held.insert(0, (field, get)) if field.to == "planned_start" else held.append((field, get))

    def make(self, view: View) -> Iterator[Made]:
        """The facts, none twice for a person."""
        if self._every is None:
            yield from self._one(view, None)
            return
        for ifi in self._every(view):
            yield from self._one(view, ifi)

    def _one(self, view: View, each: str | None) -> Iterator[Made]:
        made = self._persons(view, each)
        if made is None or not self._resolve(view, made):
            return
        at = view.at
        flags = view.flags
        data: Made = {}
        self._read(view, made, data)
        made["data"] = data
        made["flags"] = view.flags
        view.flags = flags
        if self._missing(made):
            return
        minutes = made.get("minutes") if self._means_end else None
        made["observed_at"] = at if minutes is None else views.earlier(at, minutes)
        if self._kind != EVIDENCE:
            self._finish(view, made, data)
            yield made
            return
        # An artefact is evidence of every criterion that it was handed in for; a score is that of one.
        for criterion in made.pop("criteria"):
            one = {**made, "criterion": criterion, "data": dict(data)}
            self._finish(view, one, one["data"])
            yield one

    def _persons(self, view: View, each: str | None) -> Made | None:
        view.each, view.cohort, view.planned = each, None, None
        found: Made = {"kind": self._kind}
        for to, people in self._people.items():
            persons = people(view)
            if persons:
                found[to] = persons[0]
        if "subject" not in found:
            return None
        if view.each is None:
            view.each = found["subject"]
        if self._paired and ("other" not in found or view.person(found["subject"]) == view.person(found["other"])):
            return None
        return found

    def _resolve(self, view: View, made: Made) -> bool:
        if self._cohorts is not None and (cohort := next(self._cohorts(view), None)) is not None:
            made["cohort"] = view.cohort = cohort
        if self._criteria is None:
            return True
        if self._kind == EVIDENCE:
            made["criteria"] = list(dict.fromkeys(self._criteria(view)))
            made["criterion"] = next(iter(made["criteria"]), None)
            return bool(made["criteria"])
        made["criterion"] = next(self._criteria(view), None)
        return True

    def _read(self, view: View, made: Made, data: Made) -> None:
        for field, get in self._data:
            if (found := get(view)) is None:
                continue
            if field.form is Form.SCORE:
                data.update(found)
            else:
                data[field.to] = str(found) if field.form is Form.UUID else found
            if field.to == "planned_start":
                view.planned = views.moment(found)
        for field, get in self._attributes:
            if (found := get(view)) is not None:
                made[field.to] = found
        if self._levels is not None:
            criterion = made.get("criterion")
            level = next((iri for of, iri in self._levels(view) if of == criterion), None)
            if level is not None:
                data["level"] = level

    def _missing(self, made: Made) -> Sequence[str]:
        """What a fact of the kind must have and this has not."""
        data = made["data"]
        return [to for to in self._required if made.get(to) is None and to not in data]

    def _finish(self, view: View, made: Made, data: Made) -> None:
        """What follows from the rest and needs no expression."""
        if self._kind in RUBRIC:
            _sourced(view, made, data)
        elif self._kind in kinds.MEETINGS:
            data["by_registration"] = made["session"] == _registration(view)
        elif self._kind == CONTACT:
            data["means_end"] = self._means_end
            data.setdefault("says_coaching", False)

    def lacking(self, view: View) -> str:
        """Why no fact was made, for people."""
        if self._every is not None and not self._every(view):
            return f"{self._kind}: nobody is found for `each`"
        people = list(self._every(view)) if self._every is not None else [None]
        made = self._persons(view, people[0])
        if made is None:
            absent = [name for name in ("subject", "other") if name in self._people and not self._people[name](view)]
            names = " and ".join(_named(self._kind, to) for to in absent)
            return f"{self._kind}: nobody is found for {names}" if names else f"{self._kind}: both are the same person"
        self._resolve(view, made)
        data: Made = {}
        self._read(view, made, data)
        made["data"] = data
        missing = self._missing(made)
        return f"{self._kind}: nothing is found for {', '.join(_named(self._kind, to) for to in missing)}"


def _sourced(view: View, made: Made, data: Made) -> None:
    """Source is the attempt where there is one, else the bare activity."""
    attempt = data.pop("attempt", None)
    if attempt is not None:
        data["source"] = attempt
    data["is_attempt"] = attempt is not None
    listed = view.statement.get("attachments")
    data["has_attachment"] = isinstance(listed, list) and any(
        isinstance(each, dict) and each.get("usageType") != SIGNATURE for each in listed
    )
    if made.get("other") == made["subject"] and made["kind"] == SCORE:
        data.setdefault("role_hint", "self")
        data.setdefault("evidence_kind", "self")


def _registration(view: View) -> str | None:
    context = view.statement.get("context")
    found = context.get("registration") if isinstance(context, dict) else None
    return found if isinstance(found, str) else None


def _is(field: Field, form: Form) -> bool:
    return field.form is form


def _named(kind: str, to: str) -> str:
    return " or ".join(field.name for field in kinds.FIELDS[kind] if field.to == to) or to


def _required(fields: Sequence[Field]) -> Sequence[str]:
    return tuple(dict.fromkeys(field.to for field in fields if field.required))


_REQUIRED: Final = {kind: _required(fields) for kind, fields in kinds.FIELDS.items()}
