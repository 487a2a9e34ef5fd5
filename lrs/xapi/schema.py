"""The schemas of both versions, compiled: a fast verdict, and the words of a refusal.

`jsonschema-rs` says yes or no; only after a no does `jsonschema` find where, and this module say it. A property test
keeps the two at one verdict. In the files, `description` is the rule and `$comment` its paragraph.
"""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, cast

import jsonschema
import jsonschema_rs
from jsonschema.exceptions import ValidationError
from referencing import Registry, Resource

from lrs.errors import Invalid
from lrs.xapi import rules, strictjson
from lrs.xapi.limits import Limits
from lrs.xapi.strictjson import JSON
from lrs.xapi.values import compiled, shown
from lrs.xapi.versions import Version

Schema = dict[str, JSON]

STATEMENT = "statement.json"
AGENT = "actor.json#/$defs/agent"
GROUP = "actor.json#/$defs/group"

_BASE = "https://schemas.daybook.example/xapi"


def check(shape: str, value: JSON, version: Version, limits: Limits, pointer: str = "") -> None:
    """Invalid, with pointer, rule and paragraph, unless `value` (which lies at `pointer`) has the shape."""
    if not verdict(shape, version).is_valid(value):
        raise refusal(shape, value, version, pointer)


@lru_cache(64)
def verdict(shape: str, version: Version) -> jsonschema_rs.Draft202012Validator:
    """The compiled validator of a shape: `is_valid(value)` in microseconds."""
    registry = jsonschema_rs.Registry([(str(file["$id"]), file) for file in files(version)])
    return jsonschema_rs.Draft202012Validator(
        {"$ref": f"{_BASE}/{version.value}/{shape}"}, registry=registry, pattern_options=jsonschema_rs.RegexOptions()
    )


def refusal(shape: str, value: JSON, version: Version, pointer: str = "") -> Invalid:
    """The Invalid that says what is wrong with a value that has not the shape."""
    for error in _explainer(shape, version).iter_errors(value):
        return _said(error, version, pointer)
    return rules.TYPES.broken(version, "the value does not have the form that the standard gives it", pointer)


@lru_cache(64)
def _explainer(shape: str, version: Version) -> jsonschema.protocols.Validator:
    registry: Registry[Schema] = Registry().with_resources(
        (str(file["$id"]), Resource.from_contents(file)) for file in files(version)
    )
    kind = jsonschema.validators.extend(jsonschema.Draft202012Validator, {"pattern": _pattern})
    explainer: jsonschema.protocols.Validator = kind({"$ref": f"{_BASE}/{version.value}/{shape}"}, registry=registry)
    return explainer


def _pattern(
    _validator: jsonschema.protocols.Validator, pattern: str, value: object, _schema: Mapping[str, JSON]
) -> Iterator[ValidationError]:
    # Not jsonschema's own: its `$` is Python's, which lets a newline through.
    if isinstance(value, str) and _compiled(pattern).search(value) is None:
        yield ValidationError("pattern")


_compiled = lru_cache(64)(compiled)


@lru_cache(2)
def files(version: Version) -> tuple[Schema, ...]:
    """The schema files of a version, from the package or, in a checkout, from beside it."""
    folder = _schemas().joinpath("xapi", version.value)
    names = sorted(file.name for file in folder.iterdir() if file.name.endswith(".json"))
    return tuple(cast(Schema, json.loads(folder.joinpath(name).read_bytes())) for name in names)


def _schemas() -> Traversable:
    package = resources.files("lrs")
    shipped = package.joinpath("schemas")
    return shipped if shipped.is_dir() else Path(str(package)).parent / "schemas"


def _said(error: ValidationError, version: Version, pointer: str) -> Invalid:
    for part in error.absolute_path:
        pointer = strictjson.joined(pointer, str(part))
    schema = error.schema if isinstance(error.schema, dict) else {}
    detail, pointer = _words(error, schema, pointer)
    paragraph = str(schema.get("$comment", "")) or rules.TYPES.of(version)
    rule = str(schema.get("description", "")) or rules.TYPES.words
    return Invalid(detail, pointer=pointer, rule=rule, paragraph=version.paragraph(paragraph, paragraph))


def _words(error: ValidationError, schema: Mapping[str, object], pointer: str) -> tuple[str, str]:
    # What these two are depends on the keyword, which the schema has settled before the error was raised.
    value, wanted = cast(Any, error.instance), cast(Any, error.validator_value)
    name = pointer.rpartition("/")[2] or "the value"
    match error.validator:
        case "additionalProperties":
            return _unknown(value, schema, pointer)
        case "required":
            missing = next(key for key in wanted if key not in value)
            return f"{missing!r} is missing", pointer
        case "dependentRequired":
            present = next(key for key in wanted if key in value)
            return f"{present!r} needs {wanted[present][0]!r} beside it", pointer
        case "type" if value is None:
            return f"{name} is null, which only extensions may hold", pointer
        case "type":
            return f"{name} must be {_TYPES.get(wanted, wanted)}, not {_kind(value)}", pointer
        case "pattern" if "propertyNames" in error.absolute_schema_path:
            return f"the key {shown(value)} is not allowed", strictjson.joined(pointer, value)
        case "pattern":
            return f"{name} is {shown(value)}", pointer
        case "const":
            return f"{name} must be {wanted!r}, not {_quoted(value)}", pointer
        case "enum":
            return f"{name} must be one of {', '.join(wanted)}, not {_quoted(value)}", pointer
        case "minItems" | "maxItems":
            few = error.validator == "minItems"
            return f"{name} has {len(value)} elements, but {'at least' if few else 'at most'} {wanted} are needed", pointer
        case "minimum" | "maximum":
            return f"{name} must be {'at least' if error.validator == 'minimum' else 'at most'} {wanted}", pointer
        case "oneOf":
            found = [key for key in ("mbox", "mbox_sha1sum", "openid", "account") if key in value]
            return f"{name} has {' and '.join(found) if found else 'no identifier'}", pointer
    return f"{name} does not have the form that the standard gives it", pointer


def _unknown(value: Mapping[str, object], schema: Mapping[str, object], pointer: str) -> tuple[str, str]:
    known = cast(Mapping[str, object], schema.get("properties", {}))
    key = next(key for key in value if key not in known)
    near = next((other for other in known if other.lower() == key.lower()), None)
    hint = f"; is {near!r} meant?" if near else ""
    return f"the property {shown(key)} is not allowed here{hint}", strictjson.joined(pointer, key)


_TYPES = {
    "object": "an object",
    "array": "an array",
    "string": "a string",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
}


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
