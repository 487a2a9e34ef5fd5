"""Where a statement may name a criterion, a level or a cohort, and which one it then is."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

import msgspec

from lrs.reference import jsonpath
from lrs.reference.jsonpath import Path
from lrs.xapi import values
from projections.facts import view as views
from projections.facts.view import View

# What is found in a statement (or the SubStatement in it); the texts are the keys of the alignment extension.
Find: TypeAlias = Callable[[View, Mapping[str, Any], Sequence[str]], Iterator[Any]]


class Place(msgspec.Struct, frozen=True):
    """How it is found there; where nothing stands at `path`, nothing is found."""

    find: Find
    path: Path | None = None


# Longer texts are no IRIs of levels, but what somebody wrote.
LONGEST: Final = 2_000


def _object_criteria(view: View, statement: Mapping[str, Any], _: Sequence[str]) -> Iterator[str]:
    iri = views.activity(statement)
    if iri is not None and (found := view.criterion_of(iri)) is not None:
        yield found


def _aligned_criteria(view: View, statement: Mapping[str, Any], keys: Sequence[str]) -> Iterator[str]:
    """By the alignment extension and by reference data: of the object, else of the nearest that it is part of."""
    holder = statement.get("object")
    found: Sequence[str] = ()
    if isinstance(holder, dict) and holder.get("objectType", "Activity") == "Activity":
        found = [*_says(view, holder, keys), *_is_aligned(view, holder)]
    for activity in () if found else views.contexts(statement, ("parent", "grouping")):
        found = [*_says(view, activity, keys), *_is_aligned(view, activity)]
        if found:
            break
    yield from found


def _other_criteria(view: View, statement: Mapping[str, Any], keys: Sequence[str]) -> Iterator[str]:
    """By the alignment of what the context names as other: what is told of is there where it is no part of anything."""
    for activity in views.contexts(statement, ("other",)):
        yield from _says(view, activity, keys)
        yield from _is_aligned(view, activity)


def _says(view: View, activity: object, keys: Sequence[str]) -> Iterator[str]:
    definition = activity.get("definition") if isinstance(activity, dict) else None
    extensions = definition.get("extensions") if isinstance(definition, dict) else None
    if not isinstance(extensions, dict):
        return
    for key in keys:
        value = extensions.get(key)
        for iri in value if isinstance(value, list) else (value,):
            if isinstance(iri, str) and (found := view.criterion_of(iri)) is not None:
                yield found


def _is_aligned(view: View, activity: object) -> Sequence[str]:
    iri = activity.get("id") if isinstance(activity, dict) else None
    return view.aligned(iri) if isinstance(iri, str) else ()


def _context_criteria(view: View, statement: Mapping[str, Any], _: Sequence[str]) -> Iterator[str]:
    for iri in _context_iris(view, statement):
        if (found := view.criterion_of(iri)) is not None:
            yield found


def _level_criteria(view: View, statement: Mapping[str, Any], keys: Sequence[str]) -> Iterator[str]:
    for place in LEVELS.values():
        for criterion, _level in place.find(view, statement, keys):
            yield criterion


def _context_levels(view: View, statement: Mapping[str, Any], _: Sequence[str]) -> Iterator[tuple[str, str]]:
    for iri in _context_iris(view, statement):
        if (found := view.level_of(iri)) is not None:
            yield found


def _context_iris(view: View, statement: Mapping[str, Any]) -> Sequence[str]:
    if statement is not view.statement:
        return _iris(statement)
    found: Sequence[str] | None = view.found.get(_iris)
    if found is None:
        found = view.found[_iris] = _iris(statement)
    return found


def _iris(statement: Mapping[str, Any]) -> Sequence[str]:
    return [iri for each in views.contexts(statement) if isinstance(iri := each.get("id"), str)]


def _result_levels(view: View, statement: Mapping[str, Any], _: Sequence[str]) -> Iterator[tuple[str, str]]:
    """By IRIs that are the response, or the value of an extension."""
    result = statement.get("result")
    if not isinstance(result, dict):
        return
    extensions = result.get("extensions")
    for iri in (result.get("response"), *(extensions.values() if isinstance(extensions, dict) else ())):
        if (
            isinstance(iri, str)
            and len(iri) <= LONGEST
            and values.is_iri(iri)
            and (found := view.level_of(iri)) is not None
        ):
            yield found


def _object_cohorts(view: View, statement: Mapping[str, Any], _: Sequence[str]) -> Iterator[str]:
    iri = views.activity(statement)
    if iri is None:
        yield from _named(view, statement.get("object"))
    elif (found := view.cohort_of((iri,))) is not None:
        yield found


def _context_cohorts(view: View, statement: Mapping[str, Any], _: Sequence[str]) -> Iterator[str]:
    for iri in _context_iris(view, statement):
        if (found := view.cohort_of((iri,))) is not None:
            yield found


def _team_cohorts(view: View, statement: Mapping[str, Any], _: Sequence[str]) -> Iterator[str]:
    context = statement.get("context")
    return _named(view, context.get("team") if isinstance(context, dict) else None)


def _group_cohorts(view: View, statement: Mapping[str, Any], _: Sequence[str]) -> Iterator[str]:
    """By the contextGroups of xAPI 2.0."""
    context = statement.get("context")
    listed = context.get("contextGroups") if isinstance(context, dict) else None
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, dict):
            yield from _named(view, each.get("group"))


def _actor_cohorts(view: View, statement: Mapping[str, Any], _: Sequence[str]) -> Iterator[str]:
    return _named(view, statement.get("actor"))


def _named(view: View, group: object) -> Iterator[str]:
    if isinstance(group, dict) and group.get("objectType") == "Group":
        found = view.cohort_of(views.group_names(group))
        if found is not None:
            yield found


def _place(find: Find, path: str = "") -> Place:
    return Place(find=find, path=jsonpath.parse(path) if path else None)


_CONTEXT: Final = "$.context.contextActivities.*"
_RESULT: Final = "$.result.response | $.result.extensions.*"
CRITERIA: Final[Mapping[str, Place]] = {
    "object": _place(_object_criteria),
    "aligned": _place(_aligned_criteria),
    "context": _place(_context_criteria, _CONTEXT),
    "level": _place(_level_criteria, f"{_CONTEXT} | {_RESULT}"),
    "other": _place(_other_criteria, "$.context.contextActivities.other"),
}
LEVELS: Final[Mapping[str, Place]] = {
    "context": _place(_context_levels, _CONTEXT),
    "result": _place(_result_levels, _RESULT),
}
COHORTS: Final[Mapping[str, Place]] = {
    "object": _place(_object_cohorts),
    "context": _place(_context_cohorts, _CONTEXT),
    "team": _place(_team_cohorts, "$.context.team"),
    "groups": _place(_group_cohorts, "$.context.contextGroups"),
    "actor": _place(_actor_cohorts),
}
