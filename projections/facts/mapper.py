"""The mapper: one statement, as it was received and filled, becomes facts. Pure, and quick where no rule takes it.

A mapping is compiled once. Which rules a statement may be for is known by its verb and the kind and type of its object
and remembered, so that what no rule takes costs a look-up.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import msgspec

from lrs.reference import mapping as mappings
from lrs.reference.mapping import Mapping as Rules
from lrs.reference.reference import EMPTY, Reference
from lrs.xapi import values
from projections.facts import conditions, fields, shapes
from projections.facts import view as views
from projections.facts.fact import Fact
from projections.facts.lookups import Lookups
from projections.facts.programs import Compiled, Programs
from projections.facts.view import View

VOIDED: Final = "http://adlnet.gov/expapi/verbs/voided"
VOIDS: Final = "voided"
NOTHING_ASKED: Final[frozenset[str]] = frozenset()


class Mapped(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a statement became. `rule`: which took it (several joined by `+`), None if none did.

    `asked` is what reference data was asked for, found or not: `ifi:`, `role:` (a person), `criterion:`, `cohort:`,
    `activity:`; a change of any of it may change the answer. `voids` is the statement that this one voids.
    """

    rule: str | None = None
    facts: tuple[Fact, ...] = ()
    asked: AbstractSet[str] = NOTHING_ASKED
    voids: UUID | None = None


NOTHING: Final = Mapped()


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that a statement was tried with: whether it took it and, if not, the first thing that failed."""

    rule: str
    taken: bool
    why: str


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """Why a statement became what it did. Only rules that take its verb are tried; none after the one that stops."""

    mapping: str
    verb: str
    verb_sets: tuple[str, ...]
    object: str
    type: str | None
    type_sets: tuple[str, ...]
    tried: tuple[Tried, ...]
    mapped: Mapped


class Mapper:
    """Statements to facts, by a mapping and by reference data as of the day of each statement."""

    def __init__(self, mapping: Rules | str | None, reference: Reference) -> None:
        """By a mapping, the text of one, or (None) the default one."""
        if not isinstance(mapping, Rules):
            self.__dict__.update(_program(mapping).__dict__)
            self._look_up(reference)
            return
        self.mapping: Final = mapping
        self._look_up(reference)
        self._programs = Programs(mapping)
        self._normal = self._programs.compiler.words.normal

    @classmethod
    def of(cls, reference: Reference) -> "Mapper":
        """By the mapping that the reference data holds, else the default one."""
        return cls(reference.mapping, reference)

    def on(self, reference: Reference) -> "Mapper":
        """The same mapping by other reference data, without compiling again."""
        other = object.__new__(Mapper)
        other.__dict__.update(self.__dict__)
        other._look_up(reference)
        return other

    def _look_up(self, reference: Reference) -> None:
        self.reference = reference
        self._lookups = Lookups(reference)

    def map(
        self, statement: Mapping[str, Any], *, id: UUID, position: int, stored: datetime, authority: str
    ) -> Mapped:  # fmt: skip
        """The facts of a valid statement; the same for the same arguments, mapping and reference data."""
        shape = shapes.of(statement)
        verb, kind, _ = shape[0]
        if verb == VOIDED and kind == "StatementRef":
            return Mapped(rule=VOIDS, voids=values.known_uuid(statement["object"]["id"]))
        program = self._programs.of_shape(shape)
        if not program:
            return NOTHING
        view = views.of(statement, self._lookups, id, position, stored, authority)
        taken: list[str] = []
        facts = view.facts
        for rule in program:
            for test in rule.tests:
                if not test(view):
                    break
            else:
                before = len(facts)
                for maker in rule.makers:
                    maker.make(view)
                if len(facts) > before or not rule.makers:
                    taken.append(rule.id)
                    if rule.stop:
                        break
        return Mapped(rule="+".join(taken) or None, facts=tuple(facts), asked=view.asked)

    def explain(
        self, statement: Mapping[str, Any], *, id: UUID, position: int, stored: datetime, authority: str
    ) -> Explanation:  # fmt: skip
        """What `map` does with a statement, and for each rule that was tried why it did or did not take it."""
        mapped = self.map(statement, id=id, position=position, stored=stored, authority=authority)
        verb = self._normal(statement["verb"]["id"])
        type_ = fields.typed(statement["object"], self._normal)
        tried: list[Tried] = []
        for rule in self._programs.every if mapped.voids is None else ():
            if rule.head.verbs is not None and verb not in rule.head.verbs:
                continue
            # Each rule sees the statement afresh, as what one asked must not colour what another answers.
            view = views.of(statement, self._lookups, id, position, stored, authority)
            tried.append(_try(rule, view, verb, type_))
            if tried[-1].taken and rule.stop:
                break
        return Explanation(
            mapping=self.mapping.label, verb=verb, verb_sets=self._sets("verb", verb),
            object=conditions.kind_of(statement), type=type_, type_sets=self._sets("type", type_), tried=tuple(tried),
            mapped=mapped,
        )  # fmt: skip

    def _sets(self, concept: str, iri: str | None) -> tuple[str, ...]:
        if iri is None:
            return ()
        sets = self.mapping.concepts[concept]
        return tuple(name for name, iris in sets.items() if iri in map(self._normal, iris))


def _try(rule: Compiled, view: View, verb: str, type_: str | None) -> Tried:
    kind = conditions.kind_of(view.statement)
    if rule.head.kinds is not None and kind not in rule.head.kinds:
        return Tried(rule=rule.id, taken=False, why=f"the object is {kind}, not {' or '.join(sorted(rule.head.kinds))}")
    if not rule.head.takes(verb, kind, type_):
        return Tried(rule=rule.id, taken=False, why=f"the object's type ({type_ or 'none'}) is in none of its sets")
    for condition in rule.conditions:
        if not condition.test(view):
            return Tried(rule=rule.id, taken=False, why=condition.why(view))
    if not rule.makers:
        return Tried(rule=rule.id, taken=True, why="ignored on purpose")
    for maker in rule.makers:
        maker.make(view)
    if count := len(view.facts):
        return Tried(rule=rule.id, taken=True, why=f"{count} fact{'s' if count > 1 else ''}")
    return Tried(rule=rule.id, taken=False, why="; ".join(maker.lacking(view) for maker in rule.makers))


@lru_cache(4)
def _program(text: str | None) -> Mapper:
    """A mapping, compiled once however often reference data changes."""
    return Mapper(mappings.default() if text is None else mappings.parse(text), EMPTY)
