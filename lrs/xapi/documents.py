"""Documents of State, Agent Profile and Activity Profile: which one a request means, and what it may do to it.

(1.0.3 Communication 2.2, 2.3, 2.6, 2.7, 3.1; 2.0 4.1.4, 4.1.6.2, 4.1.6.5, 4.1.6.6)

A State without a registration is a context of its own: what is listed or deleted without `registration` are the
documents that were stored without one. Both texts leave that open ("Activity + Agent [+ registration if specified]");
a single document can be meant in this way only, and a list must not name what a GET with the same parameters would
not find, nor a DELETE reach further than that.
"""

import enum
import hashlib
import hmac
import re
from datetime import datetime
from uuid import UUID

import msgspec

from lrs.errors import Conflict, Invalid, PreconditionFailed, TooLarge
from lrs.xapi import parameters, strictjson
from lrs.xapi.limits import DEFAULT, Limits
from lrs.xapi.parameters import Pairs, Parameters, refused
from lrs.xapi.rules import Rule
from lrs.xapi.versions import Version

Members = dict[str, msgspec.Raw]


class Resource(enum.Enum):
    """One of the three document resources."""

    STATE = "state"
    AGENT_PROFILE = "agent_profile"
    ACTIVITY_PROFILE = "activity_profile"

    @property
    def id_name(self) -> str:
        """The parameter that names a document of it."""
        return "stateId" if self is Resource.STATE else "profileId"

    @property
    def needed(self) -> tuple[str, ...]:
        """The parameters without which there is no context."""
        return _NEEDED[self]


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """Within what documents have their ids. `agent` is a canonical IFI."""

    resource: Resource
    activity: str | None = None
    agent: str | None = None
    registration: UUID | None = None


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """One document: its id is any string, the empty one too, compared byte for byte."""

    context: Context
    id: str


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """The ids of the documents of a context that were stored later than `since`, which is cut to the microsecond."""

    context: Context
    since: datetime | None = None


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """What a document holds."""

    body: bytes
    content_type: str


_members = msgspec.json.Decoder(Members).decode

_NEEDED = {
    Resource.STATE: ("activityId", "agent"),
    Resource.AGENT_PROFILE: ("agent",),
    Resource.ACTIVITY_PROFILE: ("activityId",),
}
_PARAGRAPHS = {
    Resource.STATE: ("Communication 2.3", "4.1.6.2"),
    Resource.AGENT_PROFILE: ("Communication 2.6", "4.1.6.5"),
    Resource.ACTIVITY_PROFILE: ("Communication 2.7", "4.1.6.6"),
}
_MERGE = Rule("a POST merges two JSON objects of type application/json", "Communication 2.2", "4.1.6.2")
_CONDITION = Rule("If-Match and If-None-Match hold `*` or ETags", "Communication 3.1", "4.1.4")
_UNCHANGED = Rule("a precondition must hold, else nothing is changed", "Communication 3.1", "4.1.4")
_BLIND = Rule("a PUT over an existing document says which one it replaces", "Communication 3.1", "4.1.4")
_CLIENT = Rule("a PUT of a profile has If-Match or If-None-Match", "Communication 3.1", "4.1.4")


def target(
    method: str, resource: Resource, params: Pairs, *, version: Version, limits: Limits
) -> Key | Listing | Context:
    """What a request to a document resource means: a document, a list of ids (GET), or all of a State (DELETE).

    HEAD is as GET. Invalid where the parameters break a rule, `since` beside an id included.
    """
    reads = method in ("GET", "HEAD")
    optional = ("registration",) if resource is Resource.STATE else ()
    allowed = (*resource.needed, *optional, resource.id_name, *(("since",) if reads else ()))
    given = parameters.read(params, allowed, version=version, limits=limits)
    given.needed(*resource.needed)
    context = _context(resource, given)
    document_id = given.text(resource.id_name)
    if document_id is not None:
        if given.has("since"):
            raise refused(_alone(resource), version, f"the parameter since cannot stand beside {resource.id_name}")
        return Key(context=context, id=document_id)
    if reads:
        return Listing(context=context, since=given.moment("since"))
    if method != "DELETE" or resource is not Resource.STATE:
        given.needed(resource.id_name)
    return context


def _context(resource: Resource, given: Parameters) -> Context:
    return Context(
        resource=resource,
        activity=given.iri("activityId"),
        agent=given.agent(),
        registration=given.uuid("registration"),
    )


def _alone(resource: Resource) -> Rule:
    return Rule("since is for lists of documents", *_PARAGRAPHS[resource])


def subject(key: Key, secret: bytes) -> UUID:
    """By what the log knows a document: without the store's secret, nothing of a person can be told from it."""
    return _digest(b"document 1", _fields(key.context), key.id, secret=secret)


def context(within: Context, secret: bytes) -> UUID:
    """By what the log knows all documents of a context, under the store's secret."""
    return _digest(b"context 1", _fields(within), secret=secret)


def contexts(key: Key, secret: bytes) -> tuple[UUID, ...]:
    """The contexts that a document is listed in and deleted with: its own."""
    return (context(key.context, secret),)


def _fields(within: Context) -> tuple[str | None, ...]:
    registration = str(within.registration) if within.registration else None
    return within.resource.value, within.activity, within.agent, registration


def _digest(kind: bytes, fields: tuple[str | None, ...], *more: str, secret: bytes) -> UUID:
    """Each field behind its length, and one that is absent told from an empty one: no two keys write the same."""
    mac = hmac.new(secret, kind, "sha256")
    for field in (*fields, *more):
        mac.update(b"\0" if field is None else b"\1" + len(field.encode()).to_bytes(4) + field.encode())
    return UUID(bytes=mac.digest()[:16])


def etag(content: bytes) -> str:
    """The strong ETag of a document: the SHA-1 of its content in quotes. (1.0.3 Communication 3.1)"""
    return f'"{hashlib.sha1(content, usedforsecurity=False).hexdigest()}"'


def is_json(content_type: str | None) -> bool:
    """Whether a Content-Type is application/json, whatever its case and parameters."""
    return (content_type or "").partition(";")[0].strip(" \t").lower() == "application/json"


def posted(
    sent: Content, current: Content | None, *, version: Version = Version.V2_0_0, limits: Limits = DEFAULT
) -> bytes:
    """What a document holds after a POST: what was sent if it is new, else the two merged; else Invalid.

    Both must be JSON objects of type application/json, the posted one even where there is none to merge it with.
    (1.0.3 Communication 2.2; 2.0 4.1.6.2)
    """
    for content, which in ((sent, "posted"), (current, "stored")):
        if content is not None and not is_json(content.content_type):
            detail = f"the {which} document is not of type application/json, so that a POST cannot merge it; use PUT"
            raise refused(_MERGE, version, detail)
    if current is None:
        _posted_members(sent.body, version, limits)
        return sent.body
    return merge(current.body, sent.body, version=version, limits=limits)


def merge(old: bytes, new: bytes, *, version: Version = Version.V2_0_0, limits: Limits = DEFAULT) -> bytes:
    """`old` with each top-level property of `new` in its place, numbers by their text.

    Invalid unless both are JSON objects; TooLarge if the whole grows over the limit of a document.
    (1.0.3 Communication 2.2; 2.0 4.1.6.2)
    """
    merged = msgspec.json.encode(_stored_members(old, version) | _posted_members(new, version, limits))
    if len(merged) > limits.document_bytes:
        raise TooLarge(f"the merged document would be larger than {limits.document_bytes} bytes; use PUT")
    return merged


def _posted_members(body: bytes, version: Version, limits: Limits) -> Members:
    try:
        value = strictjson.parse(body, limits, version=version)
    except Invalid as error:
        detail = f"the posted document cannot be merged: {error.detail}"
        raise Invalid(detail, pointer=error.pointer, rule=error.rule, paragraph=error.paragraph) from error
    if not isinstance(value, dict):
        raise refused(_MERGE, version, "the posted document is not a JSON object; use PUT to store it")
    return _members(body)


def _stored_members(body: bytes, version: Version) -> Members:
    """No limits here: what was within them once must not become a document that nobody can change."""
    try:
        is_object = isinstance(strictjson.decode(body, version=version), dict)
    except Invalid:
        is_object = False
    if not is_object:
        raise refused(
            _MERGE, version, "the stored document is not a JSON object, so that a POST cannot merge it; use PUT"
        )
    return _members(body)


# Preconditions

_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"|([\x21\x23-\x29\x2b\x2d-\x7e]+)')


def check(
    method: str,
    resource: Resource,
    *,
    version: Version,
    if_match: str | None,
    if_none_match: str | None,
    current: str | None,
) -> None:
    """Whether a PUT, POST or DELETE may go on against the document whose ETag is `current` (None: there is none).

    PreconditionFailed where a header does not hold, Conflict where a PUT would overwrite unseen, Invalid where a header
    is malformed or missing. Of State, 1.0.3 permits a PUT without headers at any time ("state conflicts are unlikely"),
    2.0 over no existing document; of profiles, 1.0.3 wants a header even where nothing exists.
    (1.0.3 Communication 3.1; 2.0 4.1.4)
    """
    if if_match is not None and not _matches(if_match, current, "If-Match", version, strong=True):
        raise _failed("If-Match", current, version)
    if if_none_match is not None and _matches(if_none_match, current, "If-None-Match", version, strong=False):
        raise _failed("If-None-Match", current, version)
    if method == "PUT" and if_match is None and if_none_match is None:
        _check_blind(resource, version, current)


def _check_blind(resource: Resource, version: Version, current: str | None) -> None:
    if version is Version.V1_0_3 and resource is Resource.STATE:
        return
    if current is not None:
        raise Conflict(
            "there is a document under this id already: check its current state with a GET, "
            "then send the PUT again with the header If-Match set to the ETag of that answer",
            rule=_BLIND.words,
            paragraph=version.paragraph(_BLIND.old, _BLIND.new),
        )
    if version is Version.V1_0_3:
        detail = "send If-None-Match: * to store a new document, or If-Match with its ETag to replace one"
        raise refused(_CLIENT, version, detail)


def matches(header: str, current: str | None, *, version: Version = Version.V2_0_0) -> bool:
    """Whether an If-None-Match header names the ETag `current`, so that a GET is answered 304. (RFC 9110 13.1.2)"""
    return _matches(header, current, "If-None-Match", version, strong=False)


def _matches(header: str, current: str | None, name: str, version: Version, *, strong: bool) -> bool:
    """`*` matches any document; a weak tag matches only where the comparison is not `strong`. (RFC 9110 8.8.3.2)"""
    if header.strip(" \t") == "*":
        return current is not None
    tags = _tags(header, name, version)
    return current is not None and any(tag == current and not (strong and weak) for weak, tag in tags)


def _tags(header: str, name: str, version: Version) -> list[tuple[bool, str]]:
    """Each ETag in quotes, and whether it is weak. One without quotes, as old clients send it, is taken as quoted."""
    found = []
    rest = header.strip(" \t,")
    while match := _TAG.match(rest):
        found.append((match[1] is not None, f'"{match[2] if match[3] is None else match[3]}"'))
        rest = rest[match.end() :].lstrip(" \t")
        if rest and not rest.startswith(","):
            break
        rest = rest.lstrip(" \t,")
    if rest or not found:
        raise refused(_CONDITION, version, f'the header {name} must hold * or ETags such as "abc", separated by commas')
    return found


def _failed(header: str, current: str | None, version: Version) -> PreconditionFailed:
    state = f"its ETag is {current}" if current else "there is none"
    return PreconditionFailed(
        f"{header} does not hold for the document: {state}; fetch it and decide again",
        rule=_UNCHANGED.words,
        paragraph=version.paragraph(_UNCHANGED.old, _UNCHANGED.new),
    )
