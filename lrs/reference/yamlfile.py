"""YAML and JSON that people write: read strictly, judged by a JSON Schema, and every fault told with its line.

Strict means: no key twice, no aliases (a few lines of them can mean gigabytes), no tags, no words or dates that turn
into something else by themselves: `on`, `no` and `2024-08-01` are texts. JSON is YAML, so it needs nothing of its own.
"""

import difflib
import json
import math
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final, TypeAlias

import jsonschema_rs
import msgspec
import yaml

from lrs.errors import Invalid

Value: TypeAlias = "str | int | float | bool | list[Value] | dict[str, Value] | None"
Place: TypeAlias = tuple[str | int, ...]

LONGEST: Final = 2_000_000
DEEPEST: Final = 40
SHOWN: Final = 5
NAMED: Final = 8
_INTEGER: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]*)\Z")
_NUMBER: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?\Z")
_PLAIN: Final[Mapping[str, Value]] = {"": None, "~": None, "null": None, "true": True, "false": False}
# Longer numbers are texts: Python reads no integer of more than 4,300 digits.
_DIGITS: Final = 300


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """What a file says; `lines` has the line, from 1, of each place in it."""

    value: Value
    lines: Mapping[Place, int]

    def line(self, place: Sequence[str | int]) -> int:
        """The line of a place, or of the nearest one around it."""
        found = tuple(place)
        while found and found not in self.lines:
            found = found[:-1]
        return self.lines.get(found, 1)

    def fault(self, place: Sequence[str | int], words: str) -> Invalid:
        """The Invalid that tells of a fault at a place."""
        return Invalid(f"line {self.line(place)}: {words}", pointer=pointer(place), rule="reference.file")


def pointer(place: Sequence[str | int]) -> str:
    """The JSON Pointer of a place. (RFC 6901)"""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in place)


def read(text: str) -> Document:
    """The document in `text`; Invalid, with the line, where it is not YAML, is too much or says a thing twice."""
    if len(text) > LONGEST:
        raise Invalid(f"the file has more than {LONGEST:,} characters", rule="reference.file")
    try:
        loader = yaml.SafeLoader(text.removeprefix("\ufeff"))
        try:
            return _Strict(loader).document()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Invalid(f"line {mark.line + 1 if mark else 1}: {error.problem}", rule="reference.file") from error
    except yaml.YAMLError as error:
        raise Invalid(f"the file is no YAML: {error}".splitlines()[0], rule="reference.file") from error


class _Strict:
    """Events of one document to values with lines."""

    def __init__(self, loader: yaml.SafeLoader) -> None:
        self._loader = loader
        self._lines: dict[Place, int] = {}

    def document(self) -> Document:
        self._next(yaml.StreamStartEvent)
        if self._loader.check_event(yaml.StreamEndEvent):
            return Document(value=None, lines={(): 1})
        self._next(yaml.DocumentStartEvent)
        value = self._value(())
        self._next(yaml.DocumentEndEvent)
        event = self._event()
        if not isinstance(event, yaml.StreamEndEvent):
            raise _fault(event, "a file holds one document")
        return Document(value=value, lines=self._lines)

    def _event(self) -> yaml.Event:
        event: yaml.Event = self._loader.get_event()  # type: ignore[no-untyped-call]
        return event

    def _next(self, kind: type[yaml.Event]) -> yaml.Event:
        event = self._event()
        if not isinstance(event, kind):
            raise _fault(event, f"expected {kind.__name__}")
        return event

    def _value(self, place: Place) -> Value:
        event = self._event()
        self._lines.setdefault(place, _line(event))
        if isinstance(event, yaml.AliasEvent):
            raise _fault(event, "aliases (*name) are not taken: write it out")
        if (tag := getattr(event, "tag", None)) is not None:
            raise _fault(event, f"tags ({tag}) are not taken")
        if len(place) > DEEPEST:
            raise _fault(event, f"nested deeper than {DEEPEST}")
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(place)
        if isinstance(event, yaml.MappingStartEvent):
            return self._map(place)
        return _scalar(event)

    def _list(self, place: Place) -> list[Value]:
        found: list[Value] = []
        while not self._loader.check_event(yaml.SequenceEndEvent):
            found.append(self._value((*place, len(found))))
        self._event()
        return found

    def _map(self, place: Place) -> dict[str, Value]:
        found: dict[str, Value] = {}
        while not self._loader.check_event(yaml.MappingEndEvent):
            event = self._event()
            if not isinstance(event, yaml.ScalarEvent):
                raise _fault(event, "a key must be a word")
            key = str(event.value)
            if key in found:
                raise _fault(event, f"{key!r} is there twice")
            self._lines[(*place, key)] = _line(event)
            found[key] = self._value((*place, key))
        self._event()
        return found


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _fault(event: yaml.Event, words: str) -> Invalid:
    return Invalid(f"line {_line(event)}: {words}", rule="reference.file")


def _scalar(event: yaml.Event) -> Value:
    text = str(getattr(event, "value", ""))
    if not getattr(event, "implicit", (False, False))[0]:
        return text
    if text in _PLAIN:
        return _PLAIN[text]
    if len(text) > _DIGITS or not _NUMBER.match(text):
        return text
    if _INTEGER.match(text):
        return int(text)
    number = float(text)
    if math.isinf(number):
        raise _fault(event, f"{text} is too large")
    return number


def check(document: Document, name: str) -> None:
    """Invalid, with the lines of up to five faults, unless it holds to `schemas/NAME`, such as mapping/mapping.json."""
    faults = sorted({_told(document, error) for error in _verdict(name).iter_errors(document.value)})
    if not faults:
        return
    more = f"\n… and {len(faults) - SHOWN} more" if len(faults) > SHOWN else ""
    words = "\n".join(f"line {line}: {fault}" for line, _, fault in faults[:SHOWN])
    raise Invalid(words + more, pointer=faults[0][1], rule="reference.file")


def _told(document: Document, error: jsonschema_rs.ValidationError) -> tuple[int, str, str]:
    place = tuple(error.instance_path)
    kind = error.kind
    where = f"{'.'.join(map(str, place))}: " if place else ""
    if isinstance(kind, jsonschema_rs.ValidationErrorKind.AdditionalProperties):
        key = min(kind.unexpected, key=lambda each: document.line((*place, each)))
        words = f"{where}there is no key {key!r}{_meant(key, error)}"
        return document.line((*place, key)), pointer((*place, key)), words
    return document.line(place), pointer(place), f"{where}{_short(error.message)}"


def _meant(key: str, error: jsonschema_rs.ValidationError) -> str:
    """The keys that there are, the nearest first."""
    known = sorted(_properties(error))
    near = difflib.get_close_matches(key, known, n=1)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; there are {', '.join(known)}" if 0 < len(known) <= NAMED * 2 else ""


def _properties(error: jsonschema_rs.ValidationError) -> Sequence[str]:
    location, _, fragment = str(error.absolute_keyword_location or "").partition("#/")
    schema: Value = next((dict(file) for file in _files() if file.get("$id") == location), None)
    for part in fragment.split("/")[:-1]:
        part = part.replace("~1", "/").replace("~0", "~")
        if isinstance(schema, list):
            schema = schema[int(part)]
        elif isinstance(schema, dict):
            schema = schema.get(part)
    properties = schema.get("properties") if isinstance(schema, dict) else None
    return list(properties) if isinstance(properties, dict) else []


def _short(words: str) -> str:
    return words if len(words) <= 300 else words[:299] + "…"


@lru_cache(16)
def _verdict(name: str) -> jsonschema_rs.Draft202012Validator:
    file = json.loads(_folder().joinpath(*name.split("/")).read_bytes())
    registry = jsonschema_rs.Registry([(str(each["$id"]), dict(each)) for each in _files()])
    return jsonschema_rs.Draft202012Validator({"$ref": file["$id"]}, registry=registry)


@lru_cache(1)
def _files() -> Sequence[Mapping[str, Value]]:
    """The schemas of what people write, from the package or, in a checkout, from beside it."""
    folders = (_folder().joinpath(name) for name in ("mapping", "policy"))
    return [
        json.loads(file.read_bytes())
        for folder in folders if folder.is_dir() for file in folder.iterdir() if file.name.endswith(".json")
    ]  # fmt: skip


def _folder() -> Traversable:
    package = resources.files("lrs")
    shipped = package.joinpath("schemas")
    return shipped if shipped.is_dir() else Path(str(package)).parent / "schemas"
