"""Statement Templates of xAPI Profiles: what a statement must hold to follow one. Pure.

A template is given by itself, as its profile writes it, or as the IRI of a profile's version, which statements that
follow the profile name among the categories of their context. (xAPI Profiles, Communication 2.1)
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, Literal, TypeAlias

import msgspec

from lrs.errors import Invalid
from lrs.reference import jsonpath
from lrs.reference.jsonpath import Path
from lrs.xapi import misfit, values

Json: TypeAlias = Mapping[str, Any]
RELATIONS: Final = ("parent", "grouping", "other", "category")
# They are about another statement, which an event does not hold.
ELSEWHERE: Final = ("objectStatementRefTemplate", "contextStatementRefTemplate")
RULE: Final = "filter.template"
MOST_RULES: Final = 100


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule of a template: what may be found at `location`, and of each value at `selector`."""

    location: str
    selector: str | None = None
    presence: Literal["included", "excluded", "recommended"] | None = None
    any: tuple[Any, ...] | None = None
    all: tuple[Any, ...] | None = None
    none: tuple[Any, ...] | None = None
    scope_note: Any = msgspec.field(default=None, name="scopeNote")


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """A template as profiles write it; what only describes it is passed over."""

    id: str = ""
    in_scheme: str | None = msgspec.field(default=None, name="inScheme")
    verb: str | None = None
    object_type: str | None = msgspec.field(default=None, name="objectActivityType")
    parent: tuple[str, ...] = msgspec.field(default=(), name="contextParentActivityType")
    grouping: tuple[str, ...] = msgspec.field(default=(), name="contextGroupingActivityType")
    other: tuple[str, ...] = msgspec.field(default=(), name="contextOtherActivityType")
    category: tuple[str, ...] = msgspec.field(default=(), name="contextCategoryActivityType")
    attachment: tuple[str, ...] = msgspec.field(default=(), name="attachmentUsageType")
    rules: tuple[Rule, ...] = ()


def check(text: str) -> str:
    """The text of a template or of an IRI, if it is one; else Invalid."""
    if not text.startswith("{"):
        if not values.is_iri(text):
            raise Invalid("a template is the IRI of a profile, or a Statement Template in JSON", rule=RULE)
        return text
    try:
        given = msgspec.json.decode(text, type=dict[str, Any])
        made = msgspec.convert(given, Template)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise misfit.refused(error, "a Statement Template", rule=RULE) from error
    if unknown := [name for name in ELSEWHERE if name in given]:
        raise Invalid(f"a filter cannot look into other statements, as {unknown[0]} does", rule=RULE)
    if not any(getattr(made, name) for name in DETERMINING):
        raise Invalid(
            f"a template that asks for nothing would take every statement: give it one of {', '.join(TELLING)}, or"
            " leave the filter out",
            rule=RULE,
        )
    if len(made.rules) > MOST_RULES:
        raise Invalid(f"a template of a filter has at most {MOST_RULES} rules", rule=RULE)
    for rule in made.rules:
        for path in (rule.location, rule.selector):
            _check_path(path)
    return text


def _check_path(path: str | None) -> None:
    try:
        if path is not None:
            jsonpath.parse(path)
    except ValueError as error:
        raise Invalid(str(error)[:500], rule=RULE) from error


# What statements must have, by the fields and as profiles write them.
DETERMINING: Final = ("in_scheme", "verb", "object_type", *RELATIONS, "attachment", "rules")
TELLING: Final = tuple(field.encode_name for field in msgspec.structs.fields(Template) if field.name in DETERMINING)


@lru_cache(1024)
def parse(text: str) -> Template:
    """The template that `check` has let through."""
    return msgspec.json.decode(text, type=Template)


_path = lru_cache(4096)(jsonpath.parse)


def follows(statement: Json, template: Template) -> bool:
    """Whether a whole statement has the determining properties of the template, and keeps its rules."""
    context = statement.get("context") or {}
    groups = {name: _listed((context.get("contextActivities") or {}).get(name)) for name in RELATIONS}
    if template.in_scheme is not None and template.in_scheme not in (each.get("id") for each in groups["category"]):
        return False
    if template.verb is not None and statement["verb"]["id"] != template.verb:
        return False
    if template.object_type is not None and template.object_type not in _types([statement["object"]]):
        return False
    if any(not set(getattr(template, name)) <= set(_types(groups[name])) for name in RELATIONS):
        return False
    used = {each.get("usageType") for each in statement.get("attachments") or ()}
    return set(template.attachment) <= used and all(keeps(statement, rule) for rule in template.rules)


def keeps(statement: Json, rule: Rule) -> bool:
    """Whether the statement keeps a rule; one that asks for nothing to be there holds where nothing is."""
    found: list[Any] = []
    misses = 0
    for value in _found(_path(rule.location), statement):
        if rule.selector is None:
            found.append(value)
            continue
        inner = list(_found(_path(rule.selector), value))
        found += inner
        misses += not inner
    if rule.presence == "included" and (not found or misses):
        return False
    if rule.presence == "excluded":
        return not found
    if not found and not misses:
        return True
    return (
        (rule.any is None or any(value in rule.any for value in found))
        and (rule.all is None or (not misses and all(value in rule.all for value in found)))
        and (rule.none is None or not any(value in rule.none for value in found))
    )


def _found(path: Path, value: Any) -> Iterator[Any]:  # noqa: ANN401 - any part of a statement
    for branch in path.branches:
        at: Iterable[Any] = (value,)
        for step in branch:
            at = [inner for each in at for inner in _step(each, step)]
        yield from at


def _step(value: Any, step: jsonpath.Step) -> Iterator[Any]:  # noqa: ANN401 - any part of a statement
    if isinstance(value, dict):
        yield from value.values() if step is None else (value[key] for key in step if key in value)
    elif isinstance(value, list):
        numbers = range(len(value)) if step is None else step
        yield from (value[key] for key in numbers if isinstance(key, int) and key < len(value))


def _listed(given: Any) -> Sequence[Json]:  # noqa: ANN401 - one activity or a list of them
    return given if isinstance(given, list) else [given] if isinstance(given, dict) else ()


def _types(activities: Iterable[Json]) -> Iterator[str]:
    for activity in activities:
        if "type" in (definition := activity.get("definition") or {}):
            yield definition["type"]
