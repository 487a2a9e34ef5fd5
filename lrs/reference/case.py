"""CASE 1.0 and 1.1 packages: rubrics with criteria and levels, and crosswalks between their versions.

What is optional in CASE may be missing, and keys that are unknown here are passed over. A package without rubrics
makes one of the items that have none beneath them.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import msgspec

from lrs.reference.flaws import Flaws
from lrs.reference.model import Criterion, Level, Rubric

Object: TypeAlias = Mapping[str, Any]

CROSSWALK: Final = ("replacedBy", "exactMatchOf")
MOST_LEVELS: Final = 100
MOST_CRITERIA: Final = 5_000


class Match(msgspec.Struct, frozen=True):
    """That one criterion or item was replaced by another (`replacedBy`), or is the same (`exactMatchOf`)."""

    kind: str
    origin: str
    destination: str


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """What a package says; `document` is the identifier of its CFDocument, in lower case."""

    document: str
    rubrics: tuple[Rubric, ...]
    crosswalk: tuple[Match, ...] = ()


def parse(content: bytes, file: str = "package") -> Body:
    """The rubrics of a CFPackage in JSON; Flawed says where it is none."""
    flaws = Flaws()
    try:
        package = msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        flaws.add(file, "case.json", f"this is no JSON: {error}")
        package = {}
    read = _Package(package, file, flaws)
    body = read.body()
    flaws.end()
    return body


class _Package:
    """Reads one package; what is wrong is noted with its JSON Pointer."""

    def __init__(self, package: object, file: str, flaws: Flaws) -> None:
        self._file = file
        self._flaws = flaws
        self._package: Object = package if isinstance(package, dict) else {}
        if not isinstance(package, dict):
            self._flaw("", "case.package", "a CASE package is a JSON object")
        found = self._package.get("CFDocument")
        self._document: Object = found if isinstance(found, dict) else {}
        if not isinstance(found, dict):
            self._flaw("/CFDocument", "case.package", "a CASE package has a CFDocument: this is none")
        self._items = self._by_identifier("CFItems")
        self._matches: list[Match] = []
        self._parents: dict[str, str] = {}
        for pointer, each in self._objects(self._package, "CFAssociations", ""):
            self._associate(pointer, each)

    def body(self) -> Body:
        """All that it says."""
        document = self._identifier(self._document, "/CFDocument")
        rubrics = [self._rubric(pointer, each) for pointer, each in self._objects(self._package, "CFRubrics", "")]
        if not rubrics and self._items:
            rubrics = [self._of_items(document)]
        if not (rubrics or self._matches):
            self._flaw("", "case.empty", "the package has no CFRubrics, no CFItems and no crosswalk")
        return Body(document=document, rubrics=tuple(rubrics), crosswalk=tuple(self._matches))

    def _associate(self, pointer: str, each: Object) -> None:
        kind = each.get("associationType")
        origin, destination = _node(each.get("originNodeURI")), _node(each.get("destinationNodeURI"))
        if not origin or not destination:
            self._flaw(pointer, "case.association", "an association has an originNodeURI and a destinationNodeURI")
        elif kind == "isChildOf":
            self._parents.setdefault(origin, destination)
        elif kind in CROSSWALK and origin != destination:
            self._matches.append(Match(kind, origin, destination))

    def _rubric(self, pointer: str, rubric: Object) -> Rubric:
        criteria = [
            self._criterion(place, each, number)
            for number, (place, each) in enumerate(self._objects(rubric, "CFRubricCriteria", pointer))
        ]
        if len(criteria) > MOST_CRITERIA:
            self._flaw(pointer, "case.size", f"a rubric may have {MOST_CRITERIA:,} criteria")
        return Rubric(
            id=self._identifier(rubric, pointer), uri=_text(rubric, "uri"), version=self._version(),
            title=_text(rubric, "title") or _text(self._document, "title"),
            criteria=tuple(sorted(criteria, key=lambda each: each.position)),
        )  # fmt: skip

    def _version(self) -> str:
        return _text(self._document, "version") or _text(self._document, "lastChangeDateTime")

    def _criterion(self, pointer: str, criterion: Object, number: int) -> Criterion:
        id_ = self._identifier(criterion, pointer)
        link = criterion.get("CFItemURI")
        item = self._items.get(_node(link), {})
        title = _text(criterion, "description") or _statement(item) or _text(link, "title") or id_
        iris = [f"urn:uuid:{id_}", _text(link, "uri"), _text(item, "uri")]
        iris += [f"urn:uuid:{_node(each)}" for each in (link, item) if _is_uuid(_node(each))]
        return Criterion(
            id=id_, uri=_text(criterion, "uri") or f"urn:uuid:{id_}", title=title,
            domain=_text(criterion, "category") or self._domain(_node(link)),
            weight=self._number(criterion, "weight", pointer, 1.0),
            position=int(self._number(criterion, "position", pointer, number + 1.0)),
            levels=self._levels(criterion, pointer), iris=tuple(dict.fromkeys(iri for iri in iris if iri)),
        )  # fmt: skip

    def _levels(self, criterion: Object, pointer: str) -> tuple[Level, ...]:
        found = list(self._objects(criterion, "CFRubricCriterionLevels", pointer))
        if len(found) > MOST_LEVELS:
            self._flaw(pointer, "case.size", f"a criterion may have {MOST_LEVELS} levels")
        scale = next(
            (key for key in ("score", "position") if all(_is_number(each.get(key)) for _, each in found)), None
        )  # fmt: skip
        levels = [
            Level(
                id=(id_ := self._identifier(each, place)), uri=_text(each, "uri") or f"urn:uuid:{id_}",
                name=_text(each, "quality") or _text(each, "description")[:200] or str(number),
                score=float(each[scale]) if scale else float(number),
            )
            for number, (place, each) in enumerate(found, 1)
        ]  # fmt: skip
        return tuple(sorted(levels, key=lambda level: level.score))

    def _of_items(self, document: str) -> Rubric:
        """The rubric of a package that has only items: those beneath which there are none, without levels."""
        parents = set(self._parents.values())
        leaves = [item for id_, item in self._items.items() if id_ not in parents]
        criteria = [
            self._criterion("/CFItems", {"identifier": _node(item), "uri": item.get("uri"), "CFItemURI": item}, number)
            for number, item in enumerate(leaves)
        ]
        return Rubric(
            id=document, uri=_text(self._document, "uri"), title=_text(self._document, "title"),
            version=self._version(), criteria=tuple(criteria),
        )  # fmt: skip

    def _domain(self, item: str) -> str:
        """What the item is a child of; of an item at the top, nothing."""
        parent = self._items.get(self._parents.get(item, ""))
        return _statement(parent) if parent else ""

    def _by_identifier(self, key: str) -> dict[str, Object]:
        return {_node(each): each for _, each in self._objects(self._package, key, "")}

    def _objects(self, holder: Object, key: str, pointer: str) -> Iterable[tuple[str, Object]]:
        found = holder.get(key)
        if found is None:
            return
        if not isinstance(found, Sequence) or isinstance(found, str):
            self._flaw(f"{pointer}/{key}", "case.form", "this is a list")
            return
        for number, each in enumerate(found):
            if isinstance(each, dict):
                yield f"{pointer}/{key}/{number}", each
            else:
                self._flaw(f"{pointer}/{key}/{number}", "case.form", "this is a JSON object")

    def _identifier(self, of: Object, pointer: str) -> str:
        found = _text(of, "identifier").lower()
        if not found:
            self._flaw(f"{pointer}/identifier", "case.identifier", "it must have an identifier")
        return found

    def _number(self, of: Object, key: str, pointer: str, default: float) -> float:
        found = of.get(key)
        if found is None:
            return default
        if _is_number(found) and found >= 0:
            return float(found)
        self._flaw(f"{pointer}/{key}", "case.number", "this is a number, not below 0")
        return default

    def _flaw(self, pointer: str, rule: str, words: str) -> None:
        self._flaws.add(self._file, rule, words, column=pointer or None)


def _text(of: object, key: str) -> str:
    found = of.get(key) if isinstance(of, dict) else None
    return found.strip() if isinstance(found, str) else ""


def _node(link: object) -> str:
    """What a link names: the identifier, in lower case, else the uri."""
    if isinstance(link, str):
        return link
    return _text(link, "identifier").lower() or _text(link, "uri")


def _is_uuid(text: str) -> bool:
    return len(text) == 36 and text.count("-") == 4


def _is_number(found: object) -> bool:
    return isinstance(found, int | float) and not isinstance(found, bool) and abs(found) < 1e9


def _statement(item: Object) -> str:
    """An item in words: its code, and its short or full statement."""
    words = _text(item, "abbreviatedStatement") or _text(item, "fullStatement")
    return f"{_text(item, 'humanCodingScheme')} {words}".strip()
