"""When two statements are the same, and what may differ between one sent and the same one got back.

Both compare JSON by type: `true` is not 1. Numbers are taken from their text, so that no digit is lost to a float.
"""

import hashlib
import re
from collections.abc import Callable, Collection, Mapping
from typing import TypeAlias, cast

import msgspec

from lrs.xapi import values
from lrs.xapi.versions import Version


class Literal(msgspec.Struct, frozen=True):
    """A number, `true`, `false` or `null`, by its text."""

    text: str


Exact: TypeAlias = "str | Literal | list[Exact] | dict[str, Exact]"
_Comparable: TypeAlias = "Exact | bool | tuple[object, ...] | list[_Comparable] | dict[str, _Comparable] | None"

# A string, or what else is no array and no object. All are made strings, the former with a space before, the latter
# with one behind, and so told apart after one pass of a parser.
_SCALAR = re.compile(rb'"([^"\\]*+(?:\\.[^"\\]*+)*+)"|([0-9tfn-][^\s,\]}]*+)', re.DOTALL)
_NUMBER = re.compile(r"-?([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?")
# Bytes of two statements, beyond which they are the same only if their values are written alike.
_LARGEST = 2 * 1024 * 1024
_ASSIGNED = frozenset(("id", "authority", "stored", "timestamp", "version", "attachments"))


def exact(raw: bytes) -> Exact:
    """Valid JSON with the text of its numbers."""
    return _untagged(msgspec.json.decode(_SCALAR.sub(rb'"\2 \1"', raw)))


def _untagged(value: object) -> Exact:
    if isinstance(value, str):
        return value[1:] if value.startswith(" ") else Literal(value[:-1])
    if isinstance(value, list):
        return [_untagged(inner) for inner in value]
    return {str(key)[1:]: _untagged(inner) for key, inner in cast(dict[str, object], value).items()}


def same(a: bytes, b: bytes, *, version: Version) -> bool:
    """Two valid statements say the same, what an LRS may change and attachments apart.

    Activity definitions, the display of verbs and the order of members do not count. 1.0.3 compares durations as
    strings and timestamps, where both have one, as instants. 2.0 compares durations to 0.01 s, no timestamps, and no
    letter case. Beyond 2 MiB, values must be written alike. (1.0.3 Data 2.3.1; 2.0 4.2, 4.2.7)
    """
    if a == b:
        return True
    one, two = exact(a.strip()), exact(b.strip())
    if not isinstance(one, dict) or not isinstance(two, dict):
        return False
    rough, normal = _Normal(version, rough=True), _Normal(version)
    if not rough.agree(one, two):
        return False
    if rough.statement(one) == rough.statement(two):
        return True
    # Which may take a microsecond a byte.
    return len(a) + len(b) <= _LARGEST and normal.statement(one) == normal.statement(two)


def digest(statement: bytes, *, data: Collection[str] = ()) -> bytes:
    """16 bytes, the same for statements that say the same by the rules of 2.0, at the same millisecond, with the same
    attachments; `data` are the SHA-2 of those whose data is there too. ValueError where it is no JSON object.

    Whatever an LRS sets or may change does not count; it is for comparing what two of them hold.
    """
    whole = exact(statement.strip())
    if not isinstance(whole, dict):
        raise ValueError("a statement is a JSON object")
    normal = _Normal(Version.V2_0_0, rough=len(statement) > _LARGEST).statement(whole)
    declared = [each.get("sha2") for each in _list(whole.get("attachments", [])) if isinstance(each, dict)]
    told = [normal, _millisecond(whole.get("timestamp", "")), sorted({str(each).lower() for each in declared})]
    text = msgspec.json.encode([*told, sorted(each.lower() for each in data)], enc_hook=_plain, order="sorted")
    return hashlib.sha256(text).digest()[:16]


def _plain(value: object) -> object:
    return repr(value)


def _millisecond(timestamp: Exact) -> str:
    """All that an LRS must keep of a time. (1.0.3 Data 4.5; 2.0 4.2.7)"""
    whole, _, fraction = str(_instant(timestamp)).partition(".")
    return f"{whole}.{fraction[:3]:0<3}"


class _Normal:
    """Statements in a form in which those that are the same are equal, by the rules of one version."""

    def __init__(self, version: Version, *, rough: bool = False) -> None:
        self._old = version is Version.V1_0_3
        self._rough = rough

    def agree(self, one: Mapping[str, Exact], two: Mapping[str, Exact]) -> bool:
        """The timestamps do not tell the two apart."""
        first, second = one.get("timestamp"), two.get("timestamp")
        if not self._old or first is None or second is None:
            return True
        return _instant(first) == _instant(second)

    def statement(self, statement: Mapping[str, Exact]) -> _Comparable:
        parts = {key: self._part(key, value) for key, value in statement.items() if key not in _ASSIGNED}
        return dict(parts)

    def _part(self, key: str, value: Exact) -> _Comparable:
        known: Mapping[str, Callable[[dict[str, Exact]], _Comparable]] = {
            "actor": self._actor,
            "verb": self._identified,
            "object": self._object,
            "result": self._result,
            "context": self._context,
        }
        return known[key](value) if key in known and isinstance(value, dict) else self._value(value)

    def _value(self, value: Exact) -> _Comparable:
        if self._rough:
            return value
        if isinstance(value, Literal):
            return _number(value)
        if isinstance(value, str):
            return value if self._old else value.casefold()
        if isinstance(value, list):
            return [self._value(inner) for inner in value]
        return {key if self._old else key.casefold(): self._value(inner) for key, inner in value.items()}

    def _identified(self, value: dict[str, Exact]) -> _Comparable:
        """A verb without its display, an Activity without its definition."""
        return {"id": self._value(value.get("id", ""))}

    def _actor(self, actor: dict[str, Exact]) -> _Comparable:
        normal: dict[str, _Comparable] = {}
        for key, value in actor.items():
            if key == "member" and isinstance(value, list):
                normal[key] = sorted((self._part("actor", each) for each in value), key=repr)
            elif key == "mbox" and isinstance(value, str):
                local, _, domain = value.rpartition("@")
                normal[key] = self._value(f"{local}@{domain.lower()}")
            elif key == "account" and isinstance(value, dict):
                normal[key] = self._value(dict(sorted(value.items())))
            elif key == "mbox_sha1sum" and isinstance(value, str):
                normal[key] = value.lower()
            elif key != "objectType" or value != "Agent":
                normal[key] = self._value(value)
        # By order of keys, for the sake of the repr by which members are sorted.
        return dict(sorted(normal.items()))

    def _object(self, target: dict[str, Exact]) -> _Comparable:
        kind = target.get("objectType", "Activity")
        if kind == "Activity":
            return self._identified(target)
        if kind == "StatementRef":
            return {"objectType": "StatementRef", "id": _lower(target.get("id", ""))}
        if kind == "SubStatement":
            inner = dict(target)
            timestamp = inner.pop("timestamp", None)
            return {"inner": self.statement(inner), "timestamp": None if timestamp is None else _instant(timestamp)}
        # An Agent as object must say so: it is not to be taken for an Activity.
        return {"agent": self._actor(target)}

    def _result(self, result: dict[str, Exact]) -> _Comparable:
        normal: dict[str, _Comparable] = {key: self._value(value) for key, value in result.items()}
        duration = result.get("duration")
        if isinstance(duration, str) and not self._old:
            normal["duration"] = values.hundredths(duration) if values.is_duration(duration) else duration
        return normal

    def _context(self, context: dict[str, Exact]) -> _Comparable:
        return {key: self._of_context(key, value) for key, value in context.items()}

    def _of_context(self, key: str, value: Exact) -> _Comparable:
        if key in {"registration", "language"}:
            return _lower(value)
        if key in {"instructor", "team"}:
            return self._part("actor", value)
        if key == "statement":
            return self._part("object", value)
        if key == "contextActivities" and isinstance(value, dict):
            return {name: self._activities(inner) for name, inner in value.items()}
        if key in {"contextAgents", "contextGroups"} and isinstance(value, list):
            return [self._entry(each) for each in value]
        return self._value(value)

    def _activities(self, value: Exact) -> _Comparable:
        return [self._part("object", each) for each in _list(value)]

    def _entry(self, entry: Exact) -> _Comparable:
        if not isinstance(entry, dict):
            return self._value(entry)
        return {key: self._part("actor" if key in {"agent", "group"} else key, each) for key, each in entry.items()}


def _number(literal: Literal) -> _Comparable:
    """By value: 1, 1.0 and 10e-1 are one number, -0 is 0; true, false and null are themselves."""
    match = _NUMBER.fullmatch(literal.text)
    if match is None:
        return {"true": True, "false": False}.get(literal.text)
    whole, fraction, exponent = match[1], match[2] or "", match[3] or "0"
    digits = (whole + fraction).lstrip("0")
    if not digits:
        return ("number", "0")
    significant = digits.rstrip("0")
    sign = "-" if literal.text.startswith("-") else ""
    if len(exponent) > 4000:
        return ("number", sign, digits, len(fraction), exponent)
    return ("number", sign, significant, int(exponent) - len(fraction) + len(digits) - len(significant))


def _instant(timestamp: Exact) -> _Comparable:
    if not isinstance(timestamp, str) or not values.is_timestamp(timestamp, loose=True):
        return repr(timestamp)
    text = values.in_utc(timestamp).removesuffix("Z")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _lower(value: Exact) -> _Comparable:
    return value.lower() if isinstance(value, str) else repr(value)


def _list(value: Exact) -> list[Exact]:
    return value if isinstance(value, list) else [value]


_SET_BY_LRS = frozenset(("stored", "authority"))
_FILLED_BY_LRS = frozenset(("id", "version", "timestamp"))


def roundtrip(sent: bytes, got: bytes) -> list[str]:
    """Where the statement that was got differs from the one sent by more than an LRS may change, as JSON Pointers.

    An LRS sets `stored` and `authority`, fills in id, version and timestamp, makes arrays of contextActivities, and
    turns timestamps to UTC, keeping their digits. All else is as sent: numbers by their text, keys in any order.
    """
    before, after = exact(sent.strip()), exact(got.strip())
    if not isinstance(before, dict) or not isinstance(after, dict):
        return [""]
    ignored = _SET_BY_LRS | {key for key in _FILLED_BY_LRS if key not in before}
    before, after = ({key: value for key, value in each.items() if key not in ignored} for each in (before, after))
    differences: list[str] = []
    _compare(_returned(before), after, "", differences)
    return differences


def _returned(statement: dict[str, Exact]) -> dict[str, Exact]:
    """The statement as an LRS returns it."""
    returned = dict(statement)
    if isinstance(timestamp := returned.get("timestamp"), str):
        returned["timestamp"] = values.in_utc(timestamp)
    context = returned.get("context")
    if isinstance(context, dict) and isinstance(activities := context.get("contextActivities"), dict):
        returned["context"] = {**context, "contextActivities": {key: _list(each) for key, each in activities.items()}}
    target = returned.get("object")
    if isinstance(target, dict) and target.get("objectType") == "SubStatement":
        returned["object"] = _returned(target)
    return returned


def _compare(before: Exact, after: Exact, pointer: str, differences: list[str]) -> None:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in before.keys() | after.keys():
            place = f"{pointer}/{key}"
            if key in before and key in after:
                _compare(before[key], after[key], place, differences)
            else:
                differences.append(place)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (one, two) in enumerate(zip(before, after, strict=True)):
            _compare(one, two, f"{pointer}/{index}", differences)
    elif type(before) is not type(after) or before != after:
        differences.append(pointer)
