"""The schemas of both versions, compiled: a fast verdict, and the place of what is wrong.

In the files, `description` is the rule and `$comment` its paragraph. A property test keeps the verdict of
`jsonschema-rs` and that of `jsonschema` the same; the latter is far too slow for what a stranger sends.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import cast

import jsonschema_rs

from lrs.errors import Invalid
from lrs.xapi import refusals, rules
from lrs.xapi.refusals import Failure
from lrs.xapi.strictjson import JSON
from lrs.xapi.versions import Version

Schema = dict[str, JSON]

STATEMENT = "statement.json"
AGENT = "actor.json#/$defs/agent"
GROUP = "actor.json#/$defs/group"

BASE = "https://schemas.daybook.example/xapi"


def check(shape: str, value: JSON, version: Version, pointer: str = "") -> None:
    """Invalid, with pointer, rule and paragraph, unless `value` (which lies at `pointer`) has the shape."""
    if not verdict(shape, version).is_valid(value):
        raise refusal(shape, value, version, pointer)


@lru_cache(64)
def verdict(shape: str, version: Version) -> jsonschema_rs.Draft202012Validator:
    """The compiled validator of a shape: `is_valid(value)` in microseconds."""
    registry = jsonschema_rs.Registry([(str(file["$id"]), file) for file in files(version)])
    return jsonschema_rs.Draft202012Validator(
        {"$ref": f"{BASE}/{version.value}/{shape}"}, registry=registry, pattern_options=jsonschema_rs.RegexOptions()
    )


def refusal(shape: str, value: JSON, version: Version, pointer: str = "") -> Invalid:
    """The Invalid that says what is wrong with a value that has not the shape."""
    try:
        verdict(shape, version).validate(value)
    except jsonschema_rs.ValidationError as error:
        return refusals.of(_failure(error, value, version), version, pointer)
    return rules.TYPES.broken(version, "the value does not have the form that the standard gives it", pointer)


def _failure(error: jsonschema_rs.ValidationError, value: JSON, version: Version) -> Failure:
    location, _, fragment = str(error.absolute_keyword_location).partition("#/")
    schema: JSON = next(file for file in files(version) if file["$id"] == location)
    *holders, keyword = fragment.split("/")
    for holder in holders:
        schema = _inner(schema, holder)
    for part in error.instance_path:
        value = _inner(value, part)
    kind = error.kind
    key = str(kind.error.instance) if isinstance(kind, jsonschema_rs.ValidationErrorKind.PropertyNames) else None
    return Failure(keyword, cast(Schema, schema), value, error.instance_path, key)


def _inner(holder: JSON, key: str | int) -> JSON:
    if isinstance(holder, list):
        return holder[int(key)]
    return cast(Mapping[str, JSON], holder)[str(key)]


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
