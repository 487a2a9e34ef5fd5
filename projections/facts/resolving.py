"""Where a statement may name a criterion, a level or a cohort, and which one it then is."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any, Final, TypeAlias

import msgspec

from lrs.reference import jsonpath
from lrs.reference.expressions import Expression, First, Places
from lrs.reference.jsonpath import Path
from lrs.xapi import values
from projections.facts import view as views
from projections.facts.lookups import Lookup
from projections.facts.view import View

# The IRIs, or names, that stand there in a statement (or the SubStatement in it).
Iris: TypeAlias = Callable[[View, Mapping[str, Any]], Iterable[str]]
# What a statement names there; the texts are the keys of the alignment extension.
FirstOf: TypeAlias = Callable[[View, Mapping[str, Any], Sequence[str]], str | None]
EveryOf: TypeAlias = Callable[[View, Mapping[str, Any], Sequence[str]], Iterable[str]]
Look: TypeAlias = Callable[[View], Lookup[str]]


class Place(msgspec.Struct, frozen=True):
    """The first and all that are found there; where nothing stands at `path`, nothing is found."""

    first: FirstOf
    every: EveryOf
    path: Path | None = None


class Levels(msgspec.Struct, frozen=True):
    """Where IRIs of levels stand."""

    iris: Iris
    path: Path


CRITERION: Final[Look] = attrgetter("lookups.criterion")
COHORT: Final[Look] = attrgetter("lookups.cohort")
# The criterion of which an IRI names a level.
LEVELLED: Final[Look] = attrgetter("lookups.levelled")
# Longer texts are no IRIs of levels, but what somebody wrote.
LONGEST: Final = 2_000


def texts(values: Iterable[object]) -> Iterator[str]:
    """The texts among some values, and in those that are lists."""
    for value in values:
        for text in value if isinstance(value, list) else (value,):
            if isinstance(text, str):
                yield text


def names(expression: Expression) -> tuple[str, ...]:
    """The names of the places that an expression consists of, if it does."""
    if isinstance(expression, Places):
        return expression.names
    if isinstance(expression, First):
        every = [names(each) for each in expression.options]
        return tuple(name for some in every for name in some) if all(every) else ()
    return ()


def _first_aligned(view: View, statement: Mapping[str, Any], keys: Sequence[str]) -> str | None:
    return next(iter(_aligned(view, statement, keys)), None)


def _aligned(view: View, statement: Mapping[str, Any], keys: Sequence[str]) -> Sequence[str]:
    """By the alignment extension and by reference data: of the object, else of the nearest that it is part of."""
    holder = statement.get("object")
    found: Sequence[str] = ()
    if isinstance(holder, dict) and holder.get("objectType", "Activity") == "Activity":
        found = _says(view, holder, keys)
    for activity in () if found else views.contexts(statement, ("parent", "grouping")):
        found = _says(view, activity, keys)
        if found:
            break
    return found


def _first_other(view: View, statement: Mapping[str, Any], keys: Sequence[str]) -> str | None:
    return next(iter(_other(view, statement, keys)), None)


def _other(view: View, statement: Mapping[str, Any], keys: Sequence[str]) -> Sequence[str]:
    """By the alignment of what the context names as other: what is told of is there where it is no part of anything."""
    return [found for activity in views.contexts(statement, ("other",)) for found in _says(view, activity, keys)]


def _says(view: View, activity: Mapping[str, Any], keys: Sequence[str]) -> Sequence[str]:
    """What an activity says that it is aligned with, and what reference data says."""
    definition = activity.get("definition")
    extensions = definition.get("extensions") if isinstance(definition, dict) else None
    found: list[str] = []
    if isinstance(extensions, dict):
        found += view.every_of(view.lookups.criterion, texts(map(extensions.get, keys)))
    iri = activity.get("id")
    if isinstance(iri, str):
        found += view.aligned(iri)
    return found


def _object_iris(_: View, statement: Mapping[str, Any]) -> Sequence[str]:
    iri = views.activity(statement)
    return () if iri is None else (iri,)


def _context_iris(view: View, statement: Mapping[str, Any]) -> Sequence[str]:
    if statement is not view.statement:
        return _iris(statement)
    found: Sequence[str] | None = view.found.get(_iris)
    if found is None:
        found = view.found[_iris] = _iris(statement)
    return found


def _iris(statement: Mapping[str, Any]) -> Sequence[str]:
    return [iri for each in views.contexts(statement) if isinstance(iri := each.get("id"), str)]


def _result_iris(_: View, statement: Mapping[str, Any]) -> Sequence[str]:
    """IRIs that are the response, or the value of an extension."""
    result = statement.get("result")
    if not isinstance(result, dict):
        return ()
    extensions = result.get("extensions")
    told = (result.get("response"), *(extensions.values() if isinstance(extensions, dict) else ()))
    return [iri for iri in told if isinstance(iri, str) and len(iri) <= LONGEST and values.is_iri(iri)]


def _level_iris(view: View, statement: Mapping[str, Any]) -> Sequence[str]:
    return [*_context_iris(view, statement), *_result_iris(view, statement)]


def _object_names(_: View, statement: Mapping[str, Any]) -> Iterable[str]:
    iri = views.activity(statement)
    return _names(statement.get("object")) if iri is None else (iri,)


def _team_names(_: View, statement: Mapping[str, Any]) -> Iterable[str]:
    context = statement.get("context")
    return _names(context.get("team") if isinstance(context, dict) else None)


def _group_names(_: View, statement: Mapping[str, Any]) -> Iterable[str]:
    """By the contextGroups of xAPI 2.0."""
    context = statement.get("context")
    listed = context.get("contextGroups") if isinstance(context, dict) else None
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, dict):
            yield from _names(each.get("group"))


def _actor_names(_: View, statement: Mapping[str, Any]) -> Iterable[str]:
    return _names(statement.get("actor"))


def _names(group: object) -> Iterable[str]:
    return views.group_names(group) if isinstance(group, dict) and group.get("objectType") == "Group" else ()


def _place(look: Look, iris: Iris, path: str = "") -> Place:
    def first(view: View, statement: Mapping[str, Any], _: Sequence[str]) -> str | None:
        return view.first_of(look(view), iris(view, statement))

    def every(view: View, statement: Mapping[str, Any], _: Sequence[str]) -> Sequence[str]:
        return view.every_of(look(view), iris(view, statement))

    return Place(first, every, jsonpath.parse(path) if path else None)


_CONTEXT: Final = "$.context.contextActivities.*"
_RESULT: Final = "$.result.response | $.result.extensions.*"
CRITERIA: Final[Mapping[str, Place]] = {
    "object": _place(CRITERION, _object_iris),
    "aligned": Place(_first_aligned, _aligned),
    "context": _place(CRITERION, _context_iris, _CONTEXT),
    "level": _place(LEVELLED, _level_iris, f"{_CONTEXT} | {_RESULT}"),
    "other": Place(_first_other, _other, jsonpath.parse("$.context.contextActivities.other")),
}
LEVELS: Final[Mapping[str, Levels]] = {
    "context": Levels(_context_iris, jsonpath.parse(_CONTEXT)),
    "result": Levels(_result_iris, jsonpath.parse(_RESULT)),
}
COHORTS: Final[Mapping[str, Place]] = {
    "object": _place(COHORT, _object_names),
    "context": _place(COHORT, _context_iris, _CONTEXT),
    "team": _place(COHORT, _team_names, "$.context.team"),
    "groups": _place(COHORT, _group_names, "$.context.contextGroups"),
    "actor": _place(COHORT, _actor_names),
}
