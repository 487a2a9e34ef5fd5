"""The expressions of a mapping as closures over a `View`: each gives the value of a field, or None."""

from collections.abc import Callable, Mapping, Sequence
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
from projections.facts.getters import Always, Found, Get, Level, People, Spoken, nobody, nothing, nowhere
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
        self._firsts: dict[tuple[resolving.Look, tuple[str, ...]], Get] = {}

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
            return nobody if spoken is nobody else lambda view: getters.agents(view, spoken(view))
        raw = self.raw(expression)
        return nobody if raw is nothing else lambda view: view.agents(raw(view))

    def _agents(self, path: Path) -> People:
        if self.shape.lacks(path):
            return nobody
        if paths.plain(path) is None:
            values = paths.values(path)
            return lambda view: getters.agents(view, values(view.statement))
        if path not in self._acting:
            self._acting[path] = getters.acting(self._path(path))
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

    def criterion(self, expression: Expression) -> Get:
        """The first criterion that is named."""
        return self._first(expression, resolving.CRITERIA, resolving.CRITERION)

    def cohort(self, expression: Expression) -> Get:
        """The first cohort that is named."""
        return self._first(expression, resolving.COHORTS, resolving.COHORT)

    def _first(self, expression: Expression, places: Mapping[str, resolving.Place], look: resolving.Look) -> Get:
        """What is named at places is looked up once for a statement, whichever conditions and fields ask for it."""
        # In a SubStatement as well, all of it is looked through for one place before the next.
        names = resolving.names(expression) if self.shape.is_whole or isinstance(expression, Places) else ()
        if names:
            key = (look, names)
            if key not in self._firsts:
                self._firsts[key] = self._at([places[name] for name in names])
            return self._firsts[key]
        if isinstance(expression, First):
            return getters.first([self._first(each, places, look) for each in expression.options])
        values = self._several(expression)
        return lambda view: view.first_of(look(view), resolving.texts(values(view)))

    def _at(self, places: Sequence[resolving.Place]) -> Get:
        finds = [place.first for place in places if self._is_anything(place.path)]
        if not finds:
            return nothing
        told = self._told()
        keys = self._alignment()

        def get(view: View) -> str | None:
            for statement in told(view):
                for find in finds:
                    if (found := find(view, statement, keys)) is not None:
                        return found
            return None

        return getters.once(get)

    def criteria(self, expression: Expression) -> Found:
        """All criteria that are named, in the order of their places, none twice."""
        if isinstance(expression, First):
            return getters.together([self.criteria(each) for each in expression.options])
        if not isinstance(expression, Places):
            values = self._several(expression)
            return lambda view: getters.unique(
                view.every_of(view.lookups.criterion, resolving.texts(values(view)))
            )  # fmt: skip
        places = [resolving.CRITERIA[name] for name in expression.names]
        finds = [place.every for place in places if self._is_anything(place.path)]
        if not finds:
            return nowhere
        told = self._told()
        keys = self._alignment()

        def get(view: View) -> Sequence[str]:
            return list(dict.fromkeys(
                [found for statement in told(view) for find in finds for found in find(view, statement, keys)]
            ))  # fmt: skip

        return get

    def level(self, expression: Expression) -> Level | None:
        """The first level of a criterion that is named; None where none is in any statement of the shape."""
        if isinstance(expression, First):
            return getters.levels([self.level(each) for each in expression.options])
        if not isinstance(expression, Places):
            values = self._several(expression)
            return lambda view, criterion: view.level_of(criterion, resolving.texts(values(view)))
        places = [resolving.LEVELS[name] for name in expression.names]
        every = [place.iris for place in places if self._is_anything(place.path)]
        told = self._told()

        def get(view: View, criterion: str | None) -> str | None:
            for statement in told(view):
                for iris in every:
                    level = view.level_of(criterion, iris(view, statement))
                    if level is not None:
                        return level
            return None

        return get if every else None

    def _told(self) -> Callable[[View], Sequence[Mapping[str, Any]]]:
        """What may name things: the statement and, if there may be one, the SubStatement in it."""
        if self.shape.is_whole:
            return lambda view: (view.statement,)
        return lambda view: views.told(view.statement)

    def _is_anything(self, path: Path | None) -> bool:
        return path is None or not self.shape.is_whole or not self.shape.lacks(path)

    def _alignment(self) -> Sequence[str]:
        return tuple(self._rules.concepts["extension"].get("alignment", ()))

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


def _local_day(view: View) -> str:
    return view.day(view.at).isoformat()


def _planned_day(view: View) -> str | None:
    planned = values.moment(view.planned)
    return None if planned is None else view.day(planned).isoformat()
