"""Headers: versions, types, codings, languages; and credentials."""

import base64
import gzip
import zlib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from tests import serving
from tests.factories import statement
from tests.guarantees.hostile_inputs import BAD, JSON, OK, STATEMENTS, Input, get, named, post, raw
from tests.guarantees.hostile_wire import request

GROUP: Final = "headers"
WHO: Final = "authentication"
GOOD: Final = f"{serving.KEY}:{serving.SECRET}".encode()
BODY: Final = b'{"actor":{"openid":"http://x.org"},"verb":{"id":"http://x.org"},"object":{"id":"http://x.org"}}'
ABOUT: Final = "/xAPI/about"

VERSIONS: Final[dict[str, tuple[Iterable[int], str | bytes | None]]] = {
    "none": (BAD, None),
    "empty": (BAD, ""),
    "0.95": (BAD, "0.95"),
    "1.1.0": (BAD, "1.1.0"),
    "2.1.0": (BAD, "2.1.0"),
    "3.0.0": (BAD, "3.0.0"),
    "1": (BAD, "1"),
    "2.0.": (BAD, "2.0."),
    "2.0.x": (BAD, "2.0.x"),
    "v2.0.0": (BAD, "v2.0.0"),
    "two in one": (BAD, "1.0.3, 2.0.0"),
    "with a word": (BAD, "2.0.0 x"),
    "quoted": (BAD, '"2.0.0"'),
    "Arabic digits": (BAD, "٢.٠.٠"),
    "no UTF-8": (BAD, b"\xff.0.0"),
    "5,000 digits": (BAD, "2.0." + "9" * 5_000),
    "60,000 bytes": (BAD, "2.0.0" * 12_000),
    "SQL": (BAD, "2.0.0' or '1'='1"),
    "spaces around": (OK, "  2.0.0\t "),
    "2.0": (OK, "2.0"),
    "2.0.99": (OK, "2.0.99"),
    "1.0": (OK, "1.0"),
    "1.0.99": (OK, "1.0.99"),
}
TYPES: Final[dict[str, tuple[Iterable[int], str | bytes | None]]] = {
    "none": (BAD, None),
    "empty": (BAD, ""),
    "text/plain": (BAD, "text/plain"),
    "application/xml": (BAD, "application/xml"),
    "a form": (BAD, "application/x-www-form-urlencoded"),
    "form data": (BAD, "multipart/form-data; boundary=x"),
    "json+ld": (BAD, "application/ld+json"),
    "*/*": (BAD, "*/*"),
    "two": (BAD, "application/json, text/plain"),
    "UTF-16": (BAD, "application/json; charset=utf-16"),
    "an unknown charset": (BAD, "application/json; charset=x-none"),
    "two charsets": (BAD, "application/json; charset=utf-8; charset=utf-16"),
    "a parameter without a value": (BAD, "application/json; charset"),
    "a quote that does not end": (BAD, 'application/json; charset="utf-8'),
    "no UTF-8": (BAD, b"application/json\xff"),
    "60,000 parameters": (BAD, "application/json" + ";a" * 20_000),
    "a semicolon behind": (OK, "application/json;"),
    "other case": (OK, "Application/JSON; Charset=UTF-8"),
    "a quoted charset": (OK, 'application/json; charset="utf-8"'),
    "spaces": (OK, " application/json ; charset=utf-8 "),
    "a profile": (OK, "application/json; profile=x"),
}
LANGUAGES: Final[dict[str, str | bytes]] = {
    "garbage": "!!!,;;;,q=q",
    "no quality": "en;q=",
    "quality above one": "en;q=2, de;q=-1",
    "Arabic quality": "en;q=٠",
    "nothing wanted": "*;q=0",
    "60,000 bytes": "en-US;q=0.5," * 4_600,
    "one long range": "a-" * 30_000 + "b",
    "one long word": "a" * 60_000,
    "commas": "," * 60_000,
    "no UTF-8": b"\xff\xfe",
    "all subtags": "x-" + "-".join("abcdefgh" for _ in range(1_000)),
}
OTHERS: Final = {
    "Accept of nothing known": "Accept: image/x-none;q=0",
    "Accept of 60,000 bytes": "Accept: " + "a/b," * 15_000,
    "Accept-Encoding": "Accept-Encoding: gzip;q=x, br, *;q=0, identity;q=0",
    "Accept-Charset": "Accept-Charset: utf-7",
    "Range": "Range: bytes=0-0,1-1,2-2,-1,99999999999999999999-",
    "If-Modified-Since": "If-Modified-Since: yesterday",
    "If-Range": "If-Range: x",
    "override of the method": "X-HTTP-Method-Override: DELETE",
    "another path": "X-Original-URL: /admin/v1\r\nX-Rewrite-URL: /admin/v1",
    "another address": "X-Forwarded-For: 127.0.0.1, ::1\r\nForwarded: for=127.0.0.1;host=x\r\nX-Real-IP: x",
    "another host": "X-Forwarded-Host: evil.example.org\r\nX-Forwarded-Proto: gopher\r\nX-Forwarded-Prefix: //x",
    "cookies": "Cookie: " + "; ".join(f"a{number}=b" for number in range(1_000)),
    "a cookie that is none": 'Cookie: =;;;,"\\',
    "Referer": "Referer: javascript:alert(1)",
    "User-Agent of a log": "User-Agent: a\tb \x1b".replace("\x1b", "") + "${jndi:ldap://x}",
    "Date": "Date: never",
    "TE": "TE: trailers, deflate;q=x",
    "Max-Forwards": "Max-Forwards: -1",
    "Keep-Alive": "Keep-Alive: timeout=-1, max=x",
    "Via": "Via: " + "1.1 x," * 5_000,
}


def compressed(content: bytes) -> bytes:
    return gzip.compress(content, 9, mtime=0)


@lru_cache
def bomb() -> bytes:
    """40 MB that come as 40 kB."""
    return gzip.compress(b" " * 40_000_000, 1, mtime=0)


def encoded(name: str, expected: Iterable[int], coding: str, body: object) -> Input:
    return post(GROUP, f"coding: {name}", expected, body, more=f"Content-Encoding: {coding}\r\n")


def codings() -> list[Input]:
    zipped = compressed(BODY)
    return [
        encoded("gzip of garbage", BAD, "gzip", b"garbage, not gzip"),
        encoded("gzip of nothing", BAD, "gzip", b""),
        encoded("gzip cut short", BAD, "gzip", zipped[:-9]),
        encoded("gzip with its head alone", BAD, "gzip", zipped[:10]),
        encoded("gzip with a wrong checksum", BAD, "gzip", zipped[:-8] + bytes(8)),
        encoded("gzip with more behind", BAD, "gzip", zipped + b"more"),
        encoded("two gzip streams", BAD, "gzip", zipped + zipped),
        encoded("gzip in gzip", BAD, "gzip", compressed(zipped)),
        encoded("gzip twice by name", {400, 415}, "gzip, gzip", compressed(zipped)),
        encoded("JSON named gzip", BAD, "gzip", BODY),
        encoded("gzip not named", BAD, "identity", zipped),
        encoded("bomb", {413}, "gzip", bomb),
        encoded("bomb in a bomb", {400, 413}, "gzip", lambda: compressed(bomb())),
        encoded("bomb by deflate", {413}, "deflate", lambda: zlib.compress(b" " * 20_000_000, 1)),
        encoded("deflate of garbage", BAD, "deflate", b"garbage"),
        encoded("deflate without its head", {200, 400}, "deflate", zlib.compress(BODY)[2:-4]),
        encoded("brotli", {400, 415}, "br", b"\x0b\x02\x80garbage\x03"),
        encoded("zstd", {400, 415}, "zstd", b"\x28\xb5\x2f\xfd"),
        encoded("unknown", {400, 415}, "x-none", BODY),
        encoded("of 5,000 bytes", {400, 415}, "gzip" * 1_250, BODY),
        encoded("gzip", OK, "GZip", zipped),
        encoded("x-gzip", OK, "x-gzip", zipped),
        encoded("deflate", OK, "deflate", zlib.compress(BODY)),
        encoded("identity", OK, "identity", BODY),
        encoded("empty", OK, "", BODY),
    ]


def versions() -> Iterator[Input]:
    for name, (expected, text) in VERSIONS.items():
        own = b"" if text is None else b"X-Experience-API-Version: " + _bytes(text) + b"\r\n"
        yield raw(GROUP, f"version: {name}", expected, request("GET", STATEMENTS, version=None, more=own))
    twice = b"X-Experience-API-Version: 1.0.3\r\n"
    yield raw(GROUP, "version: given twice", BAD, request("GET", STATEMENTS, more=twice))
    yield raw(GROUP, "version: unknown, to About", BAD, request("GET", ABOUT, version="9"))


def types() -> Iterator[Input]:
    for name, (expected, text) in TYPES.items():
        own = b"" if text is None else b"Content-Type: " + _bytes(text) + b"\r\n"
        yield post(GROUP, f"type: {name}", expected, statement(), content_type=None, more=own)
    twice = b"Content-Type: text/plain\r\n"
    yield post(GROUP, "type: given twice", BAD, statement(), content_type=JSON, more=twice)


def others() -> Iterator[Input]:
    for name, text in LANGUAGES.items():
        own = b"Accept-Language: " + _bytes(text) + b"\r\n"
        yield get(GROUP, f"languages: {name}", OK, f"{STATEMENTS}?format=canonical&limit=20", own)
    for name, text in OTHERS.items():
        yield get(GROUP, f"other: {name}", OK, ABOUT, text + "\r\n")
    page = "Accept: text/html\r\n"
    yield get(GROUP, "other: a page for an error", BAD, f"{STATEMENTS}?verb=%3Cscript%3Ealert(1)%3C/script%3E", page)


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()


INPUTS: Final = named(GROUP, [*versions(), *types(), *codings(), *others()])

# Who asks


def token(content: bytes) -> str:
    return base64.b64encode(content).decode()


UNKNOWN: Final = frozenset({401})
HEADERS: Final[dict[str, tuple[Iterable[int], str | bytes | None]]] = {
    "none": (UNKNOWN, None),
    "empty": (UNKNOWN, ""),
    "Basic alone": (UNKNOWN, "Basic"),
    "Basic and a space": (UNKNOWN, "Basic "),
    "no base64": (UNKNOWN, "Basic !!!!"),
    "half of base64": (UNKNOWN, f"Basic {token(GOOD)[:-3]}"),
    "base64 too long": (UNKNOWN, f"Basic {token(GOOD)}===="),
    "base64 of URLs": (UNKNOWN, "Basic " + base64.urlsafe_b64encode(b"\xfb\xff\xfe:x").decode()),
    "base64 with a space inside": (UNKNOWN, f"Basic {token(GOOD)[:8]} {token(GOOD)[8:]}"),
    "two tokens": (UNKNOWN, f"Basic {token(GOOD)}, Basic {token(GOOD)}"),
    "no colon": (UNKNOWN, f"Basic {token(b'tests')}"),
    "a colon alone": (UNKNOWN, f"Basic {token(b':')}"),
    "no key": (UNKNOWN, f"Basic {token(b':' + GOOD)}"),
    "no secret": (UNKNOWN, f"Basic {token(b'tests:')}"),
    "a wrong secret": (UNKNOWN, f"Basic {token(b'tests:wrong')}"),
    "half the secret": (UNKNOWN, f"Basic {token(GOOD[:-1])}"),
    "more than the secret": (UNKNOWN, f"Basic {token(GOOD + b'x')}"),
    "a space behind the secret": (UNKNOWN, f"Basic {token(GOOD + b' ')}"),
    "a NUL behind the secret": (UNKNOWN, f"Basic {token(GOOD + bytes(1))}"),
    "the secret up to its colon": (UNKNOWN, f"Basic {token(b'tests:of')}"),
    "an unknown key": (UNKNOWN, f"Basic {token(b'nobody:x')}"),
    "the key in other case": (UNKNOWN, f"Basic {token(b'TESTS:' + serving.SECRET.encode())}"),
    "a space before the key": (UNKNOWN, f"Basic {token(b' ' + GOOD)}"),
    "a NUL in the key": (UNKNOWN, f"Basic {token(b'te' + bytes(1) + b'sts:x')}"),
    "a line end in the key": (UNKNOWN, f"Basic {token(b'te' + bytes([13, 10]) + b'X-Injected: 1:x')}"),
    "a key in UTF-8": (UNKNOWN, f"Basic {token('schlüssel:x'.encode())}"),
    "a key in Latin-1": (UNKNOWN, f"Basic {token('schlüssel:x'.encode('latin-1'))}"),
    "a lone surrogate": (UNKNOWN, f"Basic {token(bytes([0xED, 0xA0, 0x80]) + b':x')}"),
    "SQL": (UNKNOWN, f"Basic {token(b'tests; drop table x --:x')}"),
    "a key of 3,000 bytes": (UNKNOWN, f"Basic {token(b'k' * 3_000 + b':x')}"),
    "a key of 40,000 bytes": (UNKNOWN, f"Basic {token(b'k' * 40_000 + b':x')}"),
    "Bearer": (UNKNOWN, "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ0ZXN0cyJ9."),
    "Bearer alone": (UNKNOWN, "Bearer"),
    "Bearer of our token": (UNKNOWN, f"Bearer {token(GOOD)}"),
    "Digest": (UNKNOWN, 'Digest username="tests", realm="xAPI", nonce="", uri="/", response=""'),
    "Negotiate": (UNKNOWN, "Negotiate TlRMTVNTUAABAAAA"),
    "OAuth": (UNKNOWN, 'OAuth oauth_consumer_key="tests", oauth_signature=""'),
    "a scheme that is none": (UNKNOWN, f"Bäsic {token(GOOD)}"),
    "a tab for the space": (UNKNOWN, f"Basic\t{token(GOOD)}"),
    "no UTF-8": (UNKNOWN, b"Basic \xff\xff"),
    "scheme in lower case": (OK, f"basic {token(GOOD)}"),
    "two spaces": (OK, f"Basic  {token(GOOD)}"),
}


def credentials() -> Iterator[Input]:
    for name, (expected, text) in HEADERS.items():
        own = b"" if text is None else b"Authorization: " + _bytes(text) + b"\r\n"
        yield raw(WHO, name, expected, request("GET", STATEMENTS, authorization=None, more=own))
    wrong = f"Authorization: Basic {token(b'tests:wrong')}\r\n"
    yield raw(WHO, "given twice", {400, 401}, request("GET", STATEMENTS, more=wrong))
    right = token(GOOD)
    yield _without("in the query", {400, 401}, f"{STATEMENTS}?Authorization=Basic%20{right}")
    yield _without("in the address", UNKNOWN, f"http://{serving.KEY}:x@localhost{STATEMENTS}")
    yield _without("in a cookie", UNKNOWN, STATEMENTS, f"Cookie: Authorization=Basic {right}\r\n")
    yield _without("for a proxy", UNKNOWN, STATEMENTS, f"Proxy-Authorization: Basic {right}\r\n")
    yield _without(
        "a user by header", UNKNOWN, STATEMENTS, "X-Remote-User: tests\r\nX-User: tests\r\nRemote-User: tests\r\n"
    )
    for path in ("activities", "agents", "activities/state", "activities/profile", "agents/profile", "nowhere", ""):
        yield _without(f"none, to /{path}", {401, 404}, f"/xAPI/{path}")
    yield raw(
        WHO, "none, with a body", UNKNOWN, request("POST", STATEMENTS, BODY, authorization=None, content_type=JSON)
    )
    yield raw(
        WHO,
        "none, with a large body",
        UNKNOWN,
        request("POST", STATEMENTS, b" " * 1_000_000, authorization=None, content_type=JSON),
    )


def _without(name: str, expected: Iterable[int], target: str, more: str = "") -> Input:
    return raw(WHO, name, expected, request("GET", target, authorization=None, more=more))


CREDENTIALS: Final = named(WHO, credentials())
