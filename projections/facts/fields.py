"""The expressions of a mapping as closures over a `View`: each gives the value of a field, or None."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias

from lrs.reference.expressions import (
    CALLS,
    Call,
    Choice,
    Const,
    Day,
    Each,
    Expression,
    First,
    Places,
    Template,
    Who,
)  # fmt: skip
from lrs.reference.jsonpath import Path
from lrs.reference.kinds import Field, Form
from lrs.reference.mapping import Mapping as Rules
from projections.facts import paths, resolving
from projections.facts import view as views
from projections.facts.view import NOBODY, OVER_LONG, View

Get: TypeAlias = Callable[[View], Any]
People: TypeAlias = Callable[[View], Sequence[str]]
Found: TypeAlias = Callable[[View], Iterator[str]]
Convert: TypeAlias = Callable[[View, object], Any]

REMEMBERED: Final = 20_000
LIS: Final = "http://purl.imsglobal.org/vocab/lis/v2/membership"


class Vocabulary:
    """The named sets of a mapping, and IRIs in their normal form."""

    def __init__(self, rules: Rules) -> None:
        self._prefixes = rules.normalize
        self._memory: dict[str, str] = {}
        self.longest = rules.longest_minutes
        self._sets = {
            concept: {name: frozenset(map(self.normal, iris)) for name, iris in sets.items()}
            for concept, sets in rules.concepts.items()
        }

    def normal(self, iri: str) -> str:
        """An IRI with its prefixes rewritten; any other text stays as it is."""
        found = self._memory.get(iri)
        if found is None:
            found = iri
            for old, new in self._prefixes:
                if found.startswith(old):
                    found = new + found[len(old) :]
            if len(self._memory) < REMEMBERED:
                self._memory[iri] = found
        return found

    def members(self, concept: str, names: Sequence[str]) -> frozenset[str]:
        """The IRIs of some sets, normal; a name with a colon is an IRI itself."""
        found: set[str] = set()
        for name in names:
            found |= {self.normal(_whole(name))} if ":" in name else self._sets[concept][name]
        return frozenset(found)

    def extensions(self, names: Sequence[str], rules: Rules) -> Sequence[str]:
        """The keys of some extensions, in the order of the file."""
        sets = rules.concepts["extension"]
        return [iri for name in names for iri in ((name,) if ":" in name else sets[name])]

    def table(self, table: Mapping[str, Any]) -> Mapping[str, Any]:
        """A table by literal values and by each IRI of the sets that its keys name."""
        found: dict[str, Any] = {}
        for key, value in table.items():
            for sets in self._sets.values():
                for iri in sets.get(key, ()):
                    found.setdefault(iri, value)
            found.setdefault(self.normal(key), value)
        return found


def _whole(name: str) -> str:
    """An IRI, or a role of LIS by its short name: `lis:Mentor`, `lis:Instructor#Grader`."""
    if not name.startswith("lis:"):
        return name
    role = name.removeprefix("lis:")
    return f"{LIS}/{role}" if "#" in role else f"{LIS}#{role}"


class Compiler:
    """Makes closures of the expressions of one mapping."""

    def __init__(self, rules: Rules) -> None:
        self.words = Vocabulary(rules)
        self._rules = rules
        self._forms: Mapping[Form, Convert] = {
            Form.UUID: lambda _, value: views.reference_to(value),
            Form.TIME: lambda _, value: instant(views.moment(value)),
            Form.FLAG: lambda _, value: value if isinstance(value, bool) else None,
            Form.SCORE: lambda _, value: score(value),
            Form.MINUTES: self._minutes,
        }

    def value(self, expression: Expression, field: Field) -> Get:
        """The value of a field that is neither a person nor to be resolved: converted by its form, else None."""
        if isinstance(expression, First):
            return _first([self.value(each, field) for each in expression.options])
        raw = self.raw(expression)
        convert = self._forms.get(field.form) or (_word(field.words) if field.words else _text)

        def get(view: View) -> object:
            found = raw(view)
            return None if found is None else convert(view, found)

        return get

    def raw(self, expression: Expression) -> Get:
        """What stands there, unconverted."""
        if isinstance(expression, Path):
            find = paths.first(expression)
            return lambda view: find(view.statement)
        if isinstance(expression, Const):
            value = expression.value
            return lambda _: value
        if isinstance(expression, Each):
            return lambda view: view.each
        if isinstance(expression, Day):
            return _planned_day if expression.planned else _local_day
        if isinstance(expression, Template):
            return self._template(expression)
        if isinstance(expression, Choice):
            return self._choice(expression)
        if isinstance(expression, Call):
            return self._call(expression)
        if isinstance(expression, First):
            return _first([self.raw(each) for each in expression.options])
        people = self.people(expression)
        return lambda view: next(iter(people(view)), None)

    def _minutes(self, view: View, value: object) -> float | None:
        found = views.minutes(value)
        if found is not None and self.words.longest is not None and found > self.words.longest:
            if OVER_LONG not in view.flags:
                view.flags = (*view.flags, OVER_LONG)
            return None
        return found

    def _template(self, expression: Template) -> Get:
        parts = [part if isinstance(part, str) else self.raw(part) for part in expression.parts]

        def get(view: View) -> str | None:
            found: list[str] = []
            for part in parts:
                text = part if isinstance(part, str) else _text(view, part(view))
                if text is None:
                    return None
                found.append(text)
            return "".join(found)

        return get

    def _choice(self, expression: Choice) -> Get:
        of = self.raw(expression.of)
        table = self.words.table(expression.table)
        normal = self.words.normal

        def get(view: View) -> object:
            found = of(view)
            if isinstance(found, bool):
                found = str(found).lower()
            return None if found is None else table.get(normal(str(found)))

        return get

    def _call(self, call: Call) -> Get:
        if call.name == "extension":
            return self._extension(call)
        if CALLS[call.name] == "type":
            return self._related(call)
        values = self.spoken(call)
        return lambda view: next(iter(values(view)), None)

    def _extension(self, call: Call) -> Get:
        keys = self.words.extensions(call.sets or tuple(self._rules.concepts["extension"]), self._rules)

        def get(view: View) -> object:
            for extensions in view.extensions:
                for key in keys:
                    if key in extensions and (found := extensions[key]) is not None:
                        return found
            return None

        return get

    def _related(self, call: Call) -> Get:
        own = call.name == "object"
        names = views.CONTEXT if call.name == "context" else (call.name,)
        wanted = self.words.members("type", call.sets) if call.sets else None
        normal = self.words.normal

        def get(view: View) -> str | None:
            for each in () if own else views.contexts(view.statement, names):
                if wanted is None or typed(each, normal) in wanted:
                    iri = each.get("id")
                    return iri if isinstance(iri, str) else None
            if own and (wanted is None or typed(view.statement.get("object"), normal) in wanted):
                return views.activity(view.statement)
            return None

        return get

    def spoken(self, call: Call) -> Callable[[View], Sequence[object]]:
        """The agents or groups of contextAgents or contextGroups, relevant as one of the sets. (2.0 4.2.2.6)"""
        wanted = self.words.members("relevant", call.sets) if call.sets else None
        inner = "agent" if call.name == "contextAgents" else "group"
        normal = self.words.normal

        def get(view: View) -> Sequence[object]:
            context = view.statement.get("context")
            listed = context.get(call.name) if isinstance(context, dict) else None
            if not isinstance(listed, list):
                return ()
            return [
                each.get(inner) for each in listed
                if isinstance(each, dict) and (wanted is None or relevant(each, wanted, normal))
            ]  # fmt: skip

        return get

    # Persons

    def people(self, expression: Expression, *, every: bool = False) -> People:
        """Persons in order, none twice; of a list the first option that gives any, or `every` one's together."""
        if isinstance(expression, Each):
            return lambda view: NOBODY if view.each is None else (view.each,)
        if isinstance(expression, First):
            options = [self.people(each, every=every) for each in expression.options]
            if every:
                return lambda view: list(dict.fromkeys(ifi for option in options for ifi in option(view)))
            return _first_people(options)
        if isinstance(expression, Who):
            return self._who(expression)
        if isinstance(expression, Path):
            values = paths.values(expression)
            return lambda view: _agents(view, values(view.statement))
        if isinstance(expression, Call) and expression.name in {"contextAgents", "contextGroups"}:
            spoken = self.spoken(expression)
            return lambda view: _agents(view, spoken(view))
        raw = self.raw(expression)
        return lambda view: view.agents(raw(view))

    def _who(self, who: Who) -> People:
        of = self.people(who.of, every=True)
        roles = frozenset(who.role)
        assigned = None if who.assigned is None else self.people(who.assigned, every=True)
        without = None if who.without is None else self.people(who.without, every=True)

        def get(view: View) -> Sequence[str]:
            found = of(view)
            if found and without is not None:
                gone = without(view)
                found = [ifi for ifi in found if ifi not in gone]
            if found and assigned is not None:
                educators = assigned(view)
                found = [ifi for ifi in found if any(view.is_assigned(ifi, each) for each in educators)]
            return [ifi for ifi in found if roles & view.roles(ifi)] if roles else found

        return get

    # What resolves

    def criteria(self, expression: Expression) -> Found:
        """The criteria that are named at some places, in their order; one may come twice."""
        return self._resolving(expression, resolving.CRITERIA, View.criterion_of)

    def cohorts(self, expression: Expression) -> Found:
        """The cohorts that are named at some places."""
        return self._resolving(expression, resolving.COHORTS, lambda view, iri: view.cohort_of((iri,)))

    def levels(self, expression: Expression) -> Callable[[View], Iterator[tuple[str, str]]]:
        """The levels that are named at some places, each with its criterion."""
        return self._resolving(expression, resolving.LEVELS, View.level_of)

    def _resolving(
        self, expression: Expression, places: Mapping[str, resolving.Find], resolve: Callable[[View, str], Any]
    ) -> Callable[[View], Iterator[Any]]:
        """What resolves, at places or at the IRIs that an expression gives."""
        if isinstance(expression, First):
            options = [self._resolving(each, places, resolve) for each in expression.options]
            return lambda view: (found for option in options for found in option(view))
        if isinstance(expression, Places):
            finders = [places[name] for name in expression.names]
            keys = tuple(self._rules.concepts["extension"].get("alignment", ()))
            return lambda view: (
                found for inner in views.told(view.statement) for find in finders for found in find(view, inner, keys)
            )
        values = self._several(expression)

        def get(view: View) -> Iterator[Any]:
            for value in values(view):
                for iri in value if isinstance(value, list) else (value,):
                    if isinstance(iri, str) and (found := resolve(view, iri)) is not None:
                        yield found

        return get

    def _several(self, expression: Expression) -> Callable[[View], Sequence[object]]:
        if isinstance(expression, Path):
            values = paths.values(expression)
            return lambda view: values(view.statement)
        raw = self.raw(expression)
        return lambda view: (raw(view),)


def typed(activity: object, normal: Callable[[str], str]) -> str | None:
    """The type of an activity, normal."""
    definition = activity.get("definition") if isinstance(activity, dict) else None
    found = definition.get("type") if isinstance(definition, dict) else None
    return normal(found) if isinstance(found, str) else None


def relevant(each: Mapping[str, Any], wanted: frozenset[str], normal: Callable[[str], str]) -> bool:
    """Whether a contextAgent or contextGroup has one of the relevant types."""
    types = each.get("relevantTypes")
    return isinstance(types, list) and any(isinstance(iri, str) and normal(iri) in wanted for iri in types)


def score(value: object) -> Mapping[str, float] | None:
    """The finite numbers of a score."""
    if not isinstance(value, dict):
        return None
    found = {key: views.number(value.get(key)) for key in ("raw", "min", "max", "scaled")}
    return {key: number for key, number in found.items() if number is not None} or None


def instant(at: datetime | None) -> str | None:
    """A time as RFC 3339 in UTC."""
    return None if at is None else at.isoformat().replace("+00:00", "Z")


def _first(options: Sequence[Get]) -> Get:
    def get(view: View) -> object:
        for option in options:
            if (found := option(view)) is not None:
                return found
        return None

    return get


def _first_people(options: Sequence[People]) -> People:
    def get(view: View) -> Sequence[str]:
        for option in options:
            if found := option(view):
                return found
        return NOBODY

    return get


def _agents(view: View, found: Sequence[object]) -> Sequence[str]:
    if not found:
        return NOBODY
    if len(found) == 1:
        people = view.agents(found[0])
        return people if len(people) < 2 else list(dict.fromkeys(people))
    return list(dict.fromkeys(ifi for each in found for ifi in view.agents(each)))


def _text(_: View, value: object) -> str | None:
    if isinstance(value, str):
        return views.bounded(value) if value else None
    if isinstance(value, bool) or (number := views.number(value)) is None:
        return None
    return f"{number:.15g}"


def _word(words: Sequence[str]) -> Convert:
    return lambda _, value: value if isinstance(value, str) and value in words else None


def _local_day(view: View) -> str:
    return view.day(view.at).isoformat()


def _planned_day(view: View) -> str | None:
    return None if view.planned is None else view.day(view.planned).isoformat()
