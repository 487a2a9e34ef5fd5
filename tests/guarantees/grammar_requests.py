"""Requests by a grammar: valid ones with something wrong in them, and hostile ones cut up and put together again."""
# ruff: noqa: E501 - a choice is a line

import gzip
import random
from collections.abc import Callable, Sequence
from typing import Final
from urllib.parse import quote

from lrs.xapi.versions import Version
from tests.factories import BOUNDARY, attachment, body, joined, part
from tests.guarantees import hostile_query
from tests.guarantees.hostile_wire import request
from tests.guarantees.roundtrip_statements import NUMBERS, STRINGS, Maker, Object
from tests.guarantees.roundtrip_text import Number, Value, read, write

RESOURCES: Final = (
    *("/xAPI/statements",) * 4, "/xAPI/activities/state", "/xAPI/activities/profile", "/xAPI/agents/profile", "/xAPI/agents",
    "/xAPI/activities", "/xAPI/about", "/xAPI", "/xAPI/nothing", "/health/ready", "/metrics", "/",
)  # fmt: skip
METHODS: Final = (
    *("GET",) * 6,
    *("POST",) * 4,
    *("PUT",) * 3,
    "DELETE",
    "DELETE",
    "HEAD",
    "OPTIONS",
    "PATCH",
    "TRACE",
    "get",
)
VALUES: Final = tuple(
    text
    for cases in (
        hostile_query.NUMBERS,
        hostile_query.TIMES,
        hostile_query.UUIDS,
        hostile_query.IRIS,
        hostile_query.AGENTS,
    )
    for _, text in cases.values()
)
NAMES: Final = (
    "statementId", "voidedStatementId", "agent", "verb", "activity", "registration", "related_activities", "related_agents", "since",
    "until", "limit", "format", "attachments", "ascending", "activityId", "stateId", "profileId", "more", "method", "content", "", "x",
)  # fmt: skip
HEADERS: Final = (
    "If-Match: *", "If-None-Match: *", 'If-Match: "a"', "If-None-Match: x", "Accept-Language: en;q=0.1, *", "Accept: text/html",
    "Expect: 100-continue", "Origin: https://lms.example.org", "Connection: close", "Connection: keep-alive, Upgrade", "Upgrade: h2c",
    "Content-Encoding: gzip", "Content-Encoding: deflate", "Transfer-Encoding: chunked", "X-Experience-API-Version: 1.0.3",
    "Content-Length: 5", "Range: bytes=0-", "Host: x",
)  # fmt: skip
TYPES: Final = (
    *("application/json",) * 6,
    f"multipart/mixed; boundary={BOUNDARY}",
    "application/x-www-form-urlencoded",
    "text/plain",
    "",
    "a/b",
)
VERSIONS: Final = ("1.0.3", "1.0.3", "2.0.0", "2.0.0", "1.0", "2.1", "", None)
TOKENS: Final = (
    b"\0", b"\r\n", b"\n", b"\r", b"\xff", b"\xed\xa0\x80", b'"', b"\\", b"{", b"}", b"[", b"]", b":", b",", b"%", b"%00", b"%ff", b"&", b"=", b"--",
    b"1e400", b"null", b"\\u0000", b"\\ud800", b" ", b"\t", b"0", b"-", b"9" * 400, b"Content-Length: 0\r\n", b"Transfer-Encoding: chunked\r\n",
    b"HTTP/1.1", b"\xef\xbb\xbf", b"a" * 9_000, b"[" * 300,
)  # fmt: skip


class Grammar:
    """Makes requests by the fall of the dice, from the wires of hostile inputs among others."""

    def __init__(self, dice: random.Random, wires: Sequence[bytes]) -> None:
        self._dice = dice
        self._wires = wires

    def request(self) -> bytes:
        """The bytes of a request, or of what once was one."""
        die = self._dice.random()
        if die < 0.6:
            return self._sentence()
        # Of nothing at all, no answer is the right one.
        return self._cut(self._sentence() if die < 0.75 else self._dice.choice(self._wires)) or b"\0"

    def _sentence(self) -> bytes:
        """A request of well-formed parts that may not belong together."""
        dice = self._dice
        method, resource = dice.choice(METHODS), dice.choice(RESOURCES)
        if method in ("POST", "PUT") and dice.random() < 0.5:
            resource = "/xAPI/statements"
        content = None if method in ("GET", "HEAD", "OPTIONS") and dice.random() < 0.9 else self._body()
        lines = [dice.choice(HEADERS) for _ in range(dice.choice((0, 0, 0, 1, 2)))]
        if "Content-Encoding: gzip" in lines and content and dice.random() < 0.7:
            content = gzip.compress(content, 1)
        return request(
            method,
            resource + self._query(method, resource),
            content,
            version=dice.choice(VERSIONS) if dice.random() < 0.3 else dice.choice(("1.0.3", "2.0.0")),
            content_type=dice.choice(TYPES) if dice.random() < 0.4 else "application/json",
            more="".join(f"{line}\r\n" for line in lines),
        )

    def _query(self, method: str, resource: str) -> str:
        dice = self._dice
        if method == "POST" and resource == "/xAPI/statements" and dice.random() < 0.8:
            return ""
        pairs = [f"{dice.choice(NAMES)}={self._value()}" for _ in range(dice.choice((0, 0, 1, 1, 2, 3)))]
        if dice.random() < 0.6:
            pairs += self._fitting(method, resource)
        dice.shuffle(pairs)
        return "?" + "&".join(pairs) if pairs else ""

    def _fitting(self, method: str, resource: str) -> list[str]:
        """What the resource asks for."""
        agent = "agent=" + quote('{"mbox":"mailto:a@b.c"}')
        activity = "activityId=http://a.b"
        own = {
            "/xAPI/statements": [f"statementId={self._uuid()}"] if method == "PUT" else [],
            "/xAPI/activities/state": [agent, activity, f"stateId={self._value()}"],
            "/xAPI/activities/profile": [activity, f"profileId={self._value()}"],
            "/xAPI/agents/profile": [agent, f"profileId={self._value()}"],
            "/xAPI/agents": [agent],
            "/xAPI/activities": [activity],
        }.get(resource, [])
        return [pair for pair in own if self._dice.random() < 0.9]

    def _value(self) -> str:
        dice = self._dice
        if dice.random() < 0.7:
            return dice.choice(VALUES).encode("ascii", "replace").decode().replace(" ", "%20")
        return quote(dice.choice(STRINGS), safe="")

    def _uuid(self) -> str:
        text = f"{self._dice.getrandbits(128):032x}"
        return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))

    # Bodies

    def _body(self) -> bytes:
        dice = self._dice
        die = dice.random()
        maker = Maker(dice, dice.choice(list(Version)))
        if die < 0.1:
            return write(self._any(4), dice).encode()
        if die < 0.2:
            return self._multipart(maker)
        statements = [self._wrong(maker.statement()) for _ in range(dice.choice((1, 1, 1, 2, 5)))]
        whole: Value = statements[0] if len(statements) == 1 else list(statements)
        return write(whole, dice).encode()

    def _multipart(self, maker: Maker) -> bytes:
        data = self._dice.choice(STRINGS).encode()
        statement = maker.statement()
        attachments: list[Value] = [read(body(attachment(data)))]
        statement["attachments"] = attachments
        first = b"Content-Type: application/json\r\n\r\n" + write(self._wrong(statement), self._dice).encode()
        parts = [part(data) for _ in range(self._dice.choice((0, 1, 1, 1, 2)))]
        return self._cut(joined([first, *parts]), often=0.4)

    def _wrong(self, statement: Object) -> Object:
        """The statement with something in it exchanged, taken away or added; now and then as it is."""
        for _ in range(self._dice.choice((0, 1, 1, 1, 2, 4))):
            holder = self._holder(statement)
            if not holder:
                continue
            key = self._dice.choice(list(holder))
            match self._dice.randrange(5):
                case 0:
                    holder.pop(key)
                case 1:
                    holder[key] = self._any(3)
                case 2:
                    holder[self._dice.choice((key.upper(), key + "s", "", "x", "\0", "objectType", "id"))] = holder[key]
                case 3:
                    holder[key] = [holder[key]]
                case _:
                    other = self._holder(statement)
                    # A copy, so that nothing holds itself.
                    holder[key] = read(write(dict(other), self._dice).encode()) if other else None
        return statement

    def _holder(self, whole: Object) -> Object:
        """Any object in it."""
        holder = whole
        while True:
            inner = [each for each in holder.values() if isinstance(each, dict)]
            if not inner or self._dice.random() < 0.35:
                return holder
            holder = self._dice.choice(inner)

    def _any(self, depth: int) -> Value:
        dice = self._dice
        choices: Sequence[Callable[[], Value]] = (
            lambda: None,
            lambda: dice.random() < 0.5,
            lambda: Number(dice.choice(NUMBERS)),
            lambda: dice.choice(STRINGS),
            lambda: [self._any(depth - 1) for _ in range(dice.randrange(4))],
            lambda: {dice.choice(STRINGS)[:40]: self._any(depth - 1) for _ in range(dice.randrange(4))},
        )
        return dice.choice(choices[: 6 if depth > 0 else 4])()

    # Bytes

    def _cut(self, wire: bytes, *, often: float = 1.0) -> bytes:
        """The bytes with a few places changed."""
        dice = self._dice
        if dice.random() > often:
            return wire
        for _ in range(dice.choice((1, 1, 1, 2, 4, 8))):
            start = dice.randrange(len(wire) + 1)
            end = min(len(wire), start + dice.choice((0, 0, 1, 1, 2, 8, 60)))
            middle = dice.choice(
                (b"", dice.choice(TOKENS), dice.choice(TOKENS), wire[start:end] * 2, dice.randbytes(2))
            )
            wire = wire[:start] + middle + wire[end:]
        return wire
