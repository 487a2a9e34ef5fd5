"""The form of a hook's configuration, as schemas/hooks/NAME.json says it: what does not fit, where, and what would."""

import difflib
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

import jsonschema_rs

from lrs.errors import Invalid

BASE: Final = "https://schemas.daybook.example/hooks"
QUOTED: Final = 80
TYPES: Final[Mapping[str, str]] = {
    "string": "a text", "integer": "a whole number", "number": "a number", "boolean": "true or false",
    "array": "a list", "object": "an object",
}  # fmt: skip

Json = Mapping[str, Any]


def check(name: str, given: object) -> None:
    """Invalid, with its place and what is allowed there, unless the JSON has the form of schemas/hooks/NAME.json."""
    try:
        _verdict(name).validate(given)
    except jsonschema_rs.ValidationError as error:
        raise _refused(name, error) from None


def _refused(name: str, error: jsonschema_rs.ValidationError) -> Invalid:
    path = [str(part) for part in error.instance_path]
    schema = _within(name, path)
    place = "".join(f"/{part}" for part in path)
    said, kind = error.kind.as_dict(), error.kind.name
    if kind == "additionalProperties":
        wrong = str(said["unexpected"][0])
        known = list(schema.get("properties", ()))
        near = difflib.get_close_matches(wrong, known, 1)
        meant = f": did you mean {near[0]}? There are" if near else "; there are"
        words = f"there is no {wrong[:QUOTED]!r} here{meant} {', '.join(known)}"
    elif kind == "required":
        missing = str(said["property"])
        inner = _within(name, [*path, missing])
        words = f"{missing} is missing: {_allowed(inner)}{_described(inner)}"
    else:
        words = f"{_named(path, name)} is {_allowed(schema)}, not {_quoted(error.instance)}{_described(schema)}"
    return Invalid(words, pointer=place, rule="hook.config")


def _named(path: Sequence[str], name: str) -> str:
    """What it is called that is wrong: a value of a list by its list."""
    own = next((part for part in reversed(path) if not part.isdecimal()), name)
    return f"a value of {own}" if path and own != path[-1] else own


def _allowed(schema: Json) -> str:
    """What a schema lets through, in words."""
    if "enum" in schema:
        return f"one of {', '.join(map(str, schema['enum']))}"
    if "anyOf" in schema:
        return " or ".join(_allowed(each) for each in schema["anyOf"])
    words = TYPES.get(schema.get("type", ""), "something else")
    if "minimum" in schema:
        return f"{words} from {schema['minimum']} to {schema['maximum']}"
    if "maxLength" in schema:
        return f"{words} of {schema.get('minLength', 0)} to {schema['maxLength']} characters"
    if "minLength" in schema:
        return f"{words} that is not empty"
    if "maxItems" in schema:
        return f"{words} of {schema.get('minItems', 0)} to {schema['maxItems']} values"
    if "examples" in schema:
        return f"{words} such as {schema['examples'][0]}"
    return words


def _described(schema: Json) -> str:
    return f". {schema['description']}" if "description" in schema else ""


def _quoted(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= QUOTED else f"{text[: QUOTED - 1]}…"


def _within(name: str, path: Sequence[str]) -> Json:
    """The schema for what is at a path within NAME, its references followed."""
    root, schema = _followed(name, {"$ref": f"{name}.json"})
    for part in path:
        inner = schema.get("properties", {}).get(part) or schema.get("items") or schema.get("additionalProperties")
        root, schema = _followed(root, inner if isinstance(inner, dict) else {})
    return schema


def _followed(root: str, schema: Json) -> tuple[str, Json]:
    """The schema that is meant, and the file that it is in; a description beside the reference goes before its own."""
    if "$ref" not in schema:
        return root, schema
    file, _, place = schema["$ref"].partition("#")
    root = file.removesuffix(".json") or root
    found: Any = _files()[f"{BASE}/{root}.json"]
    for part in filter(None, place.split("/")):
        found = found[part]
    return root, {**found, **{key: value for key, value in schema.items() if key != "$ref"}}


@lru_cache(32)
def _verdict(name: str) -> jsonschema_rs.Draft202012Validator:
    registry = jsonschema_rs.Registry([(id_, dict(file)) for id_, file in _files().items()])
    return jsonschema_rs.Draft202012Validator({"$ref": f"{BASE}/{name}.json"}, registry=registry)


@lru_cache(1)
def _files() -> Mapping[str, Json]:
    files = (json.loads(file.read_bytes()) for file in _folder().iterdir() if file.name.endswith(".json"))
    return {str(file["$id"]): file for file in files}


def _folder() -> Traversable:
    package = resources.files("lrs")
    shipped = package.joinpath("schemas")
    return (shipped if shipped.is_dir() else Path(str(package)).parent / "schemas").joinpath("hooks")
