"""Arbitrary valid statements of both versions, of all that the standard lets one say and more than anybody would."""
# ruff: noqa: E501 - a choice is a line

import random
import string
import uuid
from collections.abc import Callable
from typing import Final, TypeVar

from lrs.xapi.versions import Version
from tests.guarantees.roundtrip_text import Number, Value

T = TypeVar("T")
Object = dict[str, Value]

NUMBERS: Final = (
    "0", "-0", "-0.0", "0e0", "1", "1.0", "1.10", "1E2", "1E+002", "1e-2", "-1.50e-07", "0.1", "1e400", "-1e400", "1e-400", "1e131071",
    "18446744073709551616", "9007199254740993", "9223372036854775808", "123456789012345678901234567890123456789012345678901234567890",
    "0.1000000000000000055511151231257827", "2.220446049250313e-16", "1.7976931348623157e309", "9" * 5_000, "0." + "3" * 1_000,
)  # fmt: skip
STRINGS: Final = (
    "", " ", "a", "\0", "a\0b", "\x1f", "\x7f", "\x80", '"', "\\", "/", "é", "e\u0301", "ß", "İ", "ﬁ", "\u2028", "\u202e", "\ufeff", "\ufffd",
    "\uffff", "\U0001f600", "\U0010ffff", "null", "1.10", "</script>", "${x}", "%s", "'; --", "\r\nX-Injected: 1", "{}", "[[", "--", "a" * 3_000,
)  # fmt: skip
TAGS: Final = (
    "en", "en-US", "de", "de-DE-1996", "zh-Hant-TW", "sr-Latn", "x-private", "i-klingon", "en-GB-oed", "es-419", "sl-rozaj-biske",
    "de-a-value", "en-x-a-b", "tlh", "sgn-BE-FR", "ar", "EN-us",
)  # fmt: skip
SCHEMES: Final = ("http://", "https://", "urn:", "tag:", "mailto:", "a+b.c-d:", "javascript:", "HTTP://", "x:")
IRI_PARTS: Final = (
    "a", "example.org", "/", "%20", "%c3%bc", "é", "例え", "\U0001f600", "#", "?", "=", "&", "'", "(", ")", "@", ":", "~", "..", "!",
    "A", "x" * 200, ";", "[", "]", ",", "$",
)  # fmt: skip
INTERACTIONS: Final = (
    "true-false", "choice", "fill-in", "long-fill-in", "matching", "performance", "sequencing", "likert", "numeric", "other",
)  # fmt: skip
TYPES: Final = ("text/plain", "application/octet-stream", 'a/b; c="d;\\"e"', "image/svg+xml;charset=utf-8", "A/B ; c=d")
STRICT_TIMES: Final = (
    "2026-01-31T12:00:00Z", "2026-01-31T12:00:00.1Z", "2026-01-31T23:59:59.999999999+05:45", "2024-02-29T00:00:00-11:30",
    "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z", "2016-12-31T23:59:60Z", "2017-01-01T01:59:60.5+02:00", "1970-01-01t00:00:00z",
    "2026-03-01T00:30:00.000000000000000000001+01:00", "2026-01-01T00:00:00+00:00", "2099-12-31T23:59:59.000-12:00", "0001-01-02T00:00:00+12:00",
)  # fmt: skip
LOOSE_TIMES: Final = (
    "2026-01-31T12:00:00",
    "2026-01-31T12:00",
    "2026-01-31T12:00:00,5Z",
    "2026-01-31T12:00+0530",
    "2026-01-31T12:00:01.50+01",
)
DURATIONS: Final = (
    "P4W", "PT0S", "P1Y2M3DT4H5M6S", "PT1.5S", "PT1,5S", "PT0.000000001S", "P0D", "PT36H", "P1.5Y", "PT99999999999S", "P1Y", "P10M", "PT1H0.25M",
)  # fmt: skip


class Maker:
    """Makes statements for one version by the fall of the dice."""

    def __init__(self, dice: random.Random, version: Version) -> None:
        self._dice = dice
        self._old = version is Version.V1_0_3

    def statement(self) -> Object:
        """A valid statement."""
        made = self._said()
        self._maybe(made, "id", self._uuid, 0.4)
        self._maybe(made, "stored", self._time, 0.1)
        self._maybe(made, "authority", self._authority, 0.1)
        self._maybe(
            made,
            "version",
            lambda: self._one("1.0", "1.0.0", "1.0.3", "1.0.9", *(() if self._old else ("2.0.0", "2.0"))),
            0.3,
        )
        return made

    def _said(self, *, inner: bool = False) -> Object:
        """What statements and SubStatements share."""
        kind = self._one(
            *("Activity",) * 5, "Agent", "Group", "StatementRef", *(() if inner else ("SubStatement", "SubStatement"))
        )
        made: Object = {"actor": self._actor(), "verb": self._verb(), "object": self._object(kind)}
        self._maybe(made, "result", self._result)
        self._maybe(made, "context", lambda: self._context(kind == "Activity"))
        self._maybe(made, "timestamp", self._time)
        self._maybe(made, "attachments", lambda: self._list(self._attachment), 0.1)
        return made

    def _object(self, kind: str) -> Object:
        if kind == "SubStatement":
            return {"objectType": kind, **self._said(inner=True)}
        if kind == "StatementRef":
            return {"objectType": kind, "id": self._uuid()}
        if kind == "Activity":
            return self._activity()
        return {**(self._agent() if kind == "Agent" else self._group()), "objectType": kind}

    def _actor(self) -> Object:
        return self._agent() if self._dice.random() < 0.7 else self._group()

    def _agent(self) -> Object:
        made = self._identified()
        self._maybe(made, "objectType", lambda: "Agent", 0.3)
        self._maybe(made, "name", self._text, 0.3)
        return made

    def _group(self) -> Object:
        made: Object = {"objectType": "Group"}
        self._maybe(made, "name", self._text, 0.3)
        if self._dice.random() < 0.5:
            made |= self._identified()
            self._maybe(made, "member", lambda: self._list(self._agent), 0.3)
        else:
            made["member"] = [self._agent(), *self._list(self._agent)]
        return made

    def _authority(self) -> Object:
        if self._dice.random() < 0.5:
            return self._agent()
        return {"objectType": "Group", "member": [self._agent(), self._agent()]}

    def _identified(self) -> Object:
        match self._dice.randrange(4):
            case 0:
                return {
                    "mbox": f"mailto:{self._letters()}@{self._one('example.org', 'EXAMPLE.org', 'xn--e1afmkfd', '例え.jp')}"
                }
            case 1:
                return {"mbox_sha1sum": self._hex(40)}
            case 2:
                return {"openid": self._iri()}
            case _:
                return {"account": {"homePage": self._iri(), "name": self._text()}}

    def _verb(self) -> Object:
        made: Object = {"id": self._iri()}
        self._maybe(made, "display", self._map)
        return made

    def _activity(self) -> Object:
        made: Object = {"id": self._iri()}
        self._maybe(made, "objectType", lambda: "Activity", 0.3)
        self._maybe(made, "definition", self._definition, 0.4)
        return made

    def _definition(self) -> Object:
        made: Object = {}
        for name in ("name", "description"):
            self._maybe(made, name, self._map)
        for name in ("type", "moreInfo"):
            self._maybe(made, name, self._iri, 0.2)
        self._maybe(made, "extensions", self._extensions, 0.3)
        if self._dice.random() < 0.3:
            made["interactionType"] = self._one(*INTERACTIONS)
            self._maybe(made, "correctResponsesPattern", lambda: self._list(self._text))
            for name in ("choices", "scale", "source", "target", "steps"):
                self._maybe(made, name, self._components, 0.2)
        return made

    def _components(self) -> Value:
        made: list[Value] = []
        for number in range(self._dice.randrange(4)):
            component: Object = {"id": f"{number}{self._text()}"}  # 1.0.3 wants them distinct
            self._maybe(component, "description", self._map)
            made.append(component)
        return made

    def _result(self) -> Object:
        made: Object = {}
        self._maybe(made, "score", self._score)
        for name in ("success", "completion"):
            self._maybe(made, name, lambda: self._one(True, False))
        self._maybe(made, "response", self._text)
        self._maybe(made, "duration", lambda: self._one(*DURATIONS))
        self._maybe(made, "extensions", self._extensions, 0.4)
        return made

    def _score(self) -> Object:
        made: Object = {}
        self._maybe(
            made,
            "scaled",
            lambda: Number(
                self._one("0", "-0.0", "1", "1.0", "-1", "0.50", "5e-1", "1E0", "-1.000", "0.333333333333333333333")
            ),
        )
        low, high = sorted(self._dice.sample(range(-1_000, 1_000), 2))
        for name, value in (("min", low), ("raw", self._dice.randint(low, high)), ("max", high)):
            self._maybe(made, name, lambda value=value: self._spelled(value))  # type: ignore[misc]
        return made

    def _spelled(self, value: int) -> Number:
        return Number(
            self._one(f"{value}", f"{value}.0", f"{value}.000", f"{value}e0", f"{value * 10}E-1", f"{value}.0e+00")
        )

    def _context(self, about_activity: bool) -> Object:
        made: Object = {}
        self._maybe(made, "registration", self._uuid)
        self._maybe(made, "instructor", self._actor, 0.2)
        self._maybe(made, "team", self._group, 0.2)
        self._maybe(made, "contextActivities", self._around)
        if about_activity:
            for name in ("revision", "platform"):
                self._maybe(made, name, self._text, 0.2)
        self._maybe(made, "language", lambda: self._one(*TAGS), 0.2)
        self._maybe(made, "statement", lambda: {"objectType": "StatementRef", "id": self._uuid()}, 0.2)
        self._maybe(made, "extensions", self._extensions, 0.3)
        if not self._old:
            self._maybe(made, "contextAgents", lambda: self._list(lambda: self._entry("Agent", self._agent())), 0.2)
            self._maybe(made, "contextGroups", lambda: self._list(lambda: self._entry("Group", self._group())), 0.2)
        return made

    def _entry(self, kind: str, whom: Object) -> Object:
        made: Object = {"objectType": f"context{kind}", kind.lower(): whom}
        self._maybe(made, "relevantTypes", lambda: [self._iri(), *self._list(self._iri)])
        return made

    def _around(self) -> Object:
        made: Object = {}
        for name in ("parent", "grouping", "category", "other"):
            self._maybe(
                made, name, lambda: self._activity() if self._dice.random() < 0.5 else self._list(self._activity)
            )
        return made

    def _attachment(self) -> Object:
        made: Object = {
            "usageType": self._iri(),
            "display": self._map(),
            "contentType": self._one(*TYPES),
            "length": Number(self._one("0", "1", "99999999999")),
            "sha2": self._hex(self._one(56, 64, 96, 128)),
            "fileUrl": self._iri(),
        }
        self._maybe(made, "description", self._map, 0.2)
        return made

    def _extensions(self) -> Object:
        return {self._iri(): self._any(self._dice.choice((1, 2, 3, 8, 40))) for _ in range(self._dice.randrange(4))}

    def _any(self, depth: int) -> Value:
        """JSON of any kind, at most so deep."""
        die = self._dice.random()
        if depth > 8:
            return [self._any(depth - 1)] if die < 0.5 else {self._text(): self._any(depth - 1)}
        if depth and die < 0.3:
            return [self._any(depth - 1) for _ in range(self._dice.randrange(4))]
        if depth and die < 0.6:
            return {self._text()[:200]: self._any(depth - 1) for _ in range(self._dice.randrange(4))}
        number = Number(self._dice.choice(NUMBERS))
        return self._dice.choice((None, True, False, self._text(), self._text(), number, number))

    def _map(self) -> Object:
        return {tag: self._text() for tag in self._dice.sample(TAGS, self._dice.randrange(4))}

    def _time(self) -> str:
        times: tuple[str, ...] = STRICT_TIMES + LOOSE_TIMES if self._old else STRICT_TIMES
        return self._dice.choice(times)

    def _text(self) -> str:
        return "".join(self._dice.choices(STRINGS, k=self._dice.choice((0, 1, 1, 2, 3))))[:900]

    def _iri(self) -> str:
        scheme: str = self._dice.choice(SCHEMES)
        return scheme + "".join(self._dice.choices(IRI_PARTS, k=self._dice.randrange(6)))[:900]

    def _letters(self) -> str:
        return "".join(self._dice.choices(string.ascii_letters + "0123456789.+-_'!äß", k=self._dice.randint(1, 20)))

    def _hex(self, digits: int) -> str:
        return "".join(self._dice.choices("0123456789abcdefABCDEF", k=digits))

    def _uuid(self) -> str:
        made = str(uuid.UUID(int=self._dice.getrandbits(128)))
        return self._one(made, made, made.upper())

    def _one(self, *choices: T) -> T:
        return self._dice.choice(choices)

    def _list(self, make: Callable[[], Value]) -> list[Value]:
        return [make() for _ in range(self._dice.choice((0, 1, 1, 2, 3)))]

    def _maybe(self, made: Object, name: str, make: Callable[[], Value], chance: float = 0.5) -> None:
        if self._dice.random() < chance:
            made[name] = make()
