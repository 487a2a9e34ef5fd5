"""JSON as RFC 8259 and the standard want it, nothing more lenient: what is accepted is told apart from what is not.

Refused: what is not UTF-8, a byte order mark, a property given twice, lone surrogates, NaN and Infinity, anything
after the value, and nesting, keys and members over the limits. Numbers are for checking only: the bytes received are
the record, so that one too large for a float is infinite here and digits past the 400th are not read.
"""

import re
from typing import TypeAlias

import jiter
import msgspec

from lrs.errors import Invalid
from lrs.xapi import rules
from lrs.xapi.limits import Limits
from lrs.xapi.versions import Version

JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"
Holder: TypeAlias = list[JSON] | dict[str, JSON]

# Strings are matched whole, and one that never ends to its end, so that no digits inside one are taken for a number.
_LONG_NUMBER = re.compile(rb'("[^"\\]*+(?:\\.[^"\\]*+)*+"?)|([0-9]{400})[0-9]+', re.DOTALL)
_PLACE = re.compile(r" at line (\d+) column (\d+)$")


def parse(raw: bytes, limits: Limits, *, version: Version = Version.V2_0_0) -> JSON:
    """The value of `raw`, within the limits of depth and keys; else Invalid, with line and column or pointer."""
    value = decode(raw, version=version)
    if isinstance(value, (dict, list)):
        check(value, limits, version=version)
    return value


def decode(raw: bytes, *, version: Version = Version.V2_0_0) -> JSON:
    """The value of `raw`, which the limits have yet to be checked of; deeper than 200 is refused here already."""
    try:
        return _decode(raw)
    except ValueError as error:
        text = str(error)
    if text.startswith("number out of range"):
        # Python reads no integer of more than 4,300 digits, but an extension may hold one.
        try:
            return _decode(_LONG_NUMBER.sub(rb"\1\2", raw))
        except ValueError as error:
            text = str(error)
    raise _refusal(text, version)


def _decode(raw: bytes) -> JSON:
    value: JSON = jiter.from_json(raw, allow_inf_nan=False, catch_duplicate_keys=True, cache_mode="keys")
    return value


def _refusal(text: str, version: Version) -> Invalid:
    place = _PLACE.search(text)
    where = f" (line {place[1]}, column {place[2]})" if place else ""
    what = _PLACE.sub("", text)
    if what.startswith("recursion limit"):
        return rules.LIMIT.broken(version, f"the JSON is nested too deeply{where}")
    return rules.JSON.broken(version, f"the JSON cannot be read: {what[:200]}{where}")


def check(value: JSON, limits: Limits, *, version: Version) -> None:
    """Invalid, with its place, unless `value` keeps to the limits of depth, keys and members."""
    if not _keeps(value, limits):
        _refuse(value, limits, version, "", 0)


def _keeps(value: JSON, limits: Limits) -> bool:
    """Level by level, as calls and pointers for every node would cost more than all else that is checked."""
    most, longest = limits.keys, limits.key_bytes // 4  # a character has at most four bytes
    level: list[Holder] = [value] if isinstance(value, (dict, list)) else []
    for _ in range(limits.depth):
        below: list[Holder] = []
        for holder in level:
            if isinstance(holder, dict):
                if len(holder) > most:
                    return False
                for key, inner in holder.items():
                    if len(key) > longest:
                        return False
                    if isinstance(inner, (dict, list)):
                        below.append(inner)
            else:
                below += [inner for inner in holder if isinstance(inner, (dict, list))]
        if not below:
            return True
        level = below
    return not level


def _refuse(value: JSON, limits: Limits, version: Version, pointer: str, depth: int) -> None:
    """Node by node, for what may be over a limit; Invalid for what is."""
    if not isinstance(value, (dict, list)):
        return
    if depth >= limits.depth:
        raise rules.LIMIT.broken(version, f"the JSON is nested deeper than {limits.depth} (LRS_LIMIT_DEPTH)", pointer)
    if isinstance(value, list):
        for index, inner in enumerate(value):
            _refuse(inner, limits, version, f"{pointer}/{index}", depth + 1)
        return
    if len(value) > limits.keys:
        raise rules.LIMIT.broken(version, f"the object has more than {limits.keys} members (LRS_LIMIT_KEYS)", pointer)
    for key, inner in value.items():
        check_key(key, limits, version=version, pointer=pointer)
        _refuse(inner, limits, version, joined(pointer, key), depth + 1)


def is_small(raw: bytes, limits: Limits) -> bool:
    """So few brackets, colons and bytes between quotation marks are in valid JSON that `check` cannot refuse it."""
    return (
        raw.count(b"{") + raw.count(b"[") <= limits.depth
        and (len(raw) <= limits.keys or raw.count(b":") <= limits.keys)
        and not may_hold(raw, limits.key_bytes)
    )


def may_hold(raw: bytes, length: int) -> bool:
    """Unless False, valid JSON has a string of more bytes than `length`: as many without a quotation mark between."""
    if len(raw) <= length:
        return False
    if b"\\" in raw and b'\\"' in raw:  # one byte is looked for twenty times as fast as two
        return True
    place = 0
    while place + length < len(raw):
        # No run that begins before the last mark of this window is long enough.
        place = raw.rfind(b'"', place, place + length + 1) + 1
        if not place:
            return True
    return False


def check_key(key: str, limits: Limits, *, version: Version, pointer: str) -> None:
    """Invalid if the key of an object is longer than the limit, in bytes."""
    if len(key) * 4 > limits.key_bytes and len(key.encode()) > limits.key_bytes:
        raise rules.LIMIT.broken(
            version, f"a key is longer than {limits.key_bytes} bytes (LRS_LIMIT_KEY_BYTES)", pointer
        )


def joined(pointer: str, key: str) -> str:
    """The JSON Pointer of member `key` of what `pointer` points at. (RFC 6901 3)"""
    return f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"


def elements(raw: bytes) -> list[bytes]:
    """Of valid JSON, the bytes of each element of an array, as sent; of anything else, its own without white space."""
    stripped = raw.strip(b" \t\r\n")
    if not stripped.startswith(b"["):
        return [stripped]
    return [bytes(element) for element in msgspec.json.decode(stripped, type=list[msgspec.Raw])]
