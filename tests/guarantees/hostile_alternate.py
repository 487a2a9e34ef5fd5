"""The alternate request syntax of 1.0.3, and requests from pages of other origins."""
# ruff: noqa: E501 - a case is a line

from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import quote, urlencode

from tests import serving
from tests.factories import ID, body, statement
from tests.guarantees.hostile_inputs import BAD, NO_CONTENT, OK, STATEMENTS, Input, named, raw
from tests.guarantees.hostile_wire import request

GROUP: Final = "alternate"
CORS: Final = "cors"
FORM: Final = "application/x-www-form-urlencoded"
VERSION: Final = "X-Experience-API-Version"
KEYS: Final = {"Authorization": serving.basic(serving.KEY, serving.SECRET), VERSION: "1.0.3"}
CONTENT: Final = body(statement()).decode()
STATE: Final = {"activityId": "http://a.b", "agent": '{"mbox":"mailto:a@b.c"}', "stateId": "alternate"}
UNKNOWN: Final = frozenset({401})


def form(**changes: str | None) -> dict[str, str]:
    """A form with credentials and version; `_` stands for `-`."""
    named = {name.replace("_", "-"): value for name, value in changes.items()}
    return {name: value for name, value in {**KEYS, **named}.items() if value is not None}


def sent(
    name: str, expected: Iterable[int], method: str, fields: dict[str, str] | bytes, *, content_type: str = FORM,
    target: str = STATEMENTS, version: str | None = None, verb: str = "POST", more: str = "",
) -> Input:  # fmt: skip
    text = fields if isinstance(fields, bytes) else urlencode(fields).encode()
    query = f"?method={method}" if method else ""
    wire = request(
        verb, target + query, text, version=version, authorization=None, content_type=content_type, more=more
    )
    return raw(GROUP, name, expected, wire)


def forms() -> Iterator[Input]:
    good = form(content=CONTENT)
    yield sent("POST", OK, "POST", good)
    yield sent("GET", OK, "GET", form(limit="1"))
    yield sent("PUT", NO_CONTENT, "PUT", form(content=CONTENT, statementId=str(ID)))
    yield sent("names in other case", OK, "GET", {name.lower(): value for name, value in KEYS.items()})
    yield sent("a state", NO_CONTENT, "PUT", {**form(content="{}"), **STATE}, target="/xAPI/activities/state")
    yield sent("DELETE of a state", NO_CONTENT, "DELETE", {**form(), **STATE}, target="/xAPI/activities/state")
    other = sent("a header beside it that is no UTF-8", BAD, "GET", form(), more="X-A: BYTE\r\n")
    wire = other.wire().replace(b"BYTE", b"\xff")
    yield raw(GROUP, other.name, other.expected, wire)
    yield sent("an unknown method", BAD, "PATCH", good)
    yield sent("a method in lower case", BAD, "post", good)
    yield sent("an empty method", BAD, "", good, target=STATEMENTS + "?method=")
    yield sent("a method of TRACE", BAD, "TRACE", good)
    yield sent("a method with NUL", BAD, "POST%00", good)
    yield sent("a method given twice", BAD, "POST&method=POST", good)
    yield sent("a parameter beside the method", BAD, "POST&limit=1", good)
    yield sent("a method in a PUT", BAD, "POST", good, verb="PUT")
    yield sent("a method in a DELETE", BAD, "POST", good, verb="DELETE")
    yield sent("a method encoded in its name", BAD, "", good, target=STATEMENTS + "?%6dethod=POST")


def contents() -> Iterator[Input]:
    """What a form carries, and how."""
    good = form(content=CONTENT)
    yield sent("no content for a PUT", BAD, "PUT", form(statementId=str(ID)))
    yield sent("no content for a POST", BAD, "POST", form())
    yield sent("content for a GET", BAD, "GET", good)
    yield sent("content given twice", BAD, "POST", urlencode(good).encode() + b"&content=x")
    yield sent("credentials given twice", BAD, "GET", urlencode(form()).encode() + b"&authorization=x")
    yield sent("empty", {400, 401}, "POST", b"")
    yield sent("no form", BAD, "POST", CONTENT.encode(), content_type="application/json")
    yield sent("form data", BAD, "POST", b"--a--", content_type="multipart/form-data; boundary=a")
    yield sent("no type", BAD, "POST", good, content_type="")
    yield sent("bytes that are no UTF-8", BAD, "POST", urlencode(form()).encode() + b"&content=%ff")
    yield sent("half a percent", BAD, "POST", urlencode(form()).encode() + b"&content=%")
    yield sent("NUL in the content", BAD, "POST", form(content="\0"))
    yield sent("NUL in a name", BAD, "GET", urlencode(form()).encode() + b"&a%00=1")


def headers() -> Iterator[Input]:
    """Headers in a form."""
    good = form(content=CONTENT)
    yield sent("a header with line ends", {400, 401}, "GET", form(Authorization="Basic x\r\nX-Injected: 1"))
    yield sent("a type with line ends", BAD, "POST", form(content=CONTENT, Content_Type="a/b\r\nX-Injected: 1"))
    yield sent(
        "a length with line ends", {200, 400}, "POST", form(content=CONTENT, Content_Length="5\r\nX-Injected: 1")
    )
    yield sent("a wrong length", {200, 400}, "POST", form(content=CONTENT, Content_Length="5"))
    yield sent(
        "an If-Match with line ends",
        BAD,
        "PUT",
        {**form(content="{}", If_Match='"a"\r\nX-Injected: 1'), **STATE},
        target="/xAPI/activities/state",
    )
    yield sent("a header that is not listed", BAD, "GET", form(Transfer_Encoding="chunked"))
    yield sent("a Host", BAD, "GET", form(Host="evil.example.org"))
    yield sent("an Origin", BAD, "GET", form(Origin="http://evil.example.org"))
    yield sent("no credentials", UNKNOWN, "GET", form(Authorization=None))
    yield sent("wrong credentials", UNKNOWN, "GET", form(Authorization="Basic eDp5"))
    yield sent("no version", BAD, "GET", {"Authorization": KEYS["Authorization"]})
    yield sent("version 2.0.0", BAD, "GET", form(**{VERSION: "2.0.0"}))
    yield sent("version 0.8", BAD, "GET", form(**{VERSION: "0.8"}))
    yield sent("version 0.8 under a good one", BAD, "GET", form(**{VERSION: "0.8"}), version="1.0.3")
    yield sent("version 2.0.0 by header", BAD, "GET", form(), version="2.0.0")
    yield sent("an unknown parameter", BAD, "GET", form(x="1"))
    yield sent("a method inside a method", BAD, "POST", form(content=CONTENT, method="GET"))
    yield sent("10,000 fields", BAD, "GET", urlencode({**form(), **{f"a{n}": "1" for n in range(10_000)}}).encode())
    yield sent("100,000 ampersands", OK, "GET", urlencode(form()).encode() + b"&" * 100_000)
    yield sent("a name of 100,000 bytes", BAD, "GET", urlencode(form()).encode() + b"&" + b"a" * 100_000)
    yield sent("broken JSON", BAD, "POST", form(content="{"))
    yield sent("a key twice", BAD, "POST", form(content=CONTENT[:-1] + "," + CONTENT[1:]))
    yield sent("gzip by name", BAD, "POST", good, more="Content-Encoding: gzip\r\n")
    yield sent("multipart inside", BAD, "POST", form(content="--a--", Content_Type="multipart/mixed; boundary=a"))
    yield sent("About", {200, 400}, "GET", {VERSION: "1.0.3"}, target="/xAPI/about")
    yield sent("a path that is not there", {401, 404}, "GET", form(), target="/xAPI/nothing")
    yield sent("a PUT of About", BAD, "PUT", form(content="x"), target="/xAPI/about")
    yield sent("a health check", {404, 405}, "GET", form(), target="/health/live")


INPUTS: Final = named(GROUP, [*forms(), *contents(), *headers()])

ORIGINS: Final = (
    "https://lms.example.org", "https://lms.example.org.evil.example", "https://evil.example/https://lms.example.org",
    "http://lms.example.org", "https://LMS.example.org", "https://lms.example.org:443", "null", "", "*", "https://lms.example.org, https://evil.example",
    "https://lms.example.org\x01", "file://", "https://" + "a" * 10_000, "http://localhost", "https://lmsXexample.org",
)  # fmt: skip


def origins() -> Iterator[Input]:
    asks = "Access-Control-Request-Method: PUT\r\nAccess-Control-Request-Headers: " + "x-a," * 100 + "\r\n"
    for origin in ORIGINS:
        line = f"Origin: {origin}\r\n"
        expected = {400} if "\x01" in origin else {200}
        wire = request("GET", "/xAPI/about", more=line)
        yield raw(CORS, f"GET from {origin[:60]!r}", expected, wire)
        preflight = request("OPTIONS", STATEMENTS, version=None, authorization=None, more=line + asks)
        yield raw(CORS, f"preflight from {origin[:60]!r}", {400} if "\x01" in origin else {204}, preflight)
    yield raw(
        CORS, "preflight of nothing", {204, 400}, request("OPTIONS", "/xAPI/nothing", version=None, authorization=None)
    )
    twice = "Origin: https://evil.example\r\nOrigin: https://lms.example.org\r\n"
    yield raw(CORS, "two origins", {200, 400}, request("GET", "/xAPI/about", more=twice))
    page = f"Origin: https://evil.example\r\nCookie: a={quote('b')}\r\n"
    yield raw(
        CORS, "a page with cookies and no credentials", {401}, request("GET", STATEMENTS, authorization=None, more=page)
    )


ORIGIN_INPUTS: Final = named(CORS, origins())
