"""JSON by its text: read with the text of every number, written in one of the many ways that mean the same."""

import json
import random
from typing import Final, TypeAlias


class Number(str):
    """A number by its text; not equal to a string of the same."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Number) and str.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__


Value: TypeAlias = "bool | Number | str | list[Value] | dict[str, Value] | None"
SPACE: Final = ("", "", "", " ", "\n", "\t", "\r\n ")
ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def read(text: bytes) -> Value:
    """The value of valid JSON."""
    value: Value = json.loads(text, parse_int=Number, parse_float=Number)
    return value


def write(value: Value, dice: random.Random) -> str:
    """JSON of the value: members in any order, any white space, any escapes."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, str):
        return _string(value, dice)
    if isinstance(value, list):
        return "[" + ",".join(_spaced(write(each, dice), dice) for each in value) + "]"
    if isinstance(value, dict):
        members = list(value.items())
        dice.shuffle(members)
        written = (f"{_spaced(_string(key, dice), dice)}:{_spaced(write(each, dice), dice)}" for key, each in members)
        return "{" + ",".join(written) + "}"
    return {None: "null", True: "true", False: "false"}[value]


def _spaced(text: str, dice: random.Random) -> str:
    return text if dice.random() < 0.8 else dice.choice(SPACE) + text + dice.choice(SPACE)


def _string(text: str, dice: random.Random) -> str:
    escaped = dice.random() < 0.1
    return '"' + "".join(_character(each, escaped, dice) for each in text) + '"'


def _character(each: str, escaped: bool, dice: random.Random) -> str:
    code = ord(each)
    if code < 32 or each in '"\\' or (escaped and dice.random() < 0.5):
        if each in ESCAPES and dice.random() < 0.5:
            return ESCAPES[each]
        if code > 0xFFFF:
            high, low = 0xD800 + (code - 0x10000 >> 10), 0xDC00 + (code - 0x10000 & 0x3FF)
            return f"\\u{high:04X}\\u{low:04x}"
        return f"\\u{code:04x}" if dice.random() < 0.5 else f"\\u{code:04X}"
    return each
