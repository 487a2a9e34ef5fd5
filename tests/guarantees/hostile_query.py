"""Query parameters: unknown, repeated, in other bytes, of other types, and over their limits."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final
from urllib.parse import quote

from tests.factories import ID
from tests.guarantees.hostile_inputs import BAD, OK, STATEMENTS, Input, get, named

GROUP: Final = "query"
NOT_FOUND: Final = frozenset({404})
AGENT: Final = quote('{"mbox":"mailto:ann@example.org"}')

Cases = Mapping[str, tuple[Iterable[int], str]]

SHAPES: Final[Cases] = {
    "unknown": (BAD, "foo=1"),
    "unknown and empty": (BAD, "foo"),
    "no name": (BAD, "=1"),
    "other case: StatementId": (BAD, f"StatementId={ID}"),
    "other case: LIMIT": (BAD, "LIMIT=1"),
    "other case: Agent": (BAD, f"Agent={AGENT}"),
    "other case: relatedAgents": (BAD, "relatedAgents=true"),
    "given twice: limit": (BAD, "limit=1&limit=1"),
    "given twice: verb": (BAD, "verb=http://a&verb=http://b"),
    "given twice: agent": (BAD, f"agent={AGENT}&agent={AGENT}"),
    "given twice, once encoded": (BAD, "limit=1&%6cimit=1"),
    "array of PHP": (BAD, "verb[]=http://a"),
    "array of JSON": (BAD, "verb=%5B%22http://a%22%5D"),
    "name with NUL": (BAD, "limit%00=1"),
    "name of no UTF-8": (BAD, "%ff=1"),
    "name of 8,000 bytes": (BAD, "a" * 8_000 + "=1"),
    "1,000 parameters": (BAD, "&".join(f"a{number}=1" for number in range(1_000))),
    "5,000 times the same": (BAD, "&".join("limit=1" for _ in range(5_000))),
    "percent without digits": (BAD, "verb=%"),
    "percent with one digit": (BAD, "verb=http://a%2"),
    "percent with letters": (BAD, "verb=http://a%zz"),
    "percent and u": (BAD, "verb=http://%u0041"),
    "0xFF": (BAD, "verb=http://a%ff"),
    "0xFE": (BAD, "verb=http://a%fe"),
    "0xFF as it is": (BAD, "verb=http://a\udcff"),
    "overlong UTF-8": (BAD, "verb=http://a%c0%af"),
    "a surrogate in UTF-8": (BAD, "verb=http://a%ed%a0%80"),
    "half a character": (BAD, "verb=http://a%e2%82"),
    "beyond Unicode": (BAD, "verb=http://a%f4%90%80%80"),
    "NUL": (BAD, "verb=http://a%00"),
    "line ends": (BAD, "verb=http://a%0d%0aX-Injected:%201"),
    "ampersands alone": (OK, "&&&&"),
    "question marks": (BAD, "??"),
    "semicolons between": (BAD, "limit=1;format=ids"),
    "empty": (OK, ""),
    "name and value encoded": (OK, "%6c%69%6d%69%74=%31"),
    "method in a GET": (BAD, "method=PUT"),
}
NUMBERS: Final[Cases] = {
    "Arabic": (BAD, "%D9%A1"),
    "full-width": (BAD, "%EF%BC%91"),
    "superscript": (BAD, "%C2%B2"),
    "with an underscore": (BAD, "1_000"),
    "with a space before": (BAD, "%201"),
    "with a plus for a space": (BAD, "+1"),
    "with a plus": (BAD, "%2B1"),
    "with a space behind": (BAD, "1%20"),
    "with a line end behind": (BAD, "1%0a"),
    "negative": (BAD, "-1"),
    "negative zero": (BAD, "-0"),
    "with a point": (BAD, "1.0"),
    "with an exponent": (BAD, "1e2"),
    "hexadecimal": (BAD, "0x10"),
    "with zeros before": (BAD, "0001"),
    "with a comma": (BAD, "1,000"),
    "empty": (BAD, ""),
    "NaN": (BAD, "NaN"),
    "Infinity": (BAD, "Infinity"),
    "true": (BAD, "true"),
    "null": (BAD, "null"),
    "quoted": (BAD, "%221%22"),
    "2^31": (OK, str(2**31)),
    "2^63": (OK, str(2**63)),
    "2^64": (OK, str(2**64)),
    "5,000 digits": (OK, "9" * 5_000),
    "zero": (OK, "0"),
}
TIMES: Final[Cases] = {
    "now": (BAD, "now"),
    "infinity": (BAD, "infinity"),
    "-infinity": (BAD, "-infinity"),
    "epoch": (BAD, "epoch"),
    "yesterday": (BAD, "yesterday"),
    "today allballs": (BAD, "today%20allballs"),
    "Julian day": (BAD, "J2451187"),
    "BC": (BAD, "2026-01-01T00:00:00Z%20BC"),
    "interval": (BAD, "1%20day"),
    "seconds since 1970": (BAD, "1700000000"),
    "a date": (BAD, "2026-01-01"),
    "a space for the T": (BAD, "2026-01-01%2000:00:00Z"),
    "no zone": (BAD, "2026-01-01T00:00:00"),
    "a named zone": (BAD, "2026-01-01T00:00:00%20Europe/Berlin"),
    "02-30": (BAD, "2026-02-30T00:00:00Z"),
    "02-29 of no leap year": (BAD, "2026-02-29T00:00:00Z"),
    "month 13": (BAD, "2026-13-01T00:00:00Z"),
    "day 0": (BAD, "2026-01-00T00:00:00Z"),
    "hour 24": (BAD, "2026-01-01T24:00:00Z"),
    "minute 60": (BAD, "2026-01-01T00:60:00Z"),
    "second 61": (BAD, "2026-01-01T00:00:61Z"),
    "a leap second that is none": (BAD, "2026-01-15T12:34:60Z"),
    "year 0": (BAD, "0000-01-01T00:00:00Z"),
    "year 10000": (BAD, "10000-01-01T00:00:00Z"),
    "year -1": (BAD, "-0001-01-01T00:00:00Z"),
    "before year 1 in UTC": (BAD, "0001-01-01T00:00:00%2B23:59"),
    "after year 9999 in UTC": (BAD, "9999-12-31T23:59:59-23:59"),
    "offset -00:00": (BAD, "2026-01-01T00:00:00-00:00"),
    "offset -00": (BAD, "2026-01-01T00:00:00-00"),
    "offset of 24 hours": (BAD, "2026-01-01T00:00:00%2B24:00"),
    "Arabic digits": (BAD, "%D9%A2026-01-01T00:00:00Z"),
    "5,000 digits of a year": (BAD, "9" * 5_000 + "-01-01T00:00:00Z"),
    "empty": (BAD, ""),
    "week date": (BAD, "2026-W01-1T00:00:00Z"),
    "basic form": (BAD, "20260101T000000Z"),
    "line end behind": (BAD, "2026-01-01T00:00:00Z%0a"),
    "SQL": (BAD, "2026-01-01T00:00:00Z'::text--"),
    "a fraction of 1,000 digits": (OK, "2026-01-01T00:00:00." + "1" * 1_000 + "Z"),
    "a leap second": (OK, "2016-12-31T23:59:60Z"),
    "lower case": (OK, "2026-01-01t00:00:00z"),
    "first instant": (OK, "0001-01-01T00:00:00Z"),
    "last instant": (OK, "9999-12-31T23:59:59.999999999Z"),
    "a plus that became a space": (OK, "2026-01-01T00:00:00+01:00"),
}
UUIDS: Final[Cases] = {
    "empty": (BAD, ""),
    "a word": (BAD, "x"),
    "in braces": (BAD, f"%7B{ID}%7D"),
    "a URN": (BAD, f"urn:uuid:{ID}"),
    "without hyphens": (BAD, ID.hex),
    "one digit short": (BAD, str(ID)[:-1]),
    "one digit more": (BAD, f"{ID}0"),
    "a space before": (BAD, f"%20{ID}"),
    "a line end behind": (BAD, f"{ID}%0a"),
    "NUL behind": (BAD, f"{ID}%00"),
    "g for a digit": (BAD, "g" + str(ID)[1:]),
    "Arabic digits": (BAD, "%D9%A6" + str(ID)[1:]),
    "en dashes": (BAD, quote(str(ID).replace("-", "–"))),
    "SQL": (BAD, f"{ID}'--"),
    "null": (BAD, "null"),
}
IRIS: Final[Cases] = {
    "empty": (BAD, ""),
    "no scheme": (BAD, "example.org/verb"),
    "a colon alone": (BAD, ":"),
    "a digit as scheme": (BAD, "1a:b"),
    "a space": (BAD, "http://a%20b"),
    "script": (BAD, "%3Cscript%3E"),
    "braces": (BAD, "http://%7Ba%7D"),
    "a backslash": (BAD, "http:%5C%5Ca"),
    "quotation marks": (BAD, "http://%22"),
    "SQL": (BAD, "http://a'%20or%201=1%20--"),
    "SQL without spaces": (OK, "http://a'/**/or/**/1=1--"),
    "a percent sign": (BAD, "http://a%25"),
    "LIKE": (BAD, "http://%25"),
    "a control character": (BAD, "http://a%7f"),
    "C1 control": (BAD, "http://a%c2%85"),
    "javascript": (OK, "javascript:alert(1)"),
    "a scheme alone": (OK, "a:"),
    "Unicode": (OK, quote("http://例え.jp/動詞/😀")),
    "decomposed": (OK, quote("http://e\u0301")),
    "right to left": (OK, quote("http://\u202eevil")),
    "noncharacter": (OK, quote("http://\uffff")),
}
AGENTS: Final[Cases] = {
    "empty": (BAD, ""),
    "no JSON": (BAD, "ann"),
    "single quotes": (BAD, quote("{'mbox':'mailto:a@b.c'}")),
    "null": (BAD, "null"),
    "a string": (BAD, "%22a%22"),
    "a number": (BAD, "1"),
    "an array": (BAD, quote('[{"mbox":"mailto:a@b.c"}]')),
    "an empty object": (BAD, "{}"),
    "cut off": (BAD, quote('{"mbox":"mailto:a@b.c"')),
    "text behind": (BAD, quote('{"mbox":"mailto:a@b.c"}x')),
    "a byte order mark": (BAD, quote('\ufeff{"mbox":"mailto:a@b.c"}')),
    "two identifiers": (BAD, quote('{"mbox":"mailto:a@b.c","openid":"http://a"}')),
    "no identifier": (BAD, quote('{"name":"a"}')),
    "the same key twice": (BAD, quote('{"mbox":"mailto:a@b.c","mbox":"mailto:d@e.f"}')),
    "an unknown key": (BAD, quote('{"mbox":"mailto:a@b.c","x":1}')),
    "other case": (BAD, quote('{"Mbox":"mailto:a@b.c"}')),
    "mbox without mailto": (BAD, quote('{"mbox":"a@b.c"}')),
    "mbox of null": (BAD, quote('{"mbox":null}')),
    "mbox of a number": (BAD, quote('{"mbox":1}')),
    "mbox of an object": (BAD, quote('{"mbox":{"$ne":null}}')),
    "mbox with NUL": (BAD, quote('{"mbox":"mailto:a\\u0000@b.c"}')),
    "a lone surrogate": (BAD, quote('{"mbox":"mailto:a@b.c","name":"\\ud800"}')),
    "half an account": (BAD, quote('{"account":{"name":"a"}}')),
    "an account of a string": (BAD, quote('{"account":"a"}')),
    "a short sha1": (BAD, quote('{"mbox_sha1sum":"abc"}')),
    "an anonymous group": (BAD, quote('{"objectType":"Group","member":[{"mbox":"mailto:a@b.c"}]}')),
    "an unknown objectType": (BAD, quote('{"objectType":"Person","mbox":"mailto:a@b.c"}')),
    "deep": (BAD, quote('{"name":' * 100 + "1" + "}" * 100)),
    "deeper": (BAD, quote("[" * 2_000)),
    "a number of 5,000 digits": (BAD, "9" * 5_000),
    "Infinity": (BAD, quote('{"mbox":Infinity}')),
    "an identified group": (OK, quote('{"objectType":"Group","mbox":"mailto:a@b.c"}')),
    "NUL in an account": (OK, quote('{"account":{"homePage":"http://a","name":"\\u0000"}}')),
    "white space": (OK, quote(' \n{ "mbox" : "mailto:a@b.c" }\t')),
    "an openid of script": (OK, quote('{"openid":"javascript:alert(1)"}')),
}
WORDS: Final[Cases] = {
    "related_agents=True": (BAD, "related_agents=True"),
    "related_agents=1": (BAD, "related_agents=1"),
    "related_agents=": (BAD, "related_agents="),
    "related_activities=yes": (BAD, "related_activities=yes"),
    "attachments=TRUE": (BAD, "attachments=TRUE"),
    "attachments=null": (BAD, "attachments=null"),
    "attachments=%00": (BAD, "attachments=true%00"),
    "ascending=-1": (BAD, "ascending=-1"),
    "format=EXACT": (BAD, "format=EXACT"),
    "format=xml": (BAD, "format=xml"),
    "format=": (BAD, "format="),
    "format of two": (BAD, "format=ids,exact"),
    "both ids": (BAD, f"statementId={ID}&voidedStatementId={ID}"),
    "id and limit": (BAD, f"statementId={ID}&limit=1"),
    "id and agent": (BAD, f"statementId={ID}&agent={AGENT}"),
    "voided id and since": (BAD, f"voidedStatementId={ID}&since=2026-01-01T00:00:00Z"),
    "an id that is not there": (NOT_FOUND, "statementId=00000000-0000-0000-0000-000000000000"),
    "an id in upper case": (NOT_FOUND, f"statementId={str(ID).upper()}"),
    "since after until": (OK, "since=2030-01-01T00:00:00Z&until=2020-01-01T00:00:00Z"),
    "all at once": (
        OK,
        f"agent={AGENT}&verb=http://a&activity=http://b&registration={ID}&related_agents=true&related_activities=true&since=2020-01-01T00:00:00Z&until=2030-01-01T00:00:00Z&limit=1&format=canonical&attachments=true&ascending=true",
    ),
    "more: empty": (BAD, "more="),
    "more: garbage": (BAD, "more=garbage"),
    "more: no base64": (BAD, "more=%ff"),
    "more: forged": (BAD, "more=" + "A" * 64),
    "more: padded": (BAD, "more=AAAA===="),
    "more: UTF-8": (BAD, "more=" + quote("ä")),
    "more: beside another": (BAD, "more=AAAA&limit=1"),
    "more: 60,000 bytes": (BAD, "more=" + "A" * 60_000),
}
ELSEWHERE: Final[Cases] = {
    "About with a parameter": (BAD, "about?x=1"),
    "Activities without an id": (BAD, "activities"),
    "Activities with an id that is no IRI": (BAD, "activities?activityId=x"),
    "Activities with NUL": (BAD, "activities?activityId=http://a%00"),
    "Activities with two ids": (BAD, "activities?activityId=http://a&activityId=http://a"),
    "Activities by another name": (BAD, "activities?activityid=http://a"),
    "Agents without an agent": (BAD, "agents"),
    "Agents with a group": (BAD, "agents?agent=" + quote('{"objectType":"Group","mbox":"mailto:a@b.c"}')),
    "Agents with an unknown parameter": (BAD, f"agents?agent={AGENT}&x=1"),
    "an unknown activity": (OK, "activities?activityId=http://unknown.example.org"),
    "an unknown agent": (OK, "agents?agent=" + quote('{"openid":"http://unknown.example.org"}')),
}


def every() -> Iterator[Input]:
    for name, (expected, text) in SHAPES.items():
        target = f"{STATEMENTS}?{text}"
        yield _get(name, expected, target)
    for parameter, cases in (
        ("limit", NUMBERS),
        ("since", TIMES),
        ("verb", IRIS),
        ("agent", AGENTS),
    ):
        for name, (expected, text) in cases.items():
            yield _get(f"{parameter}: {name}", expected, f"{STATEMENTS}?{parameter}={text}")
    for name, (expected, text) in UUIDS.items():
        yield _get(f"statementId: {name}", expected, f"{STATEMENTS}?statementId={text}")
    for name, (expected, text) in WORDS.items():
        yield _get(f"words: {name}", expected, f"{STATEMENTS}?{text}")
    for name, (expected, text) in ELSEWHERE.items():
        yield _get(f"elsewhere: {name}", expected, f"/xAPI/{text}")


def _get(name: str, expected: Iterable[int], target: str) -> Input:
    """By bytes, so that a query may hold some that are no UTF-8."""
    made = get(GROUP, name, expected, "TARGET")
    wire = made.wire().replace(b"TARGET", target.encode("utf-8", "surrogateescape"), 1)
    return Input(group=GROUP, name=name, wire=lambda: wire, expected=made.expected)


INPUTS: Final = named(GROUP, every())
