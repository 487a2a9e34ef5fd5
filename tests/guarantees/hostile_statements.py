"""Statements that break a rule of the standard, each by one thing, and valid ones that are hard to keep."""
# ruff: noqa: E501 - a case is a line

import random
import string
from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

from tests.factories import (
    ID,
    OTHER_ID,
    Json,
    account,
    activity,
    agent,
    attachment,
    group,
    reference,
    statement,
    substatement,
    voiding,
)  # fmt: skip
from tests.guarantees.hostile_inputs import BAD, OK, Input, named, post

GROUP: Final = "statement"
LETTERS: Final = random.Random(1)
VERSIONS: Final = ("2.0.0", "1.0.3")

Cases = dict[str, Any]


def letters(count: int) -> str:
    """Letters that no index can make shorter."""
    return "".join(LETTERS.choices(string.ascii_letters, k=count))


def changed(where: str, **changes: object) -> Json:
    """A statement with one property, filled by these."""
    return statement(**{where: changes})


def defined(**definition: object) -> Json:
    return statement(object=activity(definition=definition))


def around(**context: object) -> Json:
    return statement(context=context)


def fresh(number: int) -> UUID:
    return UUID(int=0xABCDEF << 64 | number)


STRANGE: Final[dict[str, object]] = {
    "null": None, "a string": "x", "a number": 1, "true": True, "an array": [], "an empty object": {},
}  # fmt: skip
MAPS: Final[Cases] = {
    "a string": "x",
    "an array": ["en"],
    "a number as value": {"en": 1},
    "null as value": {"en": None},
    "an object as value": {"en": {"a": "b"}},
    "an empty tag": {"": "x"},
    "a tag with an underscore": {"en_US": "x"},
    "a tag of one letter": {"a": "x"},
    "a tag of nine letters": {"abcdefghi": "x"},
    "a tag that ends in a hyphen": {"en-": "x"},
    "a tag with two hyphens": {"en--US": "x"},
    "a tag with a space": {"en US": "x"},
    "a tag with a line end": {"en\n": "x"},
    "a tag of Cyrillic letters": {"еn": "x"},
    "a tag with NUL": {"en\0": "x"},
    "a wildcard": {"*": "x"},
    "one good tag and one bad": {"en": "x", "1": "y"},
}
ACTORS: Final[Cases] = {
    "without an identifier": {"name": "Ann"},
    "with two identifiers": agent(openid="http://ann.example.org"),
    "with all identifiers": {**agent(), **account(), "openid": "http://a.b", "mbox_sha1sum": "a" * 40},
    "with an unknown property": agent(x=1),
    "with a property in other case": {"Mbox": "mailto:a@b.c"},
    "with a name of null": {"mbox": "mailto:a@b.c", "name": None},
    "with a name of a number": agent(name=1),
    "of an unknown type": agent(objectType="Person"),
    "of a type in other case": agent(objectType="agent"),
    "of an empty type": agent(objectType=""),
    "of the type of a number": agent(objectType=1),
    "with members, but an Agent": agent(member=[agent()]),
    "mbox without mailto": {"mbox": "a@b.c"},
    "mbox in other case": {"mbox": "MAILTO:a@b.c"},
    "mbox of two addresses": {"mbox": "mailto:a@b.c,d@e.f"},
    "mbox without a domain": {"mbox": "mailto:a@"},
    "mbox without an at": {"mbox": "mailto:a"},
    "mbox with a space": {"mbox": "mailto:a b@c.d"},
    "mbox with a line end": {"mbox": "mailto:a@b.c\n"},
    "mbox with NUL": {"mbox": "mailto:a\0@b.c"},
    "mbox with headers": {"mbox": "mailto:a@b.c?cc=d@e.f"},
    "mbox of an array": {"mbox": ["mailto:a@b.c"]},
    "sha1 of 39 digits": {"mbox_sha1sum": "a" * 39},
    "sha1 of 41 digits": {"mbox_sha1sum": "a" * 41},
    "sha1 with a g": {"mbox_sha1sum": "g" * 40},
    "sha1 with a line end": {"mbox_sha1sum": "a" * 40 + "\n"},
    "openid without a scheme": {"openid": "ann.example.org"},
    "openid with a space": {"openid": "http://a b"},
    "account without a name": {"account": {"homePage": "http://a.b"}},
    "account without a homePage": {"account": {"name": "a"}},
    "account with more": {"account": {"homePage": "http://a.b", "name": "a", "x": 1}},
    "account with a name of a number": {"account": {"homePage": "http://a.b", "name": 1}},
    "account with a homePage that is no IRI": {"account": {"homePage": "a", "name": "a"}},
    "account of null": {"account": None},
}
GROUPS: Final[Cases] = {
    "anonymous without members": {"objectType": "Group", "name": "x"},
    "anonymous with no member": {"objectType": "Group", "member": []},
    "with a group inside": group({"objectType": "Group", "member": [agent()]}),
    "with an identified group inside": group({"objectType": "Group", "mbox": "mailto:a@b.c"}),
    "with a member without an identifier": group({"name": "x"}),
    "with a member of null": {"objectType": "Group", "member": [None]},
    "with members of an object": {"objectType": "Group", "member": agent()},
    "with two identifiers": group(agent(), mbox="mailto:a@b.c", openid="http://a.b"),
    "without its type": {"member": [agent()]},
    "with Member": {"objectType": "Group", "Member": [agent()]},
}
IRIS: Final[Cases] = {
    "empty": "", "without a scheme": "example.org", "with a space": "http://a b", "with a line end": "http://a\n",
    "with NUL": "http://a\0", "with angle brackets": "http://<a>", "with a percent sign": "http://a%",
    "with a wrong escape": "http://a%zz", "with a backslash": "http:\\\\a", "of null": None, "of a number": 1,
    "of an array": ["http://a"], "relative": "/a", "of white space": " http://a",
}  # fmt: skip
TIMES: Final[Cases] = {
    "of a word": "now", "infinite": "infinity", "of seconds since 1970": 1700000000, "empty": "",
    "of 02-30": "2026-02-30T00:00:00Z", "of 04-31": "2026-04-31T00:00:00Z", "of month 13": "2026-13-01T00:00:00Z",
    "of hour 25": "2026-01-01T25:00:00Z", "of hour 24": "2026-01-01T24:00:00Z", "of minute 60": "2026-01-01T00:60:00Z",
    "of offset -00:00": "2026-01-01T00:00:00-00:00", "of offset -0000": "2026-01-01T00:00:00-0000",
    "of offset -00": "2026-01-01T00:00:00-00", "of offset +24:00": "2026-01-01T00:00:00+24:00",
    "with a line end": "2026-01-01T00:00:00Z\n", "with NUL": "2026-01-01T00:00:00Z\0", "of the year 0": "0000-01-01T00:00:00Z",
    "of the year 10000": "10000-01-01T00:00:00Z", "before the year 1": "0001-01-01T00:00:00+10:00",
    "after the year 9999": "9999-12-31T23:00:00-10:00", "of Arabic digits": "٢٠٢٦-01-01T00:00:00Z",
    "with two zones": "2026-01-01T00:00:00ZZ", "with a comment": "2026-01-01T00:00:00Z (UTC)",
}  # fmt: skip
DURATIONS: Final[Cases] = {
    "empty": "", "P alone": "P", "PT alone": "PT", "of a number": 5, "negative": "-PT1S", "negative inside": "PT-1S",
    "of weeks and days": "P4W1D", "of a date": "P0001-01-01", "in lower case": "pt1s", "of a fraction not last": "PT1.5H1M",
    "of seconds without T": "P1S", "out of order": "PT1S1M", "with a space": "PT1S ", "with an exponent": "PT1e2S",
    "of Arabic digits": "PT١S", "with two points": "PT1.2.3S", "of null": None, "with a line end": "PT1S\n",
}  # fmt: skip


def structure() -> Iterator[tuple[str, Json]]:
    """One broken rule each, for both versions."""
    for key in ("actor", "verb", "object"):
        yield f"no {key}", statement(**{key: None})
        for name, value in STRANGE.items():
            yield f"{key} of {name}", {**statement(), key: value}
    for key in ("result", "context", "attachments", "authority", "timestamp", "stored", "version", "id"):
        for name, value in STRANGE.items():
            if (key, name) not in {
                ("result", "an empty object"),
                ("context", "an empty object"),
                ("attachments", "an array"),
            }:
                yield f"{key} of {name}", {**statement(), key: value}
    yield "an unknown property", {**statement(), "x": 1}
    yield "a property in other case", {**statement(), "Result": {}}
    yield "a property with a space", {**statement(), "result ": {}}
    yield "a property that is empty", {**statement(), "": {}}


def parts() -> Iterator[tuple[str, Json]]:
    for name, value in ACTORS.items():
        yield f"actor {name}", statement(actor=value)
    for name, value in GROUPS.items():
        yield f"group {name}", statement(actor=value)
    for place in ("instructor", "team"):
        yield f"{place} without an identifier", around(**{place: {"name": "x"}})
    yield "team that is an Agent", around(team=agent())
    yield "object that is an Agent without an identifier", statement(object={"objectType": "Agent", "name": "x"})
    yield "authority that is an identified Group", statement(authority=group(agent(), agent("b"), mbox="mailto:g@b.c"))
    yield "authority of three", statement(authority=group(agent(), agent("b"), agent("c")))
    yield "authority of one", statement(authority=group(agent()))
    for name, value in IRIS.items():
        yield f"verb's id {name}", {**statement(), "verb": {"id": value}}
        yield f"activity's id {name}", {**statement(), "object": {"id": value}}
        yield f"activity's type {name}", {**statement(), "object": {"id": "http://a.b", "definition": {"type": value}}}
    yield "moreInfo that is no IRI", defined(moreInfo="x")
    yield "extension's key that is no IRI", changed("result", extensions={"x": 1})
    yield "extensions of an array", changed("result", extensions=[])
    for name, value in MAPS.items():
        yield f"display: {name}", statement(verb={"id": "http://a.b", "display": value})
        yield f"definition's name: {name}", defined(name=value)
    for name, value in TIMES.items():
        yield f"timestamp {name}", {**statement(), "timestamp": value}
    yield "stored of 02-30", statement(stored="2026-02-30T00:00:00Z")
    for name, value in DURATIONS.items():
        yield f"duration {name}", {**statement(), "result": {"duration": value}}


def results() -> Iterator[tuple[str, Json]]:
    for key, value in (
        ("scaled", 1.1), ("scaled", -1.1), ("scaled", "0.5"), ("raw", "1"), ("raw", True), ("raw", None), ("min", []), ("max", {}), ("x", 1),
    ):  # fmt: skip
        yield f"score: {key} of {value!r}", changed("result", score={key: value})
    yield "score: raw below min", changed("result", score={"raw": 1, "min": 2})
    yield "score: raw above max", changed("result", score={"raw": 3, "max": 2})
    yield "score: min equals max", changed("result", score={"min": 2, "max": 2})
    yield "score: min above max", changed("result", score={"min": 3, "max": 2})
    for key, value in (
        ("success", "true"),
        ("success", 1),
        ("completion", "false"),
        ("completion", 0),
        ("response", 1),
        ("x", 1),
    ):
        yield f"result: {key} of {value!r}", changed("result", **{key: value})
    for key in ("correctResponsesPattern", "choices", "scale", "source", "target", "steps"):
        yield f"{key} without an interactionType", defined(**{key: []})
        yield f"{key} of a string", defined(interactionType="choice", **{key: "x"})
    yield "an unknown interactionType", defined(interactionType="guess")
    yield "an interactionType in other case", defined(interactionType="Choice")
    yield "a component without an id", defined(interactionType="choice", choices=[{}])
    yield "a component with an id of a number", defined(interactionType="choice", choices=[{"id": 1}])
    yield "a component with more", defined(interactionType="choice", choices=[{"id": "a", "x": 1}])
    yield "an unknown property of a definition", defined(x=1)


def contexts() -> Iterator[tuple[str, Json]]:
    yield "registration that is none", around(registration="x")
    yield "registration of a number", around(registration=1)
    yield "registration in braces", around(registration=f"{{{ID}}}")
    yield "contextActivities of an array", around(contextActivities=[])
    yield "contextActivities of an unknown kind", around(contextActivities={"x": activity()})
    yield "contextActivities of null", {**statement(), "context": {"contextActivities": {"parent": None}}}
    yield "contextActivities with a reference", around(contextActivities={"parent": reference()})
    yield "contextActivities with a string", around(contextActivities={"parent": ["http://a.b"]})
    yield "revision for an Agent", statement(object={"objectType": "Agent", **agent()}, context={"revision": "1"})
    yield "platform for a reference", statement(object=reference(), context={"platform": "1"})
    yield "language with an underscore", around(language="en_US")
    yield "language of a number", around(language=1)
    yield "statement that is an Activity", around(statement=activity())
    yield "statement without its type", around(statement={"id": str(ID)})
    yield "an unknown property of a context", around(x=1)


def objects() -> Iterator[tuple[str, Json]]:
    yield "object of an unknown type", statement(object={"objectType": "Thing", "id": "http://a.b"})
    yield "object of a type in other case", statement(object={"objectType": "activity", "id": "http://a.b"})
    yield "object of a type that is null", {**statement(), "object": {"objectType": None, "id": "http://a.b"}}
    yield "reference without an id", statement(object={"objectType": "StatementRef"})
    yield "reference with an id that is none", statement(object=reference("x"))
    yield "reference with more", statement(object={**reference(), "x": 1})
    yield "voiding an Activity", statement(verb="voided")
    yield "voiding a SubStatement", statement(verb="voided", object=substatement())
    yield "a SubStatement in a SubStatement", statement(object=substatement(object=substatement()))
    for key, value in (
        ("id", str(ID)),
        ("stored", "2026-01-01T00:00:00Z"),
        ("version", "1.0.0"),
        ("authority", agent()),
        ("x", 1),
    ):
        yield f"a SubStatement with {key}", statement(object=substatement(**{key: value}))
    yield "a SubStatement without a verb", statement(object={k: v for k, v in substatement().items() if k != "verb"})
    yield "a SubStatement with a bad actor", statement(object=substatement(actor={}))
    yield "a SubStatement at 02-30", statement(object=substatement(timestamp="2026-02-30T00:00:00Z"))
    for version in ("0.9.9", "1.1.0", "2.1.0", "3.0.0", "1", "", "1.0.3\n", "1.0.x"):
        yield f"version {version!r}", statement(version=version)
    for key in ("usageType", "display", "contentType", "length", "sha2"):
        yield f"attachment without {key}", statement(attachments=[attachment(fileUrl="http://a.b", **{key: None})])
    odd: list[tuple[str, object]] = [
        ("length", -1), ("length", 1.5), ("length", "1"), ("sha2", "x"), ("sha2", "a" * 63), ("fileUrl", "x"), ("usageType", "x"),
        ("contentType", "text"), ("contentType", "text/plain\r\nX-Injected: 1"), ("contentType", "text/plain; a=\"\n\""), ("contentType", 1), ("x", 1),
    ]  # fmt: skip
    for key, wrong in odd:
        changes: dict[str, object] = {"fileUrl": "http://a.b", key: wrong}
        yield f"attachment: {key} of {wrong!r}", statement(attachments=[attachment(**changes)])
    yield "attachment without data or fileUrl", statement(attachments=[attachment()])
    yield "an id that is none", statement(id="x")
    yield "an id in braces", statement(id=f"{{{ID}}}")
    yield "an id without hyphens", statement(id=ID.hex)


def accepted() -> Iterator[tuple[str, object]]:
    """Valid, and hard to keep."""
    yield "an IRI of 3,000 random letters", statement(verb="http://" + letters(3_000))
    yield "an activity of 4,000 random letters", statement(object={"id": "http://" + letters(4_000)})
    yield "an mbox of 4,000 random letters", statement(actor={"mbox": f"mailto:{letters(4_000)}@b.c"})
    yield "an account of 100,000 random letters", statement(actor=account(letters(100_000)))
    yield "an openid of 3,000 random letters", statement(actor={"openid": "http://" + letters(3_000)})
    yield "a name of 100,000 random letters", statement(actor=agent(name=letters(100_000)))
    yield "an account named NUL", statement(actor=account("\0"))
    yield "an account with no name", statement(actor=account(""))
    yield "an account of separators", statement(actor={"account": {"homePage": "http://a.b/!", "name": "c|d\\"}})
    yield "a group of 1,000", statement(actor=group(*(agent(f"m{number}") for number in range(1_000))))
    yield "a group of the same twice", statement(actor=group(agent(), agent()))
    yield "1,000 activities around", around(contextActivities={"other": [activity(str(n)) for n in range(1_000)]})
    yield "900 languages", statement(verb={"id": "http://a.b", "display": {f"en-x-{n}": str(n) for n in range(900)}})
    yield "a tag with 1,000 subtags", statement(verb={"id": "http://a.b", "display": {"x" + "-abcdefgh" * 100: "x"}})
    yield "a definition of 500 kB", defined(name={"en": letters(500_000)})
    yield "a definition with NUL", defined(name={"en": "\0"}, extensions={"http://a.b": "\0"})
    yield "a response of 1 MB", changed("result", response="a\0" * 250_000)
    yield "a duration of 5,000 digits", changed("result", duration="PT" + "9" * 5_000 + "S")
    yield "a duration of 5,000 decimals", changed("result", duration="PT0." + "9" * 5_000 + "S")
    yield "a timestamp of 5,000 decimals", statement(timestamp="2026-01-01T00:00:00." + "9" * 5_000 + "Z")
    yield "a timestamp in the first year", statement(timestamp="0001-01-01T00:00:00Z")
    yield "a timestamp in the last instant", statement(timestamp="9999-12-31T23:59:59.999999999Z")
    yield "a leap second", statement(timestamp="2016-12-31T23:59:60.5Z")
    yield "a leap second at an offset", statement(timestamp="2017-01-01T05:29:60+05:30")


def related() -> Iterator[tuple[str, object]]:
    """Valid, and about ids, references, or nothing much."""
    yield "a stored of the future", statement(stored="2999-01-01T00:00:00Z")
    yield "an authority of somebody else", statement(authority=agent("root"))
    yield "an id in upper case", statement(id=str(fresh(1)).upper())
    yield "the id of zeros", statement(id="00000000-0000-0000-0000-000000000000")
    yield "the same id again", statement(id=str(fresh(1)))
    yield "a reference to itself", statement(id=str(fresh(2)), object=reference(fresh(2)))
    yield "voiding itself", voiding(fresh(3), id=fresh(3))
    yield (
        "a circle of references",
        [
            statement(id=str(fresh(4)), object=reference(fresh(5))),
            statement(id=str(fresh(5)), object=reference(fresh(4))),
        ],
    )
    yield (
        "a chain of 200 references",
        [statement(id=str(fresh(1_000 + n)), object=reference(fresh(1_001 + n))) for n in range(200)],
    )
    yield "200 references to one", [statement(object=reference(fresh(1_200))) for _ in range(200)]
    yield "voiding what is not there", voiding(fresh(6))
    yield "voiding a voiding statement", [voiding(OTHER_ID, id=fresh(7)), voiding(fresh(7), id=fresh(8))]
    yield "extensions of null", changed("result", extensions={"http://a.b": None})
    yield "empty everything", statement(result={}, context={}, attachments=[])
    yield "empty maps", statement(verb={"id": "http://a.b", "display": {}}, object=activity(definition={"name": {}}))
    yield (
        "900 attachments elsewhere",
        statement(attachments=[attachment(str(n).encode(), fileUrl="http://a.b") for n in range(900)]),
    )
    yield (
        "an attachment of an odd type",
        statement(attachments=[attachment(fileUrl="http://a.b", contentType='a/b; c="\\"d"')]),
    )
    yield "a javascript fileUrl", statement(attachments=[attachment(fileUrl="javascript:alert(1)")])
    yield "a fileUrl of our own network", statement(attachments=[attachment(fileUrl="http://169.254.169.254/latest")])


def every() -> Iterator[Input]:
    for table in (structure, parts, results, contexts, objects):
        for number, (name, content) in enumerate(table()):
            # Each in one of the two versions by turns; what only one of them says is below.
            yield post(GROUP, name, BAD, content, version=VERSIONS[number % 2])
    for name, valid in (*accepted(), *related()):
        yield post(GROUP, f"valid: {name}", OK, valid)
    yield from versioned()


def versioned() -> Iterator[Input]:
    """What the versions see differently, and batches."""
    contextual = around(contextAgents=[{"objectType": "contextAgent", "agent": agent()}])
    yield post(GROUP, "contextAgents in 1.0.3", BAD, contextual, version="1.0.3")
    yield post(GROUP, "contextAgents in 2.0", OK, contextual)
    for name, entry in {
        "without a type": {"agent": agent()},
        "of another type": {"objectType": "Agent", "agent": agent()},
        "without an agent": {"objectType": "contextAgent"},
        "with no relevant type": {"objectType": "contextAgent", "agent": agent(), "relevantTypes": []},
        "with a relevant type that is no IRI": {"objectType": "contextAgent", "agent": agent(), "relevantTypes": ["x"]},
        "with a group": {"objectType": "contextAgent", "agent": group(agent())},
    }.items():
        yield post(GROUP, f"contextAgent {name}", BAD, around(contextAgents=[entry]))
    yield post(
        GROUP,
        "contextGroup with an agent",
        BAD,
        around(contextGroups=[{"objectType": "contextGroup", "group": agent()}]),
    )
    yield post(GROUP, "no zone in 1.0.3", {200, 400}, statement(timestamp="2026-01-01T00:00:00"), version="1.0.3")
    yield post(GROUP, "no zone in 2.0", BAD, statement(timestamp="2026-01-01T00:00:00"))
    yield post(GROUP, "a statement of 2.0 in 1.0.3", BAD, statement(version="2.0.0"), version="1.0.3")
    yield post(GROUP, "a statement of 1.0 in 2.0", OK, statement(version="1.0"))
    twice = [statement(id=fresh(20)), statement(id=str(fresh(20)).upper())]
    for version in VERSIONS:
        yield post(GROUP, f"one id twice in a batch, {version}", BAD, twice, version=version)
    yield post(
        GROUP, "one bad of 100", BAD, [*[statement(id=str(fresh(30 + n))) for n in range(99)], statement(actor={})]
    )
    yield post(
        GROUP, "another under a taken id", {409}, [statement(id="00000000-0000-0000-0000-000000000000", verb="failed")]
    )


INPUTS: Final = named(GROUP, every())
