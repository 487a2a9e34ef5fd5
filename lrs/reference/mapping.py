"""Mapping files: how statements become facts. Parsed and judged here; `projections/facts/mapper.py` runs them.

The language is described in projections/facts/README.md, the shape in schemas/mapping/mapping.json. A file may extend
those that are shipped (`mappings/`): it adds to their sets, and its rules come first.
"""

import difflib
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Map
from functools import lru_cache
from importlib import resources
from typing import Final, Literal, TypeAlias

import msgspec

from lrs.reference import kinds, yamlfile
from lrs.reference.expressions import PLACES, Const, Expression, Places, Reader
from lrs.reference.jsonpath import Path
from lrs.reference.kinds import Field, Form
from lrs.reference.yamlfile import Document, Place, Value

Sets: TypeAlias = Map[str, tuple[str, ...]]

SHIPPED: Final = ("default", "moodle", "cmi5")
CONCEPTS: Final = ("verb", "type", "extension", "relevant")
CONTEXTS: Final = ("parent", "grouping", "category", "other")
NONE: Final = "none"


class ProfileRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule of a Statement Template. (xAPI Profiles, Structure 8.1)"""

    location: Path
    selector: Path | None = None
    presence: Literal["included", "excluded", "recommended"] | None = None
    any: tuple[Value, ...] | None = None
    all: tuple[Value, ...] | None = None
    none: tuple[Value, ...] | None = None


class When(msgspec.Struct, frozen=True, kw_only=True):
    """Conditions, all of which must hold; what is empty asks nothing.

    `contexts` are the types that some activity of parent, grouping, category, other or `context` (any of them) must
    have. `criterion` and `cohort`: the places where one must be found; no places mean that there must be none anywhere.
    """

    verb: tuple[str, ...] = ()
    type: tuple[str, ...] = ()
    contexts: Map[str, tuple[str, ...]] = {}
    relevant: tuple[str, ...] = ()
    object: tuple[str, ...] = ()
    rules: tuple[ProfileRule, ...] = ()
    has: tuple[Expression, ...] = ()
    has_not: tuple[Expression, ...] = ()
    future: tuple[Expression, ...] = ()
    role: tuple[tuple[str, Expression, tuple[str, ...]], ...] = ()
    assigned: tuple[Expression, Expression] | None = None
    criterion: Places | None = None
    cohort: Places | None = None
    sub: "When | None" = None
    any_of: tuple["When", ...] = ()
    none_of: tuple["When", ...] = ()


class Emit(msgspec.Struct, frozen=True, kw_only=True):
    """A fact to be made, one for each person of `each`."""

    fact: str
    each: Expression | None
    fields: Map[str, Expression]


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """When to make which facts; without any, a statement that it takes is ignored."""

    id: str
    when: When
    emits: tuple[Emit, ...]
    stop: bool = True
    means_end: bool = False


class Mapping(msgspec.Struct, frozen=True, kw_only=True):
    """A mapping file with all that it extends. `label` is what facts carry: names and versions."""

    name: str
    version: int
    label: str
    normalize: tuple[tuple[str, str], ...]
    concepts: Map[str, Sets]
    rules: tuple[Rule, ...]
    longest_minutes: float | None = None


def parse(text: str) -> Mapping:
    """The mapping in `text` (YAML or JSON); Invalid, with the line of each fault, where it is none."""
    document = yamlfile.read(text)
    yamlfile.check(document, "mapping/mapping.json")
    return _File(document).mapping()


def default() -> Mapping:
    """The mapping that holds until another is applied: the standard vocabularies."""
    return shipped("default")


@lru_cache(8)
def shipped(name: str) -> Mapping:
    """A mapping that comes with the product: `default`, `moodle` or `cmi5`."""
    return parse(source(name))


def source(name: str) -> str:
    """The text of a shipped mapping."""
    return resources.files("lrs.reference").joinpath("mappings", f"{name}.yaml").read_text(encoding="utf-8")


class _File:
    """One file being read."""

    def __init__(self, document: Document) -> None:
        self._document = document
        assert isinstance(document.value, dict)
        self._file = document.value
        names = [str(each) for each in self._list("extends")]
        for at, name in enumerate(names):
            if name not in SHIPPED:
                words = f"there is no mapping {name!r} to extend; there are {', '.join(SHIPPED)}"
                raise document.fault(("extends", at), words)
        self._bases = [shipped(name) for name in names]
        self._concepts = self._all_concepts()
        sets = {concept: frozenset(self._concepts[concept]) for concept in CONCEPTS}
        self._reader = Reader(sets, document.fault)

    def mapping(self) -> Mapping:
        name, version = str(self._file["mapping"]), int(str(self._file["version"]))
        label = dict.fromkeys([f"{name}/{version}", *(part for base in self._bases for part in base.label.split("+"))])
        longest = self._file.get("longest_minutes")
        inherited = next((base.longest_minutes for base in self._bases if base.longest_minutes), None)
        return Mapping(
            name=name,
            version=version,
            label="+".join(label),
            normalize=tuple(dict.fromkeys([*self._prefixes(), *(p for base in self._bases for p in base.normalize)])),
            concepts=self._concepts,
            rules=self._all_rules(),
            longest_minutes=float(longest) if isinstance(longest, int | float) else inherited,
        )

    def _list(self, key: str) -> Sequence[Value]:
        value = self._file.get(key, [])
        assert isinstance(value, list)
        return value

    def _prefixes(self) -> Iterable[tuple[str, str]]:
        for at, each in enumerate(self._list("normalize")):
            assert isinstance(each, dict)
            if str(each["to"]).startswith(str(each["from"])):
                raise self._document.fault(("normalize", at), "`to` begins with `from`, so that it would never end")
            yield str(each["from"]), str(each["to"])

    def _all_concepts(self) -> Map[str, Sets]:
        own = self._file.get("concepts", {})
        assert isinstance(own, dict)
        found: dict[str, dict[str, tuple[str, ...]]] = {concept: {} for concept in CONCEPTS}
        for concept, sets in found.items():
            for source_ in (own.get(concept, {}), *(base.concepts[concept] for base in self._bases)):
                assert isinstance(source_, Map)
                for name, iris in source_.items():
                    assert isinstance(iris, Sequence)
                    sets[name] = tuple(dict.fromkeys((*sets.get(name, ()), *map(str, iris))))
        return found

    def _all_rules(self) -> tuple[Rule, ...]:
        """Own rules first, but one of the id of an extended rule in its place."""
        own: dict[str, Rule] = {}
        for at, each in enumerate(self._list("rules")):
            rule = self._rule(each, ("rules", at))
            if rule.id in own:
                raise self._document.fault(("rules", at, "id"), f"there is a rule {rule.id!r} already")
            own[rule.id] = rule
        inherited = _joined(self._bases)
        for at, name in enumerate(self._list("without")):
            if inherited.pop(str(name), None) is None:
                raise self._document.fault(("without", at), f"no extended mapping has a rule {name!r}")
        first = [rule for id_, rule in own.items() if id_ not in inherited]
        return (*first, *(own.get(id_, rule) for id_, rule in inherited.items()))

    def _rule(self, value: Value, place: Place) -> Rule:
        assert isinstance(value, dict)
        if ("emit" in value) == ("ignore" in value):
            raise self._document.fault(place, "a rule says either `emit` or `ignore: true`")
        emit = value.get("emit", [])
        emits = emit if isinstance(emit, list) else [emit]
        return Rule(
            id=str(value["id"]),
            when=_Conditions(self._reader, self._document).read(value.get("when", {}), (*place, "when")),
            emits=tuple(
                self._emit(each, (*place, "emit", at) if isinstance(emit, list) else (*place, "emit"))
                for at, each in enumerate(emits)
            ),
            stop=value.get("stop", True) is True,
            means_end=value.get("timestamp_means") == "end",
        )

    def _emit(self, value: Value, place: Place) -> Emit:
        assert isinstance(value, dict)
        kind = str(value["fact"])
        known = kinds.fields(kind)
        fields: dict[str, Expression] = {}
        taken: dict[str, str] = {}
        for name, each in value.items():
            if name in {"fact", "each"}:
                continue
            if name not in known:
                raise self._document.fault((*place, name), f"{kind} has no field {name!r}{_near(name, known)}")
            if (to := known[name].to) in taken:
                raise self._document.fault((*place, name), f"{name} and {taken[to]} are the same field of {kind}")
            taken[to] = name
            fields[name] = self._reader.expression(each, known[name], (*place, name))
        if missing := _missing(known, taken):
            raise self._document.fault(place, f"{kind} needs {missing}")
        each_ = self._reader.persons(value["each"], (*place, "each")) if "each" in value else None
        for name, each in value.items():
            if each_ is None and _says_each(each):
                raise self._document.fault((*place, name), "$each is used, but nothing says `each:`")
        return Emit(fact=kind, each=each_, fields=fields)


def _joined(bases: Sequence[Mapping]) -> dict[str, Rule]:
    """The rules of several mappings; what they share comes last, and as changed by one of them if one changed it."""
    plain = {rule.id: rule for rule in shipped("default").rules} if bases else {}
    order: list[str] = []
    found: dict[str, Rule] = {}
    for base in reversed(bases):
        for rule in reversed(base.rules):
            if rule.id not in found:
                order.append(rule.id)
            if rule.id not in found or rule != plain.get(rule.id):
                found[rule.id] = rule
    return {id_: found[id_] for id_ in reversed(order)}


def _near(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; it has {', '.join(known)}"


def _missing(known: Map[str, Field], taken: Map[str, str]) -> str:
    wanted: dict[str, list[str]] = {}
    for field in known.values():
        if field.required:
            wanted.setdefault(field.to, []).append(field.name)
    return ", ".join(" or ".join(names) for to, names in wanted.items() if to not in taken)


def _says_each(value: Value) -> bool:
    if isinstance(value, list):
        return any(map(_says_each, value))
    if isinstance(value, dict):
        return any(map(_says_each, value.values()))
    return value == "$each"


class _Conditions:
    """Reads `when`."""

    def __init__(self, reader: Reader, document: Document) -> None:
        self._reader = reader
        self._document = document

    def read(self, value: Value, place: Place) -> When:
        assert isinstance(value, dict)
        self._known(value, place)
        contexts = {name: f"{name}_type" for name in (*CONTEXTS, "context")}
        sub = value.get("sub")
        assigned = value.get("assigned")
        assert assigned is None or isinstance(assigned, dict)
        return When(
            verb=_words(value.get("verb")),
            type=_words(value.get("type")),
            contexts={name: _words(value[key]) for name, key in contexts.items() if key in value},
            relevant=_words(value.get("relevant_type")),
            object=_words(value.get("object")),
            rules=tuple(self._rules(value, place)),
            has=self._expressions(value, "has", place),
            has_not=self._expressions(value, "has_not", place),
            future=self._expressions(value, "future", place),
            role=tuple(self._roles(value, place)),
            assigned=None if assigned is None else self._pair(assigned, (*place, "assigned")),
            criterion=self._resolved(value, "criterion", Form.CRITERION, place),
            cohort=self._resolved(value, "cohort", Form.COHORT, place),
            sub=None if sub is None else self.read(sub, (*place, "sub")),
            any_of=self._several(value, "any_of", place),
            none_of=self._several(value, "none_of", place),
        )

    def _known(self, value: Map[str, Value], place: Place) -> None:
        for key, concept in (
            ("verb", "verb"), ("type", "type"), ("relevant_type", "relevant"), ("context_type", "type"),
            *((f"{name}_type", "type") for name in CONTEXTS),
        ):  # fmt: skip
            self._reader.known(concept, _words(value.get(key)), (*place, key))

    def _several(self, value: Map[str, Value], key: str, place: Place) -> tuple[When, ...]:
        several = value.get(key, [])
        assert isinstance(several, list)
        return tuple(self.read(each, (*place, key, at)) for at, each in enumerate(several))

    def _expressions(self, value: Map[str, Value], key: str, place: Place) -> tuple[Expression, ...]:
        field = Field(name=key, to="")
        found = tuple(self._reader.expression(word, field, (*place, key)) for word in _words(value.get(key)))
        if any(isinstance(each, Const) for each in found):
            raise self._document.fault((*place, key), f"{key} takes paths and primitives, not plain words")
        return found

    def _roles(self, value: Map[str, Value], place: Place) -> Iterable[tuple[str, Expression, tuple[str, ...]]]:
        roles = value.get("role", {})
        assert isinstance(roles, dict)
        for who, role in roles.items():
            yield who, self._reader.persons(who, (*place, "role", who)), _words(role)

    def _pair(self, value: Map[str, Value], place: Place) -> tuple[Expression, Expression]:
        coach = self._reader.persons(value["coach"], (*place, "coach"))
        return coach, self._reader.persons(value["educator"], (*place, "educator"))

    def _resolved(self, value: Map[str, Value], key: str, form: Form, place: Place) -> Places | None:
        words = _words(value.get(key))
        if not words:
            return None
        if words == (NONE,):
            return Places(())
        found: dict[str, None] = {}
        for word in words:
            read = self._reader.expression(word, Field(name=key, to="", form=form), (*place, key))
            if not isinstance(read, Places):
                raise self._document.fault((*place, key), f"places are {', '.join(('anywhere', *PLACES[form], NONE))}")
            found.update(dict.fromkeys(read.names))
        return Places(tuple(found))

    def _rules(self, value: Map[str, Value], place: Place) -> Iterable[ProfileRule]:
        rules = value.get("rules", [])
        assert isinstance(rules, list)
        for at, each in enumerate(rules):
            assert isinstance(each, dict)
            here = (*place, "rules", at)
            if not each.keys() & {"presence", "any", "all", "none"}:
                raise self._document.fault(here, "a rule says presence, any, all or none")
            selector = each.get("selector")
            yield ProfileRule(
                location=self._reader.path(str(each["location"]), (*here, "location")),
                selector=None if selector is None else self._reader.path(str(selector), (*here, "selector")),
                presence=each.get("presence"),  # type: ignore[arg-type]
                any=_values(each, "any"),
                all=_values(each, "all"),
                none=_values(each, "none"),
            )


def _words(value: Value) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(map(str, value)) if isinstance(value, list) else (str(value),)


def _values(rule: Map[str, Value], key: str) -> tuple[Value, ...] | None:
    value = rule.get(key)
    return tuple(value) if isinstance(value, list) else None
