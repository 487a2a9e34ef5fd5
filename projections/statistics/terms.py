"""By what a statement can be searched: terms, each a path and a value. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from lrs.reference import identities
from lrs.xapi import actors

Json = Mapping[str, Any]
Term = tuple[str, str]

# Every path, and what its values are. `extension:IRI` and `result.extension:IRI` are further ones.
PATHS: Final[Mapping[str, str]] = {
    "actor": "the identifier of the actor, or of a member of a group",
    "verb": "the verb's IRI",
    "object": "the object: an activity's IRI, an agent's identifier, a statement's id",
    "object.kind": "Activity, Agent, Group, StatementRef or SubStatement",
    "object.type": "the type of the activity",
    "result.success": "true or false",
    "result.completion": "true or false",
    "context.registration": "a UUID",
    "context.platform": "a text",
    "context.language": "a language tag",
    "context.revision": "a text",
    "context.statement": "the id of the statement that it refers to",
    "context.instructor": "the identifier of the instructor",
    "context.team": "the identifier of the team",
    "context.parent": "the IRI of an activity in contextActivities, likewise:",
    "context.grouping": "",
    "context.category": "",
    "context.other": "",
    "context.type": "the type of an activity in contextActivities",
    "context.agent": "the identifier of one of contextAgents",
    "context.group": "the identifier of one of contextGroups",
    "context.relevantType": "a relevant type of these",
    "authority": "the identifier of the authority",
    "attachment": "the usage type of an attachment",
    "extension": "the IRI of an extension of context, result or activity",
    "void": "true for a statement that voids another",
}
PREFIXES: Final = ("extension:", "result.extension:")
VOIDED: Final = "http://adlnet.gov/expapi/verbs/voided"
RELATIONS: Final = ("parent", "grouping", "category", "other")
LONGEST: Final = 500
MOST: Final = 200


def terms(statement: Json) -> list[Term]:
    """The terms of a statement with what the LRS added, each once, at most `MOST`."""
    found = dict.fromkeys((path, shown(value)) for path, value in _every(statement) if value)
    return list(found)[:MOST]


def shown(value: str) -> str:
    """A value as it is kept: without NUL, and not longer than what is ever looked for."""
    return value.replace("\0", "\N{REPLACEMENT CHARACTER}")[:LONGEST]


def first(found: Iterable[Term], path: str) -> str | None:
    """The first value of a path."""
    return next((value for name, value in found if name == path), None)


def _every(statement: Json) -> Iterator[Term]:
    yield "verb", statement["verb"]["id"]
    yield from _agents("actor", statement["actor"])
    yield from _object(statement["object"])
    yield from _result(statement.get("result") or {})
    yield from _context(statement.get("context") or {})
    yield from _agents("authority", statement.get("authority") or {})
    for each in statement.get("attachments") or ():
        yield "attachment", each["usageType"]
    if statement["verb"]["id"] == VOIDED:
        yield "void", "true"


def _object(target: Json) -> Iterator[Term]:
    kind = target.get("objectType", "Activity")
    yield "object.kind", kind
    if kind in ("Agent", "Group"):
        yield from _agents("object", target)
    elif kind == "SubStatement":
        yield "object", target["verb"]["id"]
    else:
        yield "object", target["id"]
        definition = target.get("definition") or {}
        yield "object.type", definition.get("type", "")
        yield from _extensions("extension:", definition)


def _result(result: Json) -> Iterator[Term]:
    for name in ("success", "completion"):
        if name in result:
            yield f"result.{name}", "true" if result[name] else "false"
    yield from _extensions("result.extension:", result)


def _context(context: Json) -> Iterator[Term]:
    for name in ("registration", "platform", "language", "revision"):
        yield f"context.{name}", str(context.get(name, ""))
    yield "context.statement", (context.get("statement") or {}).get("id", "")
    for name in ("instructor", "team"):
        yield from _agents(f"context.{name}", context.get(name) or {})
    for relation in RELATIONS:
        for activity in _listed((context.get("contextActivities") or {}).get(relation)):
            yield f"context.{relation}", activity["id"]
            yield "context.type", (activity.get("definition") or {}).get("type", "")
    for name, path in (("agent", "contextAgents"), ("group", "contextGroups")):
        for each in context.get(path) or ():
            yield from _agents(f"context.{name}", each.get(name) or {})
            for type_ in each.get("relevantTypes") or ():
                yield "context.relevantType", type_
    yield from _extensions("extension:", context)


def _agents(path: str, agent: Json) -> Iterator[Term]:
    """The identifier of an agent or group, and those of a group's members."""
    found = actors.ifi(agent)
    if found is not None:
        yield path, identities.normal(found)
    for member in agent.get("member") or ():
        yield from _agents(path, member)


def _extensions(prefix: str, holder: Json) -> Iterator[Term]:
    """Each extension by its IRI, and by its value where that is a text, a number or a truth."""
    for iri, value in (holder.get("extensions") or {}).items():
        yield "extension", iri
        if isinstance(value, bool):
            yield prefix + iri, "true" if value else "false"
        elif isinstance(value, str | int | float):
            yield prefix + iri, str(value)


def _listed(value: Any) -> Iterable[Json]:  # noqa: ANN401 - one activity or a list of them
    return value if isinstance(value, list) else [value] if isinstance(value, dict) else ()
