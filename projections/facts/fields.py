"""The expressions of a mapping as closures over a `View`: each gives the value of a field, or None."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

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
from lrs.xapi import values
from projections.facts import forms, getters, paths, resolving
from projections.facts import view as views
from projections.facts.getters import Always, Found, Get, People, Spoken, nobody, nothing, nowhere
from projections.facts.shapes import ANY, Shape
from projections.facts.view import NOBODY, OVER_LONG, View
from projections.facts.vocabulary import Vocabulary

RELATED: Final = ("context", "contextActivities")
# Nearest first.
EXTENDED: Final = (("context", "extensions"), ("result", "extensions"), ("object", "definition", "extensions"))


class Compiler:
    """Makes closures of the expressions of one mapping, for statements of one shape or for all."""

    def __init__(self, rules: Rules, words: Vocabulary | None = None, shape: Shape = ANY) -> None:
        self.words = words or Vocabulary(rules)
        self.shape = shape
        self.label = rules.label
        self._rules = rules
        self._acting: dict[Path, People] = {}
        self._firsts: dict[tuple[Form, Places], Get] = {}

    def within(self, shape: Shape) -> "Compiler":
        """One of the same mapping for statements of a shape."""
        return Compiler(self._rules, self.words, shape)

    def value(self, expression: Expression, field: Field) -> Get:
        """The value of a field that is neither a person nor to be resolved: converted by its form, else None."""
        if isinstance(expression, First):
            return getters.first([self.value(each, field) for each in expression.options])
        raw = self.raw(expression)
        if raw is nothing:
            return nothing
        if field.form is Form.MINUTES:
            return self._minutes(raw)
        return getters.converted(raw, forms.of(field))

    def raw(self, expression: Expression) -> Get:
        """What stands there, unconverted."""
        if isinstance(expression, Path):
            return self._path(expression)
        if isinstance(expression, Const):
            return Always(expression.value)
        if isinstance(expression, Each):
            return _each
        if isinstance(expression, Day):
            return _planned_day if expression.planned else _local_day
        if isinstance(expression, Template):
            return self._template(expression)
        if isinstance(expression, Choice):
            return self._choice(expression)
        if isinstance(expression, Call):
            return self._call(expression)
        if isinstance(expression, First):
            return getters.first([self.raw(each) for each in expression.options])
        return self.person(expression)

    def _path(self, path: Path) -> Get:
        if self.shape.lacks(path):
            return nothing
        keys = paths.plain(path)
        if keys is not None and self.shape.says(keys):
            return getters.always(self.shape.text(keys))
        if keys is not None and self.shape.has(keys):
            return getters.surely(keys)
        find = paths.first(path)
        return lambda view: find(view.statement)

    def _minutes(self, raw: Get) -> Get:
        longest = self.words.longest

        def get(view: View) -> float | None:
            found = views.minutes(raw(view))
            if found is not None and longest is not None and found > longest:
                if OVER_LONG not in view.flags:
                    view.flags = (*view.flags, OVER_LONG)
                return None
            return found

        return get

    def _template(self, expression: Template) -> Get:
        parts: list[Get] = [
            Always(part) if isinstance(part, str) else getters.converted(self.raw(part), forms.text)
            for part in expression.parts
        ]
        if nothing in parts:
            return nothing

        def get(view: View) -> str | None:
            found = ""
            for part in parts:
                text = part(view)
                if text is None:
                    return None
                found += text
            return found

        return get

    def _choice(self, expression: Choice) -> Get:
        table = self.words.table(expression.table)
        normal = self.words.normal

        def choose(found: object) -> object:
            return table.get(normal(str(found).lower() if isinstance(found, bool) else str(found)))

        return getters.converted(self.raw(expression.of), choose)

    def _call(self, call: Call) -> Get:
        if call.name == "extension":
            return self._extension(call)
        if CALLS[call.name] == "type":
            return self._own(call) if call.name == "object" else self._related(call)
        values = self.spoken(call)
        return nothing if values is nobody else lambda view: next(iter(values(view)), None)

    def _extension(self, call: Call) -> Get:
        keys = self.words.extensions(call.sets or tuple(self._rules.concepts["extension"]), self._rules)
        if self.shape.head is not None:
            every = [(*holder, key) for holder in EXTENDED for key in keys]
            return getters.first([getters.surely(each) for each in every if self.shape.has(each)])

        def get(view: View) -> object:
            for extensions in view.extensions:
                for key in keys:
                    if key in extensions and (found := extensions[key]) is not None:
                        return found
            return None

        return get

    def relations(self, names: Sequence[str]) -> Sequence[str]:
        """Those relations of context activities that there may be."""
        return [name for name in names if self.shape.may_have((*RELATED, name))]

    def _related(self, call: Call) -> Get:
        names = self.relations(views.CONTEXT if call.name == "context" else (call.name,))
        if not names:
            return nothing
        wanted = self.words.members("type", call.sets) if call.sets else None
        normal = self.words.normal

        def get(view: View) -> str | None:
            for each in views.contexts(view.statement, names):
                if wanted is None or typed(each, normal) in wanted:
                    iri = each.get("id")
                    return iri if isinstance(iri, str) else None
            return None

        return get

    def _own(self, call: Call) -> Get:
        wanted = self.words.members("type", call.sets) if call.sets else None
        normal = self.words.normal
        head = self.shape.head
        if head is not None:
            is_wanted = wanted is None or (head[2] is not None and normal(head[2]) in wanted)
            return (lambda view: views.activity(view.statement)) if is_wanted else nothing
        return lambda view: (
            views.activity(view.statement)
            if wanted is None or typed(view.statement.get("object"), normal) in wanted else None
        )  # fmt: skip

    def spoken(self, call: Call) -> Spoken:
        """The agents or groups of contextAgents or contextGroups, relevant as one of the sets. (2.0 4.2.2.6)"""
        if not self.shape.may_have(("context", call.name)):
            return nobody
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

    def person(self, expression: Expression) -> Get:
        """The first of `people`."""
        if isinstance(expression, Each):
            return _each
        people = self.people(expression)
        if people is nobody:
            return nothing

        def get(view: View) -> str | None:
            found = people(view)
            return found[0] if found else None

        return get

    def people(self, expression: Expression, *, every: bool = False) -> People:
        """Persons in order, none twice; of a list the first option that gives any, or `every` one's together."""
        if isinstance(expression, Each):
            return lambda view: NOBODY if view.each is None else (view.each,)
        if isinstance(expression, First):
            return getters.persons([self.people(each, every=every) for each in expression.options], every=every)
        if isinstance(expression, Who):
            return self._who(expression)
        if isinstance(expression, Path):
            return self._agents(expression)
        if isinstance(expression, Call) and expression.name in {"contextAgents", "contextGroups"}:
            spoken = self.spoken(expression)
            return nobody if spoken is nobody else lambda view: _agents(view, spoken(view))
        raw = self.raw(expression)
        return nobody if raw is nothing else lambda view: view.agents(raw(view))

    def _agents(self, path: Path) -> People:
        if self.shape.lacks(path):
            return nobody
        if paths.plain(path) is None:
            values = paths.values(path)
            return lambda view: _agents(view, values(view.statement))
        if path not in self._acting:
            self._acting[path] = _acting(self._path(path))
        return self._acting[path]

    def _who(self, who: Who) -> People:
        of = self.people(who.of, every=True)
        if of is nobody:
            return nobody
        roles = frozenset(who.role)
        assigned = None if who.assigned is None else self.people(who.assigned, every=True)
        without = nobody if who.without is None else self.people(who.without, every=True)

        def get(view: View) -> Sequence[str]:
            found = of(view)
            if found and without is not nobody:
                gone = without(view)
                found = [ifi for ifi in found if ifi not in gone]
            if found and assigned is not None:
                educators = assigned(view)
                found = [ifi for ifi in found if any(view.is_assigned(ifi, each) for each in educators)]
            return [ifi for ifi in found if not roles.isdisjoint(view.roles(ifi))] if roles else found

        return of if without is nobody and assigned is None and not roles else get

    # What resolves

    def criteria(self, expression: Expression) -> Found:
        """The criteria that are named at some places, in their order; one may come twice."""
        return self._resolving(expression, resolving.CRITERIA, View.criterion_of)

    def cohorts(self, expression: Expression) -> Found:
        """The cohorts that are named at some places."""
        return self._resolving(expression, resolving.COHORTS, lambda view, iri: view.cohort_of((iri,)))

    def levels(self, expression: Expression) -> Found:
        """The levels that are named at some places, each with its criterion."""
        return self._resolving(expression, resolving.LEVELS, View.level_of)

    def criterion(self, expression: Expression) -> Get:
        """The first criterion that is named."""
        return self._one(expression, Form.CRITERION, self.criteria)

    def cohort(self, expression: Expression) -> Get:
        """The first cohort that is named."""
        return self._one(expression, Form.COHORT, self.cohorts)

    def _one(self, expression: Expression, form: Form, compile_: Callable[[Expression], Found]) -> Get:
        """What is named at places is looked up once for a statement, whichever conditions and fields ask for it."""
        if not isinstance(expression, Places):
            return getters.leading(compile_(expression))
        key = (form, expression)
        if key not in self._firsts:
            first = getters.leading(compile_(expression))
            self._firsts[key] = nothing if first is nothing else getters.once(first)
        return self._firsts[key]

    def _resolving(
        self, expression: Expression, places: Mapping[str, resolving.Place], resolve: Callable[[View, str], Any]
    ) -> Found:
        """What resolves, at places or at the IRIs that an expression gives."""
        if isinstance(expression, First):
            return getters.together([self._resolving(each, places, resolve) for each in expression.options])
        if isinstance(expression, Places):
            return self._places([places[name] for name in expression.names])
        values = self._several(expression)

        def get(view: View) -> Iterator[Any]:
            for value in values(view):
                for iri in value if isinstance(value, list) else (value,):
                    if isinstance(iri, str) and (found := resolve(view, iri)) is not None:
                        yield found

        return get

    def _places(self, places: Sequence[resolving.Place]) -> Found:
        keys = tuple(self._rules.concepts["extension"].get("alignment", ()))
        if not self.shape.is_whole:
            return lambda view: (
                found for inner in views.told(view.statement) for place in places
                for found in place.find(view, inner, keys)
            )  # fmt: skip
        finds = [place.find for place in places if place.path is None or not self.shape.lacks(place.path)]
        if not finds:
            return nowhere
        if len(finds) == 1:
            (only,) = finds
            return lambda view: only(view, view.statement, keys)

        def get(view: View) -> Iterator[Any]:
            statement = view.statement
            for find in finds:
                yield from find(view, statement, keys)

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


def _each(view: View) -> str | None:
    return view.each


def _acting(raw: Get) -> People:
    """Those that stand there are remembered while a statement is mapped."""

    def get(view: View) -> Sequence[str]:
        found: Sequence[str] | None = view.found.get(raw)
        if found is None:
            found = view.found[raw] = getters.unique(view.agents(raw(view)))
        return found

    return get


def _agents(view: View, found: Sequence[object]) -> Sequence[str]:
    if not found:
        return NOBODY
    if len(found) == 1:
        return getters.unique(view.agents(found[0]))
    return list(dict.fromkeys(ifi for each in found for ifi in view.agents(each)))


def _local_day(view: View) -> str:
    return view.day(view.at).isoformat()


def _planned_day(view: View) -> str | None:
    planned = values.moment(view.planned)
    return None if planned is None else view.day(planned).isoformat()
