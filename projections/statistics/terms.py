"""By what a statement can be searched: terms, each a path and a value. Pure."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
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
TRUTHS: Final = ("success", "completion")
TEXTS: Final = ("registration", "platform", "language", "revision")
RELATIONS: Final = ("parent", "grouping", "category", "other")
LONGEST: Final = 500
MOST: Final = 200

_normal: Final = lru_cache(8_192)(identities.normal)


def terms(statement: Json) -> list[Term]:
    """The terms of a statement with what the LRS added, each once, at most `MOST`."""
    found: list[Term] = []
    _statement(found, statement)
    for _, value in found:
        if not value or len(value) > LONGEST or "\0" in value:
            found = [(path, shown(value)) for path, value in found if value]
            break
    return list(dict.fromkeys(found))[:MOST]


def shown(value: str) -> str:
    """A value as it is kept: without NUL, and not longer than what is ever looked for."""
    return value.replace("\0", "\N{REPLACEMENT CHARACTER}")[:LONGEST]


def _statement(found: list[Term], statement: Json) -> None:
    verb = statement["verb"]["id"]
    found.append(("verb", verb))
    _agents(found, "actor", statement["actor"])
    _object(found, statement["object"])
    if result := statement.get("result"):
        _result(found, result)
    if context := statement.get("context"):
        _context(found, context)
    if authority := statement.get("authority"):
        _agents(found, "authority", authority)
    if attachments := statement.get("attachments"):
        found += [("attachment", each["usageType"]) for each in attachments]
    if verb == VOIDED:
        found.append(("void", "true"))


def _object(found: list[Term], target: Json) -> None:
    kind = target.get("objectType", "Activity")
    found.append(("object.kind", kind))
    if kind in ("Agent", "Group"):
        _agents(found, "object", target)
    elif kind == "SubStatement":
        found.append(("object", target["verb"]["id"]))
    else:
        found.append(("object", target["id"]))
        if definition := target.get("definition"):
            found.append(("object.type", definition.get("type", "")))
            _extensions(found, "extension:", definition)


def _result(found: list[Term], result: Json) -> None:
    found += [(f"result.{name}", "true" if result[name] else "false") for name in TRUTHS if name in result]
    _extensions(found, "result.extension:", result)


def _context(found: list[Term], context: Json) -> None:
    found += [(f"context.{name}", str(value)) for name in TEXTS if (value := context.get(name))]
    if statement := context.get("statement"):
        found.append(("context.statement", statement.get("id", "")))
    for name in ("instructor", "team"):
        if agent := context.get(name):
            _agents(found, f"context.{name}", agent)
    if related := context.get("contextActivities"):
        for relation in RELATIONS:
            if relation not in related:
                continue
            for activity in _listed(related[relation]):
                found.append((f"context.{relation}", activity["id"]))
                if definition := activity.get("definition"):
                    found.append(("context.type", definition.get("type", "")))
    for name, path in (("agent", "contextAgents"), ("group", "contextGroups")):
        for each in context.get(path) or ():
            _agents(found, f"context.{name}", each.get(name) or {})
            found += [("context.relevantType", type_) for type_ in each.get("relevantTypes") or ()]
    _extensions(found, "extension:", context)


def _agents(found: list[Term], path: str, agent: Json) -> None:
    """The identifier of an agent or group, and those of a group's members."""
    ifi = actors.ifi(agent)
    if ifi is not None:
        found.append((path, _normal(ifi)))
    if members := agent.get("member"):
        for member in members:
            _agents(found, path, member)


def _extensions(found: list[Term], prefix: str, holder: Json) -> None:
    """Each extension by its IRI, and by its value where that is a text, a number or a truth."""
    extensions = holder.get("extensions")
    if not extensions:
        return
    for iri, value in extensions.items():
        found.append(("extension", iri))
        if isinstance(value, bool):
            found.append((prefix + iri, "true" if value else "false"))
        elif isinstance(value, str | int | float):
            found.append((prefix + iri, str(value)))


def _listed(value: Any) -> Iterable[Json]:  # noqa: ANN401 - one activity or a list of them
    return value if isinstance(value, list) else [value] if isinstance(value, dict) else ()
