"""What is in a statement: one walk gathers what projections index and checks what no schema can say."""

from collections.abc import Mapping
from uuid import UUID

import msgspec

from lrs.xapi import checks, values, voiding
from lrs.xapi.actors import ifi
from lrs.xapi.attachments import Declared, declared
from lrs.xapi.limits import Limits
from lrs.xapi.shapes import Activity, Actor, Context, Object, Statement
from lrs.xapi.versions import Version


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a statement holds, in order of appearance and without repeats. Agents are canonical IFIs.

    `agents` are those that the plain `agent` filter asks for: actor and object, and the members of either.
    `related_agents` are the further ones of context and SubStatement, `related_activities` likewise beside `activity`;
    an authority is in neither, as the log sets it. `definitions` are JSON as sent.
    (1.0.3 Communication 2.1.3; 2.0 4.1.6.1)
    """

    verb: str
    agents: tuple[str, ...]
    related_agents: tuple[str, ...]
    activity: str | None
    related_activities: tuple[str, ...]
    registration: UUID | None
    target: UUID | None
    voiding: bool
    names: tuple[tuple[str, str], ...]
    definitions: tuple[tuple[str, bytes], ...]
    attachments: tuple[str, ...]


class _Walk:
    """What has been found so far. Dicts stand for ordered sets."""

    __slots__ = ("agents", "attachments", "defined", "names", "related_activities", "related_agents")

    def __init__(self) -> None:
        self.agents: dict[str, None] = {}
        self.related_agents: dict[str, None] = {}
        self.related_activities: dict[str, None] = {}
        self.names: dict[tuple[str, str], None] = {}
        self.attachments: list[Declared] = []
        self.defined = False

    def actor(self, actor: Actor, agents: dict[str, None]) -> None:
        key = ifi(actor)
        if key is not None:
            agents[key] = None
            if "name" in actor:
                self.names[key, actor["name"]] = None
        if "member" in actor:
            for member in actor["member"]:
                self.actor(member, agents)

    def activity(self, activity: Activity | Object) -> None:
        self.related_activities[activity["id"]] = None
        if "definition" in activity:
            self.defined = True

    def context(self, context: Context) -> None:
        related = self.related_agents
        if "instructor" in context:
            self.actor(context["instructor"], related)
        if "team" in context:
            self.actor(context["team"], related)
        for entry in context.get("contextAgents", ()):
            self.actor(entry["agent"], related)
        for entries in context.get("contextGroups", ()):
            self.actor(entries["group"], related)
        if "contextActivities" in context:
            for activities in context["contextActivities"].values():
                for activity in activities if isinstance(activities, list) else (activities,):
                    self.activity(activity)

    def substatement(self, inner: Object) -> None:
        self.actor(inner["actor"], self.related_agents)
        target = inner["object"]
        kind = target.get("objectType", "Activity")
        if kind == "Activity":
            self.activity(target)
        elif kind in {"Agent", "Group"}:
            self.actor(target, self.related_agents)
        if "context" in inner:
            self.context(inner["context"])


def walk(statement: Statement, raw: bytes, version: Version, limits: Limits) -> tuple[Found, list[Declared]]:
    """What is in a statement that has passed the schema, and its attachments in order; else Invalid."""
    checks.run(statement, version)
    found = _Walk()
    if "attachments" in statement:
        found.attachments = declared(statement["attachments"], raw, "")
    found.actor(statement["actor"], found.agents)
    target = statement["object"]
    kind = target.get("objectType", "Activity")
    activity = reference = None
    if kind == "Activity":
        activity = target["id"]
        found.defined = "definition" in target
    elif kind == "SubStatement":
        found.substatement(target)
        found.attachments += declared(target.get("attachments", ()), raw, "/object")
    elif kind == "StatementRef":
        reference = values.known_uuid(target["id"])
    else:
        found.actor(target, found.agents)
    if "context" in statement:
        found.context(statement["context"])
    checks.check_sizes(statement, raw, version, limits)
    return _found(statement, found, activity, reference, raw), found.attachments


def _found(statement: Statement, walk: _Walk, activity: str | None, target: UUID | None, raw: bytes) -> Found:
    for agent in walk.agents:
        walk.related_agents.pop(agent, None)
    if activity is not None:
        walk.related_activities.pop(activity, None)
    registration = statement["context"].get("registration") if "context" in statement else None
    return Found(
        verb=statement["verb"]["id"],
        agents=tuple(walk.agents),
        related_agents=tuple(walk.related_agents),
        activity=activity,
        related_activities=tuple(walk.related_activities),
        registration=None if registration is None else values.known_uuid(registration),
        target=target,
        voiding=voiding.is_voiding(statement),
        names=tuple(walk.names),
        definitions=_definitions(raw) if walk.defined else (),
        attachments=tuple(dict.fromkeys([each.sha2 for each in walk.attachments])) if walk.attachments else (),
    )


# The same statement once more, for nothing but the bytes of its definitions: a dict has no longer the text of numbers.


class _Defined(msgspec.Struct, gc=False):
    id: str = ""
    definition: msgspec.Raw = msgspec.Raw()


class _Around(msgspec.Struct):
    activities: Mapping[str, list[_Defined] | _Defined] = msgspec.field(name="contextActivities", default={})


class _Inner(msgspec.Struct):
    id: str = ""
    definition: msgspec.Raw = msgspec.Raw()
    object: _Defined | None = None
    context: _Around | None = None


class _Outer(msgspec.Struct):
    object: _Inner
    context: _Around | None = None


_DECODER = msgspec.json.Decoder(_Outer)


def _definitions(raw: bytes) -> tuple[tuple[str, bytes], ...]:
    outer = _DECODER.decode(raw)
    inner = outer.object
    there: list[_Defined | _Inner] = [inner]
    if inner.object is not None:
        there.append(inner.object)
    for around in (outer.context, inner.context):
        if around is not None:
            for activities in around.activities.values():
                there += activities if isinstance(activities, list) else (activities,)
    # By dict: the same definition under the same id is one.
    return tuple({(each.id, bytes(each.definition)): None for each in there if each.definition})
