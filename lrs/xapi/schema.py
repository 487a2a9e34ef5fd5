"""The schemas of both versions, compiled: a fast verdict, and the place of what is wrong.

`jsonschema-rs` says yes or no; only after a no does `jsonschema` find where, and `refusals` say it. A property test
keeps the two at one verdict. In the files, `description` is the rule and `$comment` its paragraph.
"""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import cast

import jsonschema
import jsonschema_rs
from jsonschema.exceptions import ValidationError
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from lrs.errors import Invalid
from lrs.xapi import refusals, rules
from lrs.xapi.strictjson import JSON
from lrs.xapi.values import compiled
from lrs.xapi.versions import Version

Schema = dict[str, JSON]

STATEMENT = "statement.json"
AGENT = "actor.json#/$defs/agent"
GROUP = "actor.json#/$defs/group"

_BASE = "https://schemas.daybook.example/xapi"


def check(shape: str, value: JSON, version: Version, pointer: str = "") -> None:
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
    error = next(errors(shape, value, version), None)
    if error is None:
        return rules.TYPES.broken(version, "the value does not have the form that the standard gives it", pointer)
    return refusals.of(error, version, pointer)


def errors(shape: str, value: JSON, version: Version) -> Iterator[ValidationError]:
    """What jsonschema finds wrong with a value; nothing, if and only if the verdict is that it has the shape."""
    return iter(_explainer(shape, version).iter_errors(value))


@lru_cache(64)
def _explainer(shape: str, version: Version) -> jsonschema.protocols.Validator:
    # Without $schema, at which jsonschema would go over to its own validator, and to its own `pattern`.
    bare = [{key: value for key, value in file.items() if key != "$schema"} for file in files(version)]
    registry: Registry[Schema] = Registry().with_resources(
        (str(file["$id"]), DRAFT202012.create_resource(file)) for file in bare
    )
    kind = jsonschema.validators.extend(  # type: ignore[no-untyped-call]
        jsonschema.Draft202012Validator, {"pattern": _pattern}
    )
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
