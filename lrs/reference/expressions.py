"""Expressions of a mapping file: where in a statement the value of a field stands. Parsed here, run by the mapper.

| written | is |
|---|---|
| `$.result.duration` | a JSONPath; the first value found there |
| `$each` | the person of this turn of `each` |
| `extension(planned_start)` | the first extension of that set, in context, result or object |
| `object(occurrence)` | id of the object, an Activity, if it is of a type of that set |
| `context(cycle)`, `parent(…)`, `grouping(…)`, `category(…)`, `other(…)` | id of the first context activity of a type |
| `contextAgents(mentor)`, `contextGroups(*)` | agents or groups of xAPI 2.0 with a relevant type |
| `{object.id}@{local_date}` | a template; nothing if a part is missing |
| `[a, b]` | the first that gives a value; for `each` all of them |
| `{const: x}`, or a plain word | itself |
| `{of: a, map: {x: y}}` | `y` where `a` gives `x`, or an IRI of the set `x` |
| `{of: a, role: coach}`, `{of: a, assigned: $each}`, `except:` | the persons of `a` who pass the test |
"""

import re
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

import msgspec

from lrs.errors import Invalid
from lrs.reference import jsonpath
from lrs.reference.jsonpath import Path
from lrs.reference.kinds import Field, Form
from lrs.reference.yamlfile import Place, Value


class Each(msgspec.Struct, frozen=True):
    """The person of this turn."""


class Day(msgspec.Struct, frozen=True):
    """The local date of the fact, or of what is planned."""

    planned: bool


class Const(msgspec.Struct, frozen=True):
    """A value that is written in the mapping."""

    value: str | int | float | bool


class Call(msgspec.Struct, frozen=True):
    """A primitive with the names of sets; without names, of any."""

    name: str
    sets: tuple[str, ...]


class Places(msgspec.Struct, frozen=True):
    """Where to look for what resolves to a criterion, level or cohort."""

    names: tuple[str, ...]


class Template(msgspec.Struct, frozen=True):
    """Parts to be joined; texts stand for themselves."""

    parts: tuple["str | Expression", ...]


class First(msgspec.Struct, frozen=True):
    """The first of several that gives a value."""

    options: tuple["Expression", ...]


class Choice(msgspec.Struct, frozen=True):
    """A value looked up in a table."""

    of: "Expression"
    table: Mapping[str, str | int | float | bool]


class Who(msgspec.Struct, frozen=True):
    """Persons who pass a test."""

    of: "Expression"
    role: tuple[str, ...] = ()
    assigned: "Expression | None" = None
    without: "Expression | None" = None


Expression: TypeAlias = Each | Day | Const | Call | Places | Template | First | Choice | Who | Path
Fault: TypeAlias = Callable[[Place, str], Invalid]

PLACES: Final[Mapping[Form, tuple[str, ...]]] = {
    Form.CRITERION: ("object", "aligned", "context", "level"),
    Form.CRITERIA: ("object", "aligned", "context", "level"),
    Form.COHORT: ("object", "context", "team", "groups", "actor"),
    Form.LEVEL: ("context", "result"),
}
ANYWHERE: Final = "anywhere"
# Places that must be named: `anywhere` leaves them out.
BESIDES: Final[Mapping[Form, tuple[str, ...]]] = {Form.CRITERIA: ("other",)}
# The concepts that each primitive takes its sets from.
CALLS: Final[Mapping[str, str]] = {
    "contextAgents": "relevant", "contextGroups": "relevant", "extension": "extension",
    "object": "type", "context": "type", "parent": "type", "grouping": "type", "category": "type", "other": "type",
}  # fmt: skip
DAYS: Final = {"local_date": Day(planned=False), "planned_date": Day(planned=True)}

_TYPES: Final[Mapping[Form, tuple[type, ...]]] = {Form.FLAG: (bool,), Form.MINUTES: (int, float)}
_CALL: Final = re.compile(r"([A-Za-z]+)\(([^()]*)\)\Z")
_BRACES: Final = re.compile(r"\{([^{}]*)\}")
_WORDS: Final = re.compile(r"(?:actor|object|authority|context|result)(?:\.[A-Za-z]+)*\Z")


class Reader:
    """Reads expressions; `sets` are the names that there are by concept, `fault` makes the Invalid of a place."""

    def __init__(self, sets: Mapping[str, frozenset[str]], fault: Fault) -> None:
        self._sets = sets
        self._fault = fault

    def expression(self, value: Value, field: Field, place: Place) -> Expression:
        """The expression in `value` for a field; Invalid where it means nothing there."""
        if isinstance(value, list):
            options = (self.expression(each, field, (*place, at)) for at, each in enumerate(value))
            return First(tuple(options))
        if isinstance(value, dict):
            return self._table(value, field, place)
        if isinstance(value, str):
            return self._text(value, field, place)
        if value is None:
            raise self._fault(place, "nothing stands here: leave the key out")
        return self._const(value, field, place)

    def persons(self, value: Value, place: Place) -> Expression:
        """An expression that gives persons."""
        return self.expression(value, Field(name="person", to="", form=Form.PERSON), place)

    def path(self, text: str, place: Place) -> Path:
        """A JSONPath."""
        try:
            return jsonpath.parse(text)
        except ValueError as error:
            raise self._fault(place, str(error)) from error

    def _text(self, text: str, field: Field, place: Place) -> Expression:
        if text == "$each":
            return Each()
        if text.startswith("$"):
            return self.path(text, place)
        if call := _CALL.match(text):
            return self._call(call[1], call[2], place)
        if field.form in PLACES:
            return self._places(text, field.form, place)
        if field.form is Form.PERSON:
            if not _WORDS.match(text):
                raise self._fault(place, f"{text!r} is no person: write actor, context.instructor, $each, …")
            return self.path(f"$.{text}", place)
        if "{" in text:
            return self._template(text, place)
        return self._const(text, field, place)

    def _const(self, value: str | float | bool, field: Field, place: Place) -> Const:
        if field.words and value not in field.words:
            raise self._fault(place, f"{field.name} is {value!r}; it may be {', '.join(field.words)}")
        if not isinstance(value, _TYPES.get(field.form, (str,))) or field.form in {
            Form.PERSON,
            Form.SCORE,
            Form.TIME,
            Form.UUID,
            *PLACES,
        }:
            raise self._fault(place, f"{value!r} cannot be a {field.form.value}")
        return Const(value)

    def _call(self, name: str, argument: str, place: Place) -> Call:
        if name not in CALLS:
            raise self._fault(place, f"there is no {name}(); there are {', '.join(CALLS)}")
        names = tuple(filter(None, (each.strip() for each in argument.split(","))))
        if not names:
            raise self._fault(place, f"{name}() needs the name of a set, or *")
        sets = () if names == ("*",) else names
        self.known(CALLS[name], sets, place)
        return Call(name, sets)

    def known(self, concept: str, names: tuple[str, ...], place: Place) -> None:
        """Invalid unless each name is a set of the concept, or an IRI."""
        for name in names:
            if ":" not in name and name not in self._sets[concept]:
                raise self._fault(place, f"concepts.{concept} has no set {name!r}")

    def _places(self, text: str, form: Form, place: Place) -> Places:
        if text == ANYWHERE:
            return Places(PLACES[form])
        known = (*PLACES[form], *BESIDES.get(form, ()))
        if text not in known:
            raise self._fault(place, f"{text!r} is no place for a {form.value}: {', '.join((ANYWHERE, *known))} are")
        return Places((text,))

    def _template(self, text: str, place: Place) -> Template:
        pieces = _BRACES.split(text)
        if any("{" in piece or "}" in piece for piece in pieces[::2]):
            raise self._fault(place, f"the braces of {text!r} do not match")
        parts: list[str | Expression] = []
        for at, piece in enumerate(pieces):
            if at % 2:
                parts.append(self._part(piece.strip(), place))
            elif piece:
                parts.append(piece)
        return Template(tuple(parts))

    def _part(self, text: str, place: Place) -> Expression:
        if text in DAYS:
            return DAYS[text]
        if call := _CALL.match(text):
            return self._call(call[1], call[2], place)
        return self.path(text if text.startswith("$") else f"$.{text}", place)

    def _table(self, value: Mapping[str, Value], field: Field, place: Place) -> Expression:
        if "const" in value and len(value) == 1 and isinstance(value["const"], str | int | float):
            return self._const(value["const"], field, (*place, "const"))
        if "of" not in value or "const" in value:
            raise self._fault(place, "an object is {const: …}, {of: …, map: …} or, for persons, {of: …, role: …}")
        if "map" in value:
            return self._choice(value, field, place)
        if field.form is not Form.PERSON:
            raise self._fault(place, f"role, assigned and except are for persons, not for a {field.form.value}")
        return self._who(value, place)

    def _choice(self, value: Mapping[str, Value], field: Field, place: Place) -> Choice:
        if len(value) != 2 or field.form not in {Form.TEXT, Form.FLAG}:
            raise self._fault(place, "map goes with `of` alone, and gives texts or true and false")
        table = value["map"]
        assert isinstance(table, dict)
        for key, each in table.items():
            assert isinstance(each, str | int | float)
            self._const(each, field, (*place, "map", key))
        of = self.expression(value["of"], Field(name="of", to=""), (*place, "of"))
        return Choice(of, {key: each for key, each in table.items() if isinstance(each, str | int | float)})

    def _who(self, value: Mapping[str, Value], place: Place) -> Who:
        roles = value.get("role", [])
        return Who(
            self.persons(value["of"], (*place, "of")),
            role=tuple(str(role) for role in (roles if isinstance(roles, list) else [roles])),
            assigned=self.persons(value["assigned"], (*place, "assigned")) if "assigned" in value else None,
            without=self.persons(value["except"], (*place, "except")) if "except" in value else None,
        )
