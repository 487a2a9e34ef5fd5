"""JSON that does not fit a struct of ours: where, and what is wanted there, in words and not in types of Python."""

import re
from typing import Final

import msgspec

from lrs.errors import Invalid

WHERE: Final = re.compile(r" - at (?:`key` in |key in )?`\$([^`]*)`$")
NAMES: Final = {
    "str": "a text", "int": "a whole number", "float": "a number", "bool": "true or false", "array": "a list",
    "object": "an object", "null": "null", "datetime": "a time", "date": "a day",
}  # fmt: skip


def refused(error: Exception, what: str, *, rule: str, at: str = "") -> Invalid:
    """What `error` says of `what` that was sent, with its place, beneath the pointer `at`."""
    found = WHERE.search(str(error))
    said = str(error) if found is None else str(error)[: found.start()]
    place = "" if found is None else re.sub(r"\[(\w*|\.\.\.)\]", r".\1", found[1])
    parts = [part for part in place.split(".") if part]
    field = re.search(r"(required|unknown) field `([^`]*)`", said)
    if not isinstance(error, msgspec.ValidationError):
        words = f"{what} is JSON, and this is none: {said}"
    elif field is not None and field[1] == "unknown":
        words = f"there is no {field[2]!r} in {what}"
        parts.append(field[2])
    elif field is not None:
        words = f"{what} needs {field[2]!r}"
    else:
        named = next((part for part in reversed(parts) if not part.isdecimal()), what)
        words = f"{named}: {_told(said)}"
    pointer = at + "".join(f"/{part}" for part in parts)
    return Invalid(words, pointer=pointer or None, rule=rule)


def _told(said: str) -> str:
    """`Expected `int | str`, got `null`` as one would say it."""
    found = re.fullmatch(r"Expected `([^`]*)`(?: (of length [^,]*))?, got `?([^`]*)`?", said)
    if found is None:
        return said[:1].lower() + said[1:]
    wanted = " or ".join(NAMES.get(each, each) for each in found[1].split(" | "))
    length = f" {found[2]}" if found[2] else ""
    return f"expected {wanted}{length}, got {NAMES.get(found[3], found[3])}"
