"""Documents: their keys, types, merges and preconditions."""
# ruff: noqa: E501 - a case is a line

from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import quote

from tests.factories import ID
from tests.guarantees.hostile_inputs import BAD, NO_CONTENT, OK, Input, named, raw
from tests.guarantees.hostile_wire import request

GROUP: Final = "documents"
AGENT: Final = quote('{"mbox":"mailto:doc@example.org"}', safe="")
ACTIVITY: Final = "http://doc.example.org"
STATE: Final = f"/xAPI/activities/state?activityId={ACTIVITY}&agent={AGENT}"
AGENTS: Final = f"/xAPI/agents/profile?agent={AGENT}"
ACTIVITIES: Final = f"/xAPI/activities/profile?activityId={ACTIVITY}"
PLACES: Final = {
    "state": (STATE, "stateId"),
    "agent profile": (AGENTS, "profileId"),
    "activity profile": (ACTIVITIES, "profileId"),
}
ANY: Final = "If-None-Match: x\r\n"
JSON: Final = "application/json"
MISSING: Final = frozenset({404})

IDS: Final = {
    "a path": "../../etc/passwd",
    "a path with NUL": "a%00b",
    "NUL": "%00",
    "empty": "",
    "line ends": "a%0d%0aX-Injected:%201",
    "script": "%3Cscript%3Ealert(1)%3C/script%3E",
    "SQL": "a'%20or%20'1'='1",
    "LIKE": "%25_",
    "a space": "%20",
    "a space behind": "a%20",
    "a slash": "a/b%2fc",
    "a backslash": "%5C",
    "quotation marks": "%22%27",
    "emoji": quote("😀"),
    "composed": quote("é"),
    "decomposed": quote("e\u0301"),
    "right to left": quote("\u202e"),
    "a byte order mark": quote("\ufeff"),
    "noncharacters": quote("\uffff\U0010ffff"),
    "3,000 letters": "x" * 3_000,
    "upper case": "ID",
    "lower case": "id",
    "__proto__": "__proto__",
}
BAD_IDS: Final = {
    "0xFF": "%ff",
    "0xFE": "%fe",
    "overlong": "%c0%80",
    "a surrogate": "%ed%a0%80",
    "half a percent": "%",
    "given twice": "a&{id}=b",
    "in other case": "a&{upper}=b",
    "9,000 letters": "x" * 9_000,
}
TYPES: Final[dict[str, tuple[Iterable[int], bytes | None]]] = {
    "none": (NO_CONTENT, None),
    "HTML": (NO_CONTENT, b"text/html"),
    "SVG": (NO_CONTENT, b"image/svg+xml"),
    "a script": (NO_CONTENT, b"text/javascript; charset=utf-8"),
    "a form": (NO_CONTENT, b"application/x-www-form-urlencoded"),
    "multipart": (NO_CONTENT, b"multipart/mixed; boundary=a"),
    "other case": (NO_CONTENT, b"Application/JSON"),
    "quoted": (NO_CONTENT, b'text/plain; a="b\\"c;d"'),
    "empty": (BAD, b""),
    "a word": (BAD, b"text"),
    "a slash": (BAD, b"/"),
    "a star": ({204, 400}, b"*/*"),
    "a space inside": (BAD, b"text /plain"),
    "a list": (BAD, b"text/plain, text/html"),
    "UTF-8": (BAD, "text/plän".encode()),
    "UTF-8 in a parameter": (BAD, "text/plain; a=ä".encode()),
    "a carriage return": (BAD, b"text/plain\rX-Injected: 1"),
    "a line end that goes on": (BAD, b"text/plain\r\n X-Injected: 1"),
    "NUL": (BAD, b"text/plain\0"),
    "60,000 bytes": ({204, 400}, b"text/plain; a=" + b"b" * 60_000),
}
TAGS: Final[dict[str, tuple[Iterable[int], str]]] = {
    "If-Match: empty": (BAD, "If-Match: "),
    "If-Match: no quotes at its end": (BAD, 'If-Match: "abc'),
    "If-Match: words": (BAD, "If-Match: a b c"),
    "If-Match: commas": (BAD, "If-Match: ,,,"),
    "If-Match: UTF-8": ({400, 412}, 'If-Match: "ä"'),
    "If-Match: 60,000 commas": (BAD, "If-Match: " + "," * 60_000),
    "If-Match: 10,000 tags": ({412}, "If-Match: " + '"a",' * 10_000),
    "If-Match: quotation marks": ({400, 412}, "If-Match: " + '"' * 60_000),
    "If-Match: backslashes": ({400, 412}, "If-Match: " + '"\\' * 20_000),
    "If-Match: weak": ({412}, 'If-Match: W/"da39a3ee5e6b4b0d3255bfef95601890afd80709"'),
    "If-Match: another": ({412}, 'If-Match: "abc"'),
    "If-Match: SQL": ({400, 412}, "If-Match: ' or 1=1 --"),
    "If-None-Match: empty": (BAD, "If-None-Match: "),
    "If-None-Match: star": ({412}, "If-None-Match: *"),
    "If-None-Match: star in a list": ({400, 412}, 'If-None-Match: "a", *'),
    "If-None-Match: given on two lines": ({400, 412}, 'If-None-Match: "a"\r\nIf-None-Match: *'),
    "If-Match: given on two lines": ({412}, 'If-Match: "a"\r\nIf-Match: "b"'),
    "both": ({412}, "If-Match: *\r\nIf-None-Match: *"),
    "neither": ({409}, "X-None: x"),
    "If-Match: star": (NO_CONTENT, "If-Match: *"),
    "If-None-Match: another": (NO_CONTENT, 'If-None-Match: "abc"'),
}
MERGES: Final[dict[str, tuple[Iterable[int], bytes, str]]] = {
    "an array": (BAD, b"[1]", JSON),
    "a string": (BAD, b'"a"', JSON),
    "null": (BAD, b"null", JSON),
    "nothing": (BAD, b"", JSON),
    "cut off": (BAD, b'{"a":', JSON),
    "a key twice": (BAD, b'{"a":1,"a":2}', JSON),
    "a lone surrogate": (BAD, b'{"a":"\\ud800"}', JSON),
    "0xFF": (BAD, b'{"a":"\xff"}', JSON),
    "a byte order mark": (BAD, b'\xef\xbb\xbf{"a":1}', JSON),
    "NaN": (BAD, b'{"a":NaN}', JSON),
    "100,000 deep": (BAD, b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", JSON),
    "2,000 members": (BAD, b"{" + b",".join(b'"%d":0' % number for number in range(2_000)) + b"}", JSON),
    "text": (BAD, b"text", "text/plain"),
    "JSON named text": (BAD, b'{"a":1}', "text/plain"),
    "JSON of another name": (BAD, b'{"a":1}', "application/ld+json"),
    "NUL": (NO_CONTENT, b'{"\\u0000":"\\u0000"}', JSON),
    "a number of 5,000 digits": (NO_CONTENT, b'{"a":' + b"9" * 5_000 + b"}", JSON),
    "1e400": (NO_CONTENT, b'{"a":1e400}', JSON),
    "__proto__": (NO_CONTENT, b'{"__proto__":{"a":1}}', JSON),
    "nothing new": (NO_CONTENT, b"{}", JSON),
    "1.10": (NO_CONTENT, b'{"b":1.10}', JSON + "; charset=utf-8"),
}
TARGETS: Final[dict[str, tuple[str, Iterable[int], str]]] = {
    "no activityId": ("GET", BAD, f"/xAPI/activities/state?agent={AGENT}&stateId=a"),
    "no agent": ("GET", BAD, f"/xAPI/activities/state?activityId={ACTIVITY}&stateId=a"),
    "no parameters": ("GET", BAD, "/xAPI/agents/profile"),
    "an activityId that is none": ("GET", BAD, f"/xAPI/activities/state?activityId=x&agent={AGENT}"),
    "an activityId with NUL": ("PUT", BAD, f"/xAPI/activities/state?activityId=http://a%00&agent={AGENT}&stateId=a"),
    "an agent that is none": ("GET", BAD, f"/xAPI/activities/state?activityId={ACTIVITY}&agent=x"),
    "an agent of null": ("DELETE", BAD, f"/xAPI/activities/state?activityId={ACTIVITY}&agent=null"),
    "an anonymous group": ("GET", BAD, f"/xAPI/activities/state?activityId={ACTIVITY}&agent=" + quote('{"objectType":"Group","member":[]}')),
    "a registration that is none": ("GET", BAD, STATE + "&registration=x"),
    "a registration that is empty": ("GET", BAD, STATE + "&registration="),
    "a registration of a profile": ("GET", BAD, f"{AGENTS}&registration={ID}"),
    "since that is none": ("GET", BAD, STATE + "&since=now"),
    "since that is infinite": ("GET", BAD, AGENTS + "&since=infinity"),
    "since beside an id": ("GET", BAD, STATE + "&stateId=a&since=2026-01-01T00:00:00Z"),
    "since of a PUT": ("PUT", BAD, STATE + "&stateId=a&since=2026-01-01T00:00:00Z"),
    "stateId of a profile": ("GET", BAD, AGENTS + "&stateId=a"),
    "profileId of a state": ("GET", BAD, STATE + "&profileId=a"),
    "PUT without an id": ("PUT", BAD, STATE),
    "POST without an id": ("POST", BAD, AGENTS),
    "DELETE of all profiles": ("DELETE", BAD, ACTIVITIES),
    "PATCH": ("PATCH", BAD, STATE + "&stateId=a"),
    "limit": ("GET", BAD, STATE + "&limit=1"),
    "an id that is not there": ("GET", MISSING, STATE + "&stateId=nothing"),
    "DELETE of what is not there": ("DELETE", NO_CONTENT, STATE + "&stateId=nothing"),
    "DELETE of all": ("DELETE", NO_CONTENT, STATE.replace("doc.", "none.")),
    "a list of nothing": ("GET", OK, STATE.replace("doc.", "none.")),
    "HEAD of what is not there": ("HEAD", MISSING, STATE + "&stateId=nothing"),
}  # fmt: skip


def put(
    name: str,
    expected: Iterable[int],
    target: str,
    body: bytes = b"{}",
    *,
    content_type: bytes | None = b"application/json",
    more: str = ANY,
) -> Input:
    own = b"" if content_type is None else b"Content-Type: " + content_type + b"\r\n"
    return raw(GROUP, name, expected, request("PUT", target, body, more=own + more.encode()))


def every() -> Iterator[Input]:
    for place, (target, id) in PLACES.items():
        for name, text in IDS.items():
            yield put(f"{place}, id: {name}", NO_CONTENT, f"{target}&{id}={text}", text.encode())
        for name, text in BAD_IDS.items():
            yield put(f"{place}, id: {name}", BAD, f"{target}&{id}=" + text.format(id=id, upper=id.upper()))
    for name, (expected, content_type) in TYPES.items():
        yield put(
            f"type: {name}", expected, f"{STATE}&stateId=t{len(name)}{name[0]}", b"<script>", content_type=content_type
        )
    yield put("for preconditions", NO_CONTENT, f"{ACTIVITIES}&profileId=tags", b'{"a":0}')
    for name, (expected, line) in TAGS.items():
        yield put(name, expected, f"{ACTIVITIES}&profileId=tags", b'{"a":1}', more=line + "\r\n")
    for name, (expected, merged, merged_type) in MERGES.items():
        wire = request("POST", f"{ACTIVITIES}&profileId=tags", merged, content_type=merged_type)
        yield raw(GROUP, f"merge: {name}", expected, wire)
    yield put("a stored text", NO_CONTENT, f"{STATE}&stateId=text", b"text", content_type=b"text/plain")
    yield put("a stored array", NO_CONTENT, f"{STATE}&stateId=array", b"[1]")
    yield put("a stored document that is broken", NO_CONTENT, f"{STATE}&stateId=broken", b'{"a":1,"a":\xff')
    for id in ("text", "array", "broken"):
        wire = request("POST", f"{STATE}&stateId={id}", b'{"a":1}', content_type=JSON)
        yield raw(GROUP, f"merge into a stored {id}", BAD, wire)
    for name, (method, expected, target) in TARGETS.items():
        body = b"{}" if method in ("PUT", "POST", "PATCH") else None
        yield raw(GROUP, f"target: {name}", expected, request(method, target, body, content_type=JSON, more=ANY))
    for name, content in {
        "NUL": bytes(1_000),
        "all bytes": bytes(range(256)),
        "nothing": b"",
        "gzip": b"\x1f\x8b\x08",
    }.items():
        yield put(f"content: {name}", NO_CONTENT, f"{AGENTS}&profileId=c{name[0]}", content, content_type=b"a/b")
    yield put(
        "content: gzip by name that is none",
        BAD,
        f"{AGENTS}&profileId=g",
        b"x",
        more=ANY + "Content-Encoding: gzip\r\n",
    )


INPUTS: Final = named(GROUP, every())
