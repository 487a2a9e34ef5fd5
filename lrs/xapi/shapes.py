"""What a valid statement is made of, as types: read-only views of JSON that the schema has passed.

They exist for mypy and for readers; at run time they are the dicts that the parser made. Every property may be
missing, save where the schema requires it; those are read by subscript, the others by `get`.
"""

from collections.abc import Mapping
from typing import TypeAlias, TypedDict

from lrs.xapi.strictjson import JSON

LanguageMap: TypeAlias = Mapping[str, str]
Extensions: TypeAlias = Mapping[str, JSON]


class Account(TypedDict):
    """(1.0.3 Data 2.4.2.4; 2.0 4.2.2.1)"""

    homePage: str
    name: str


class Actor(TypedDict, total=False):
    """An Agent or a Group. (1.0.3 Data 2.4.2; 2.0 4.2.2.1)"""

    objectType: str
    name: str
    mbox: str
    mbox_sha1sum: str
    openid: str
    account: Account
    member: "list[Actor]"


class Verb(TypedDict, total=False):
    """(1.0.3 Data 2.4.3; 2.0 4.2.2.2)"""

    id: str
    display: LanguageMap


class Component(TypedDict, total=False):
    """One of the parts of an interaction. (1.0.3 Data 2.4.4.1; 2.0 4.2.2.3)"""

    id: str
    description: LanguageMap


class Definition(TypedDict, total=False):
    """An Activity's definition. (1.0.3 Data 2.4.4.1; 2.0 4.2.2.3)"""

    name: LanguageMap
    description: LanguageMap
    type: str
    moreInfo: str
    interactionType: str
    correctResponsesPattern: list[str]
    choices: list[Component]
    scale: list[Component]
    source: list[Component]
    target: list[Component]
    steps: list[Component]
    extensions: Extensions


class Activity(TypedDict, total=False):
    """(1.0.3 Data 2.4.4.1; 2.0 4.2.2.3)"""

    objectType: str
    id: str
    definition: Definition


class Score(TypedDict, total=False):
    """(1.0.3 Data 2.4.5.1; 2.0 4.2.2.4)"""

    scaled: float
    raw: float
    min: float
    max: float


class Result(TypedDict, total=False):
    """(1.0.3 Data 2.4.5; 2.0 4.2.2.4)"""

    score: Score
    success: bool
    completion: bool
    response: str
    duration: str
    extensions: Extensions


class ContextAgent(TypedDict, total=False):
    """(2.0 4.2.2.5)"""

    objectType: str
    agent: Actor
    relevantTypes: list[str]


class ContextGroup(TypedDict, total=False):
    """(2.0 4.2.2.5)"""

    objectType: str
    group: Actor
    relevantTypes: list[str]


class Context(TypedDict, total=False):
    """(1.0.3 Data 2.4.6; 2.0 4.2.2.5)"""

    registration: str
    instructor: Actor
    team: Actor
    contextActivities: Mapping[str, Activity | list[Activity]]
    contextAgents: list[ContextAgent]
    contextGroups: list[ContextGroup]
    revision: str
    platform: str
    language: str
    statement: "Object"
    extensions: Extensions


class Attachment(TypedDict, total=False):
    """(1.0.3 Data 2.4.11; 2.0 4.2.2.6)"""

    usageType: str
    display: LanguageMap
    description: LanguageMap
    contentType: str
    length: int
    sha2: str
    fileUrl: str


class Object(Actor, total=False):
    """An Activity, Agent, Group, StatementRef or SubStatement, as `objectType` says; without one, an Activity."""

    id: str
    definition: Definition
    actor: Actor
    verb: Verb
    object: "Object"
    result: Result
    context: Context
    timestamp: str
    attachments: list[Attachment]


class Statement(TypedDict, total=False):
    """(1.0.3 Data 2.4; 2.0 4.2.2)"""

    id: str
    actor: Actor
    verb: Verb
    object: Object
    result: Result
    context: Context
    timestamp: str
    stored: str
    authority: Actor
    version: str
    attachments: list[Attachment]
