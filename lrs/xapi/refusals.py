"""The words of a refusal: from jsonschema's error to what a sender can act on.

Nothing that was sent is quoted at length, nor as it came: see `values.shown`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from jsonschema.exceptions import ValidationError

from lrs.errors import Invalid
from lrs.xapi import rules, strictjson
from lrs.xapi.values import shown
from lrs.xapi.versions import Version

_TYPES = {
    "object": "an object",
    "array": "an array",
    "string": "a string",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
}
_POINTER = 2048  # characters, beyond which a place is told but roughly: keys are as long as a sender likes
_IDENTIFIERS = ("mbox", "mbox_sha1sum", "openid", "account")


def of(error: ValidationError, version: Version, pointer: str = "") -> Invalid:
    """What to raise for `error`, whose instance lies below `pointer`; rule and paragraph are the schema's own."""
    for part in error.absolute_path:
        pointer = strictjson.joined(pointer, str(part))
    name = _name(pointer.rpartition("/")[2])
    schema = error.schema if isinstance(error.schema, dict) else {}
    if error.validator == "additionalProperties":
        key, detail = _unknown(cast(Mapping[str, object], error.instance), schema)
        pointer = strictjson.joined(pointer, key)
    elif "propertyNames" in error.absolute_schema_path:
        key = str(error.instance)
        pointer, detail = strictjson.joined(pointer, key), f"the key {shown(key)} is not allowed"
    else:
        detail = f"{name} {_words(error)}"
    while len(pointer) > _POINTER:
        pointer = pointer.rpartition("/")[0]
    paragraph = str(schema.get("$comment", "")) or rules.TYPES.of(version)
    rule = str(schema.get("description", "")) or rules.TYPES.words
    return Invalid(detail, pointer=pointer, rule=rule, paragraph=version.paragraph(paragraph, paragraph))


def _name(key: str) -> str:
    if key.replace("_", "").isalnum() and len(key) <= 80:
        return key
    return shown(key) if key else "the value"


def _unknown(value: Mapping[str, object], schema: Mapping[str, object]) -> tuple[str, str]:
    known = cast(Mapping[str, object], schema.get("properties", {}))
    key = next(key for key in value if key not in known)
    near = next((other for other in known if other.lower() == key.lower()), None)
    hint = f"; is {near!r} meant?" if near else ""
    return key, f"the property {shown(key)} is not allowed here{hint}"


def _words(error: ValidationError) -> str:
    # What these two are depends on the keyword, whose own check has passed on them before it raised the error.
    value, wanted = cast(Any, error.instance), cast(Any, error.validator_value)
    keyword = str(error.validator)
    words = {
        "required": lambda: f"has no {next(key for key in wanted if key not in value)!r}",
        "dependentRequired": lambda: _dependent(value, wanted),
        "type": lambda: _mistyped(value, str(wanted)),
        "pattern": lambda: f"is {shown(value)}",
        "const": lambda: f"must be {wanted!r}, not {_quoted(value)}",
        "enum": lambda: f"must be one of {', '.join(wanted)}, not {_quoted(value)}",
        "minItems": lambda: f"has {len(value)} elements, but needs at least {wanted}",
        "maxItems": lambda: f"has {len(value)} elements, but may have at most {wanted}",
        "minimum": lambda: f"must be at least {wanted}",
        "maximum": lambda: f"must be at most {wanted}",
        "oneOf": lambda: f"has {' and '.join(key for key in _IDENTIFIERS if key in value) or 'no identifier'}",
    }.get(keyword)
    return words() if words else "does not have the form that the standard gives it"


def _dependent(value: Mapping[str, object], wanted: Mapping[str, Sequence[str]]) -> str:
    present = next(key for key, needs in wanted.items() if key in value and any(need not in value for need in needs))
    return f"has {present!r}, which needs {wanted[present][0]!r} beside it"


def _mistyped(value: object, wanted: str) -> str:
    if value is None:
        return "is null, which only extensions may hold"
    return f"must be {_TYPES.get(wanted, wanted)}, not {_kind(value)}"


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, str):
        return "a string"
    return "an array" if isinstance(value, list) else "null" if value is None else "an object"


def _quoted(value: object) -> str:
    return shown(value) if isinstance(value, str) else _kind(value)
