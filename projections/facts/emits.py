"""The `emit` of a rule: facts made of a statement, one for each person of `each`."""

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
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

Data: TypeAlias = dict[str, Any]
# What the names in a text that is written here are bound to.
Names: TypeAlias = dict[str, Any]
# Adds what follows from the rest and needs no expression: from subject, other and session.
Finish: TypeAlias = Callable[[View, Data, str, str | None, str | None], None]
# Makes the facts for one turn of `each`; where there are none it tells what they lack, NOBODY if that is a person.
One: TypeAlias = Callable[[View, str | None], Sequence[str] | None]

SIGNATURE: Final = "http://adlnet.gov/expapi/attachments/signature"
EVIDENCE: Final = Kind.RUBRIC_EVIDENCE
SCORE: Final = Kind.RUBRIC_SCORE
CONTACT: Final = Kind.COACH_CONTACT
SCORES: Final = "score"
PLANNED: Final = "planned_start"
NOBODY: Final[Sequence[str]] = ()
# What a fact has besides the fields of its kind, as it is written.
WHOLE: Final = {
    "statement": "view.id", "n": "len(view.facts)", "kind": "kind", "observed_at": "at", "stored_at": "view.stored",
    "position": "view.position", "rule": "rule", "mapping": "mapping", "authority": "view.authority", "flags": "told",
    "data": "data",
}  # fmt: skip


class Maker:
    """Makes the facts of one `emit` and adds them to those of the view."""

    def __init__(self, emit: Emit, rule: Rule, compiler: Compiler) -> None:
        self._kind = Kind(emit.fact)
        # A coach alone tells of nothing, and nobody is her own coach.
        self._paired = "coach" in emit.fields and (emit.fact in kinds.PAIRED or emit.fact in kinds.MEETINGS)
        self._every = None if emit.each is None else compiler.people(emit.each)
        known = kinds.fields(emit.fact)
        self._people = {
            known[name].to: compiler.person(each) for name, each in emit.fields.items()
            if known[name].form is Form.PERSON
        }  # fmt: skip
        self._attributes: dict[str, Get] = {}
        self._data: dict[str, Get] = {}
        self._cohort: Get = nothing
        self._criterion: Get = nothing
        self._criteria: Found = nowhere
        self._level: Level | None = None
        for name, each in emit.fields.items():
            self._add(known[name], each, compiler)
        self._one = self._written(rule, compiler.label)

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

    def _hold(self, held: dict[str, Get], field: Field, get: Get) -> None:
        if get is nothing:
            return
        if field.form is Form.UUID and held is self._data:
            get = getters.converted(get, str)
        # What is planned decides the day that a template may ask for.
        if field.to == PLANNED:
            self._data = {PLANNED: get, **self._data}
        else:
            held[field.to] = get

    def make(self, view: View) -> None:
        """The facts, none twice for a person."""
        if self._every is None:
            self._one(view, None)
        else:
            for ifi in self._every(view):
                self._one(view, ifi)

    def lacking(self, view: View) -> str:
        """Why no fact was made, for people."""
        every = [None] if self._every is None else self._every(view)
        if not every:
            return f"{self._kind}: nobody is found for `each`"
        missing = self._one(view, every[0])
        if missing:
            return f"{self._kind}: nothing is found for {', '.join(_named(self._kind, to) for to in missing)}"
        absent = [to for to in ("subject", "other") if to in self._people and self._people[to](view) is None]
        names = " and ".join(_named(self._kind, to) for to in absent)
        return f"{self._kind}: nobody is found for {names}" if names else f"{self._kind}: both are the same person"

    def _written(self, rule: Rule, mapping: str) -> One:
        """The making of a fact, written out for the fields that it has, which takes half the time of loops over them.

        Nothing of a mapping is in the text: the names of fields are ours, and what is said of them is bound to names.
        """
        names: Names = {
            "Fact": Fact, "earlier": views.earlier, "finish": _finisher(self._kind, means_end=rule.means_end),
            "kind": self._kind, "rule": rule.id, "mapping": mapping, "NOBODY": NOBODY,
        }  # fmt: skip
        lines = [*self._persons(names), *self._resolved(names), *self._read(names), *self._told(rule, names)]
        exec("\n ".join(["def one(view, each):", *lines]), names)  # noqa: S102
        one: One = names["one"]
        return one

    def _persons(self, names: Names) -> Sequence[str]:
        lines = ["view.each, view.cohort, view.planned = each, None, None"]
        lines += ["other = criterion = session = minutes = None"]
        lines += [_line(names, to, person) for to, person in self._people.items()]
        lines += ["if subject is None: return NOBODY", "if each is None: view.each = subject"]
        if self._paired:
            lines += ["if other is None or view.person(subject) == view.person(other): return NOBODY"]
        return lines

    def _resolved(self, names: Names) -> Sequence[str]:
        lines: list[str] = []
        if self._cohort is not nothing:
            lines += [_line(names, "cohort", self._cohort), "view.cohort = cohort"]
        if self._kind is EVIDENCE:
            lines += [_line(names, "criteria", self._criteria), "if not criteria: return ['criterion']"]
            lines += ["criterion = criteria[0]"]
        elif self._criterion is not nothing:
            lines += [_line(names, "criterion", self._criterion)]
        return lines

    def _read(self, names: Names) -> Sequence[str]:
        """What is read of one fact flags no other."""
        lines = ["data = {}", "flags = view.flags"]
        lines += [line for to, get in self._data.items() for line in _datum(names, to, get)]
        lines += [_line(names, to, get) for to, get in self._attributes.items()]
        if self._level is not None:
            names["level"] = self._level
            lines += ["found = level(view, criterion)", "if found is not None: data['level'] = found"]
        return [*lines, "told, view.flags = view.flags, flags"]

    def _told(self, rule: Rule, names: Names) -> Sequence[str]:
        given = {*self._people, *self._attributes}
        given |= set() if self._cohort is nothing else {"cohort"}
        given |= set() if self._criterion is nothing else {"criterion"}
        lines = [*_checked(self._kind, given), "at = view.at"]
        if rule.means_end:
            lines += ["if minutes is not None: at = earlier(at, minutes)"]
        tell = [] if names["finish"] is None else ["finish(view, data, subject, other, session)"]
        tell += [f"view.facts.append(Fact({_parts(given)}))"]
        if self._kind is not EVIDENCE:
            return [*lines, *tell]
        # An artefact is evidence of every criterion that it was handed in for; a score is that of one.
        each = [f" {line}" for line in ["data = every.copy()", *tell]]
        return [*lines, "every = data", "for criterion in criteria:", *each]


def _parts(given: AbstractSet[str]) -> str:
    """The parts of a fact in their order, in which they are taken the quickest."""
    every = WHOLE | {to: f"{to} or 'unspecified'" if to == "purpose" else to for to in given}
    return ", ".join(f"{name}={every[name]}" for name in Fact.__struct_fields__ if name in every)


def _datum(names: Names, to: str, get: Get) -> Sequence[str]:
    """Has what a getter gives be part of the data."""
    if isinstance(get, Always):
        names[f"the_{to}"] = get.value
        return [f"data[{to!r}] = the_{to}"]
    found = f"found = {_line(names, to, get).partition(' = ')[2]}"
    if to == SCORES:
        return [found, "if found is not None: data.update(found)"]
    return [found, f"if found is not None: data[{to!r}] = {'view.planned = ' if to == PLANNED else ''}found"]


def _line(names: Names, to: str, get: Callable[[View], Any]) -> str:
    """Has a name be what a getter gives."""
    names[f"get_{to}"] = get
    return f"{to} = get_{to}(view)"


def _checked(kind: Kind, given: AbstractSet[str]) -> Sequence[str]:
    """The end where there is not what the kind must have."""
    found = {to: to if to in given else f"data.get({to!r})" for to in _REQUIRED[kind] if to != "subject"}
    if not found:
        return []
    lacks = " or ".join(f"{each} is None" for each in found.values())
    pairs = ", ".join(f"({to!r}, {each})" for to, each in found.items())
    return [f"if {lacks}: return [to for to, found in ({pairs},) if found is None]"]


def _listed(criteria: Found) -> Get:
    return nothing if criteria is nowhere else lambda view: criteria(view) or None


def _finisher(kind: Kind, *, means_end: bool) -> Finish | None:
    if kind is EVIDENCE:
        return _sourced
    if kind is SCORE:
        return _scored
    if kind in kinds.MEETINGS:
        return _registered
    return _contacted(means_end=means_end) if kind is CONTACT else None


def _contacted(*, means_end: bool) -> Finish:
    def finish(_view: View, data: Data, _subject: str, _other: str | None, _session: str | None) -> None:
        data["means_end"] = means_end
        data.setdefault("says_coaching", False)

    return finish


def _registered(view: View, data: Data, _subject: str, _other: str | None, session: str | None) -> None:
    context = view.statement.get("context")
    registration = context.get("registration") if isinstance(context, dict) else None
    data["by_registration"] = isinstance(registration, str) and session == registration


def _sourced(view: View, data: Data, _subject: str, _other: str | None, _session: str | None) -> None:
    """Source is the attempt where there is one, else the bare activity."""
    attempt = data.pop("attempt", None)
    if attempt is not None:
        data["source"] = attempt
    data["is_attempt"] = attempt is not None
    listed = view.statement.get("attachments")
    data["has_attachment"] = isinstance(listed, list) and any(
        isinstance(each, dict) and each.get("usageType") != SIGNATURE for each in listed
    )


def _scored(view: View, data: Data, subject: str, other: str | None, session: str | None) -> None:
    _sourced(view, data, subject, other, session)
    if other == subject:
        data.setdefault("role_hint", "self")
        data.setdefault("evidence_kind", "self")


def _named(kind: str, to: str) -> str:
    return " or ".join(field.name for field in kinds.FIELDS[kind] if field.to == to) or to


def _required(fields: Sequence[Field]) -> Sequence[str]:
    return tuple(dict.fromkeys(field.to for field in fields if field.required))


_REQUIRED: Final = {kind: _required(fields) for kind, fields in kinds.FIELDS.items()}
