"""Which events somebody wants: by kind, and of statements and documents by what they are about.

Values of one filter are alternatives, different filters must all hold. Every filter but `kinds` takes only statements
and documents, whose content is still there.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
import orjson

from lrs.errors import Invalid
from lrs.events import Kind
from lrs.hooks import templates
from lrs.log.read import Told
from lrs.xapi import actors, formats, strictjson, values
from lrs.xapi.parameters import Pairs

# The names of filters in a query, and in the JSON of a hook.
NAMES: Final[Mapping[str, str]] = {
    "kind": "kinds",
    "verb": "verbs",
    "activity": "activities",
    "agent": "agents",
    "registration": "registrations",
    "template": "templates",
}
KINDS: Final = {kind.label: kind for kind in Kind}
DOCUMENTS: Final = frozenset({Kind.DOCUMENT_STORED, Kind.DOCUMENT_DELETED})
IDENTIFIERS: Final = ("mbox:mailto:", "mbox_sha1sum:", "openid:", "account:")
MOST: Final = 200
LONGEST: Final = 16_384


class Filter(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Which events are wanted; without anything, every event.

    `kinds` as they are written outside; `agents` canonical identifiers, such as `mbox:mailto:ada@example.org`;
    `registrations` UUIDs in lower case; `templates` IRIs or Statement Templates in JSON. As a config: `of_json`.
    """

    kinds: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ()
    activities: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    registrations: tuple[str, ...] = ()
    templates: tuple[str, ...] = ()

    def takes(self, event: Told) -> bool:
        """Whether the event is wanted."""
        test = self._test
        if test.kinds is not None and event.kind not in test.kinds:
            return False
        if not test.looks_inside:
            return True
        if event.payload is None:
            return False
        if event.kind is Kind.STATEMENT_STORED:
            return test.statement(event)
        return event.kind in DOCUMENTS and test.document(event)

    @property
    def wanted(self) -> frozenset[Kind]:
        """The kinds of which events may be taken."""
        return frozenset(Kind) if self._test.kinds is None else self._test.kinds

    def query(self) -> str:
        """The filter as a query would write it; empty for none."""
        return urlencode([(name, value) for name, plural in NAMES.items() for value in getattr(self, plural)])

    @cached_property
    def _test(self) -> "_Test":
        return _Test(self)


def of_pairs(pairs: Pairs) -> Filter:
    """The filter of a query, whose filters may be given several times; Invalid where one is wrong.

    Other parameters of the query are passed over.
    """
    found: dict[str, list[object]] = {plural: [] for plural in NAMES.values()}
    for name, value in pairs:
        if name in NAMES:
            found[NAMES[name]].append(value)
    return _made(found)


def of_json(value: object) -> Filter:
    """The filter of a hook's config: an object of lists by name; Invalid where it is wrong."""
    if not isinstance(value, dict):
        raise Invalid('a filter is an object, such as {"verbs": ["https://…"]}', rule="filter")
    for name, each in value.items():
        if name not in NAMES.values():
            raise Invalid(f"there is no filter {name!r:.80}; there are {', '.join(NAMES.values())}", rule="filter")
        if not isinstance(each, list):
            raise Invalid("a filter is a list of values", pointer=f"/{name}", rule="filter")
    return _made(value)


def _made(given: Mapping[str, Sequence[object]]) -> Filter:
    if sum(map(len, given.values())) > MOST:
        raise Invalid(f"a filter has at most {MOST} values", rule="filter")
    made = {name: tuple(dict.fromkeys(map(READ[name], each))) for name, each in given.items()}
    return Filter(**made)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value or len(value) > LONGEST:
        raise Invalid(f"a value of a filter is a text of 1 to {LONGEST} characters", rule="filter")
    return value


def _kind(value: object) -> str:
    text = _text(value)
    if text not in KINDS:
        raise Invalid(f"there is no kind of event {text!r:.80}; there are {', '.join(KINDS)}", rule="filter.kind")
    return text


def _iri(value: object) -> str:
    text = _text(value)
    if not values.is_iri(text):
        raise Invalid(f"{text!r:.80} is no IRI: verbs and activities are named by theirs", rule="filter.iri")
    return text


def _agent(value: object) -> str:
    """An agent in JSON, or its canonical identifier."""
    if isinstance(value, dict):
        value = orjson.dumps(value).decode()
    text = _text(value)
    if text.startswith("{"):
        return actors.ifi(actors.parse(text, groups=True)) or ""
    if not text.startswith(IDENTIFIERS):
        raise Invalid(
            'an agent is JSON, such as {"mbox": "mailto:ada@example.org"}, or its identifier, such as'
            f" mbox:mailto:ada@example.org; not {text!r:.80}",
            rule="filter.agent",
        )
    return text.lower() if text.startswith("mbox_sha1sum:") else text


def _registration(value: object) -> str:
    found = values.uuid(_text(value))
    if found is None:
        raise Invalid(f"a registration is a UUID, not {value!r:.80}", rule="filter.registration")
    return str(found)


def _template(value: object) -> str:
    if isinstance(value, dict):
        value = orjson.dumps(value).decode()
    return templates.check(_text(value))


READ: Final = {
    "kinds": _kind,
    "verbs": _iri,
    "activities": _iri,
    "agents": _agent,
    "registrations": _registration,
    "templates": _template,
}


# Of a statement no more is read than filters ask for: what a statement holds besides may be too deep or too large.


class _Account(msgspec.Struct):
    homePage: str = ""  # noqa: N815 - the standard's name
    name: str = ""


class _Thing(msgspec.Struct):
    """An actor or an object."""

    id: str = ""
    objectType: str = ""  # noqa: N815 - the standard's name
    mbox: str | None = None
    mbox_sha1sum: str | None = None
    openid: str | None = None
    account: _Account | None = None
    member: tuple["_Thing", ...] = ()

    def agents(self) -> Iterable[str]:
        """The canonical identifiers of an agent, or of a group and its members."""
        account = None if self.account is None else {"homePage": self.account.homePage, "name": self.account.name}
        found = actors.ifi(
            {"mbox": self.mbox, "account": account, "mbox_sha1sum": self.mbox_sha1sum, "openid": self.openid}
        )
        if found is not None:
            yield found
        for each in self.member:
            yield from each.agents()


class _Verb(msgspec.Struct):
    id: str


class _Activities(msgspec.Struct):
    category: tuple[_Thing, ...] | _Thing = ()


class _Context(msgspec.Struct):
    registration: str = ""
    contextActivities: _Activities | None = None  # noqa: N815 - the standard's name


class _Statement(msgspec.Struct):
    actor: _Thing
    verb: _Verb
    object: _Thing
    context: _Context | None = None

    def agents(self) -> Iterable[str]:
        """Actor and object, and the members of either, as the filter `agent` of the standard asks for them."""
        yield from self.actor.agents()
        if self.object.objectType in ("Agent", "Group"):
            yield from self.object.agents()

    def categories(self) -> Iterable[str]:
        """The ids of the activities that the context names as categories."""
        found = self.context.contextActivities if self.context is not None else None
        each = () if found is None else found.category
        return [one.id for one in (each if isinstance(each, tuple) else (each,))]


_statement = msgspec.json.Decoder(_Statement).decode


class _Test:
    """A filter, ready to be asked many times."""

    def __init__(self, of: Filter) -> None:
        self.kinds = frozenset(KINDS[label] for label in of.kinds) if of.kinds else None
        self.verbs = frozenset(of.verbs)
        self.activities = frozenset(of.activities)
        self.agents = frozenset(of.agents)
        self.registrations = frozenset(of.registrations)
        self.profiles = frozenset(text for text in of.templates if not text.startswith("{"))
        self.templates = tuple(templates.parse(text) for text in of.templates if text.startswith("{"))
        self.has_templates = bool(of.templates)
        self.looks_inside = bool(
            self.verbs or self.activities or self.agents or self.registrations or self.has_templates
        )
        # What must stand in the text of a statement, unless it is spelt with escapes.
        spelt = (self.verbs, self.activities, self.profiles if not self.templates else frozenset[str]())
        self._needles = [[text.encode() for text in each] for each in spelt if each]

    def statement(self, event: Told) -> bool:
        payload = event.payload or b""
        if b"\\" not in payload and not all(any(text in payload for text in each) for each in self._needles):
            return False
        read = _statement(payload)
        if self.verbs and read.verb.id not in self.verbs:
            return False
        if self.activities and (
            read.object.objectType not in ("", "Activity") or read.object.id not in self.activities
        ):
            return False
        if self.agents and self.agents.isdisjoint(read.agents()):
            return False
        if self.registrations and (read.context is None or read.context.registration.lower() not in self.registrations):
            return False
        return not self.has_templates or self._follows(event, read)

    def _follows(self, event: Told, read: _Statement) -> bool:
        if not self.profiles.isdisjoint(read.categories()):
            return True
        if not self.templates:
            return False
        whole = strictjson.decode(formats.exact(event.payload or b"", event.filled or b"{}", event.stored))
        return isinstance(whole, dict) and any(templates.follows(whole, each) for each in self.templates)

    def document(self, event: Told) -> bool:
        if self.verbs or self.has_templates:
            return False
        named: dict[str, Any] = orjson.loads(event.filled or b"{}")
        wanted = (
            (self.activities, "activityId"),
            (self.agents, "agent"),
            (self.registrations, "registration"),
        )
        return all(not each or named.get(name) in each for each, name in wanted)
