"""What a GET of statements asks for, and the `more` token by which it goes on.

(1.0.3 Communication 2.1.3, Data 2.5; 2.0 4.1.6.1, 4.2.4.3)
"""

import base64
import binascii
import enum
import hmac
import re
from datetime import datetime
from uuid import UUID

import msgspec

from lrs.errors import Invalid
from lrs.xapi import parameters
from lrs.xapi.limits import Limits
from lrs.xapi.parameters import Pairs, Parameters, refused
from lrs.xapi.rules import Rule
from lrs.xapi.versions import Version

MORE_SECONDS = 25 * 3600
"""How long a `more` token should live: the standard asks for 24 hours from when it was received."""

_MORE = Rule("a `more` link is used as it was given, within 24 hours, by who received it", "Data 2.5", "4.2.4.3")
_SINGLE = Rule(
    "statementId and voidedStatementId exclude each other and all but attachments and format",
    "Communication 2.1.3",
    "4.1.6.1",
)
_BESIDE_ID = ("attachments", "format")
_KNOWN = (
    *("statementId", "voidedStatementId", "agent", "verb", "activity", "registration", "related_activities"),
    *("related_agents", "since", "until", "limit", "format", "attachments", "ascending"),
)
_WHOLE_NUMBER = re.compile(r"(?:0|[1-9][0-9]*)\Z")
_MAC_BYTES = 16


class Format(enum.Enum):
    """How statements are written out. (1.0.3 Communication 2.1.3; 2.0 4.1.6.1)"""

    IDS = "ids"
    EXACT = "exact"
    CANONICAL = "canonical"


class StatementQuery(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """Filters, order and shape of a list of statements. `agent` is a canonical IFI.

    Statements match whose `stored` is later than `since` and no later than `until`. Both are cut to the microsecond,
    as fine as `stored` is, and so stay true for any finer digits. `position` is the last one already given: the page
    goes on after it, in the order asked for.
    """

    agent: str | None = None
    verb: str | None = None
    activity: str | None = None
    registration: UUID | None = None
    related_agents: bool = False
    related_activities: bool = False
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 100
    ascending: bool = False
    position: int | None = None
    format: Format = Format.EXACT
    attachments: bool = False


class SingleQuery(msgspec.Struct, frozen=True, kw_only=True):
    """One statement by its id; `voided` when it was asked for by voidedStatementId."""

    id: UUID
    voided: bool = False
    format: Format = Format.EXACT
    attachments: bool = False


def statements(params: Pairs, *, version: Version, limits: Limits, max_limit: int) -> StatementQuery | SingleQuery:
    """What the decoded parameters of a GET of statements ask for; else Invalid.

    A `limit` of 0, none, or one above `max_limit` is `max_limit`. `until` may lie in the future.
    """
    given = parameters.read(params, _KNOWN, version=version, limits=limits)
    if given.has("statementId") or given.has("voidedStatementId"):
        return _single(given)
    return StatementQuery(
        agent=given.agent(groups=True),
        verb=given.iri("verb"),
        activity=given.iri("activity"),
        registration=given.uuid("registration"),
        related_agents=given.flag("related_agents"),
        related_activities=given.flag("related_activities"),
        since=given.moment("since"),
        until=given.moment("until"),
        limit=_limit(given, max_limit),
        ascending=given.flag("ascending"),
        format=_format(given),
        attachments=given.flag("attachments"),
    )


def _single(given: Parameters) -> SingleQuery:
    name = "statementId" if given.has("statementId") else "voidedStatementId"
    for other in given.given:
        if other != name and other not in _BESIDE_ID:
            raise refused(_SINGLE, given.version, f"the parameter {other} cannot stand beside {name}")
    return SingleQuery(
        id=given.needed_uuid(name),
        voided=name == "voidedStatementId",
        format=_format(given),
        attachments=given.flag("attachments"),
    )


def _format(given: Parameters) -> Format:
    return Format(given.choice("format", [form.value for form in Format], default="exact"))


def _limit(given: Parameters, max_limit: int) -> int:
    text = given.text("limit")
    if text is None or text == "0":
        return max_limit
    if not _WHOLE_NUMBER.match(text):
        raise given.misformed("limit", "a whole number from 0")
    return max_limit if len(text) > len(str(max_limit)) else min(int(text), max_limit)


class _Sealed(msgspec.Struct, frozen=True, array_like=True):
    expires: int
    query: StatementQuery


_decoder = msgspec.msgpack.Decoder(_Sealed)


def seal(query: StatementQuery, *, secret: bytes, audience: str, expires: int) -> str:
    """A token that carries `query` whole, valid until `expires` (seconds since 1970), for `audience` alone.

    The audience names the store and the credential. The token can be read by its bearer, but not changed.
    """
    content = msgspec.msgpack.encode(_Sealed(expires, query))
    return base64.urlsafe_b64encode(_mac(content, secret, audience) + content).rstrip(b"=").decode()


def open(token: str, *, secret: bytes, audience: str, now: int) -> StatementQuery:
    """The query that was sealed; Invalid if the token is expired, for another audience, or not one of ours."""
    raw = _unwritten(token)
    mac, content = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(content, secret, audience)):
        raise _unusable("it is not one that was given to you here")
    try:
        sealed = _decoder.decode(content)
    except msgspec.DecodeError as error:
        raise _unusable("it was made by another version of this server") from error
    if sealed.expires <= now:
        raise _unusable("it has expired")
    return sealed.query


def repeated(sealed: StatementQuery, again: StatementQuery | SingleQuery) -> StatementQuery:
    """What a token carries, where its bearer asked for the same `again` beside it; else Invalid.

    Some clients add the parameters of a `more` link to those that they sent before.
    """
    if msgspec.structs.replace(sealed, position=None) != again:
        raise _unusable("what stands beside it is not what was asked for at first")
    return sealed


def _mac(content: bytes, secret: bytes, audience: str) -> bytes:
    hearer = audience.encode()
    framed = b"more 1\0" + len(hearer).to_bytes(4) + hearer + content
    return hmac.digest(secret, framed, "sha256")[:_MAC_BYTES]


def _unwritten(token: str) -> bytes:
    """The bytes of a token, which has one spelling only: no padding, no white space, no stray bits."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise _unusable("it is not one that was given to you here") from error
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != token:
        raise _unusable("it is not one that was given to you here")
    return raw


def _unusable(why: str) -> Invalid:
    detail = f"this `more` link cannot be used: {why}; ask again without it"
    return Invalid(detail, rule=_MORE.words, paragraph=f"1.0.3 {_MORE.old}; 2.0 {_MORE.new}")
