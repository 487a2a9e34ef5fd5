"""Documents as R-31 has them: a few keys, whatever content, every precondition."""

import hashlib
import json
import random
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode

from tests.guarantees.model_statements import ACTIVITIES, AGENTS, REGISTRATIONS

PATHS: Final = {
    "state": ("/xAPI/activities/state", "stateId"),
    "agent": ("/xAPI/agents/profile", "profileId"),
    "activity": ("/xAPI/activities/profile", "profileId"),
}
IDS: Final = ("a", "A", "a/..", "é", "")
CONTENTS: Final = (b'{"a":1}', b'{"b":{"c":1.10}}', b'{"a":null,"b":[]}', b"{}", b"[1]", b"text", b"", b'{"a":1')
TYPES: Final = ("application/json", "application/json", "application/json; charset=utf-8", "text/plain", "image/png")
METHODS: Final = ("PUT", "PUT", "PUT", "POST", "POST", "DELETE")


@dataclass(frozen=True, kw_only=True)
class Context:
    """In which documents lie."""

    resource: str
    activity: str = ""
    agent: int = -1
    registration: str = ""

    def target(self, id: str | None = None) -> str:
        """The path and query of it, or of one document in it."""
        path, name = PATHS[self.resource]
        pairs = {"activityId": self.activity, "registration": self.registration}
        if self.agent >= 0:
            pairs["agent"] = json.dumps(AGENTS[self.agent])
        if id is not None:
            pairs[name] = id
        return (
            path
            + "?"
            + urlencode({key: value for key, value in pairs.items() if value or key == name}, quote_via=quote)
        )


@dataclass(frozen=True, kw_only=True)
class Document:
    """What is stored under an id."""

    content: bytes
    content_type: str

    @property
    def etag(self) -> str:
        return '"' + hashlib.sha1(self.content).hexdigest() + '"'  # noqa: S324


@dataclass(frozen=True, kw_only=True)
class Change:
    """A PUT, POST or DELETE of one document."""

    method: str
    context: Context
    id: str
    content: bytes
    content_type: str
    if_match: str | None
    if_none_match: str | None
    old: bool


class Documents:
    """All that is stored, and what a change does."""

    def __init__(self) -> None:
        self.stored: dict[tuple[Context, str], Document] = {}

    def get(self, context: Context, id: str) -> Document | None:
        """The document of that id."""
        return self.stored.get((context, id))

    def ids(self, context: Context) -> list[str]:
        """Those in a context."""
        return sorted(id for within, id in self.stored if within == context)

    def clear(self, context: Context) -> None:
        """Delete every document of a context."""
        self.stored = {key: each for key, each in self.stored.items() if key[0] != context}

    def change(self, change: Change) -> int:
        """Make the change if it may be made; the status of the answer."""
        key = change.context, change.id
        current = self.stored.get(key)
        refused = self._refused(change, current)
        if refused:
            return refused
        if change.method == "DELETE":
            self.stored.pop(key, None)
        elif change.method == "PUT" or current is None:
            self.stored[key] = Document(content=change.content, content_type=change.content_type)
        else:
            whole = json.loads(current.content) | json.loads(change.content)
            self.stored[key] = Document(content=json.dumps(whole).encode(), content_type=change.content_type)
        return 204

    def _refused(self, change: Change, current: Document | None) -> int:
        if change.if_match is not None and not _names(change.if_match, current):
            return 412
        if change.if_none_match is not None and _names(change.if_none_match, current):
            return 412
        if change.method == "PUT" and change.if_match is None and change.if_none_match is None:
            return self._blind(change, current)
        if change.method == "POST":
            sent = Document(content=change.content, content_type=change.content_type)
            return 0 if _is_object(sent) and (current is None or _is_object(current)) else 400
        return 0

    def _blind(self, change: Change, current: Document | None) -> int:
        """A PUT that does not say what it replaces."""
        if change.old and change.context.resource == "state":
            return 0
        if current is not None:
            return 409
        return 400 if change.old else 0


def context(dice: random.Random) -> Context:
    """One of the few contexts."""
    resource = dice.choice(tuple(PATHS))
    return Context(
        resource=resource,
        activity="" if resource == "agent" else dice.choice(ACTIVITIES[1:3]),
        agent=-1 if resource == "activity" else dice.choice((0, 1, 2)),
        registration=dice.choice(("", "", REGISTRATIONS[0])) if resource == "state" else "",
    )


def change(dice: random.Random, known: Documents) -> Change:
    """A change of some document; its ETags are often right."""
    within = dice.choice([key[0] for key in known.stored] or [context(dice)]) if dice.random() < 0.5 else context(dice)
    id = dice.choice(known.ids(within) or IDS) if dice.random() < 0.5 else dice.choice(IDS)
    current = known.get(within, id)
    right = current.etag if current else '"none"'
    tags = (None, None, "*", right, right, '"da39a3ee5e6b4b0d3255bfef95601890afd80709"', f'"x", {right}')
    both = dice.random() < 0.1
    which = dice.random() < 0.6
    return Change(
        method=dice.choice(METHODS),
        context=within,
        id=id,
        content=dice.choice(CONTENTS),
        content_type=dice.choice(TYPES),
        if_match=dice.choice(tags) if which or both else None,
        if_none_match=dice.choice(tags) if not which or both else None,
        old=dice.random() < 0.5,
    )


def _names(header: str, current: Document | None) -> bool:
    """Whether the header means the document that is there."""
    if current is None:
        return False
    return header == "*" or current.etag in [tag.strip() for tag in header.split(",")]


def _is_object(document: Document) -> bool:
    if document.content_type.partition(";")[0] != "application/json":
        return False
    try:
        return isinstance(json.loads(document.content), dict)
    except ValueError:
        return False
