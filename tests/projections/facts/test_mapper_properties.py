"""What holds for every valid statement: the mapper says the same of the same, numbers its facts, and never fails."""

import copy
import json
import random
from collections.abc import Iterator
from datetime import UTC
from itertools import islice
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrs.reference import kinds, mapping
from lrs.reference.reference import EMPTY
from lrs.xapi import strictjson
from lrs.xapi.versions import Version
from projections.facts.fact import Fact, Kind
from projections.facts.mapper import Mapped, Mapper
from tests.bench.generator import Generator
from tests.factories import Json
from tests.guarantees import roundtrip_text
from tests.guarantees.roundtrip_statements import Maker
from tests.projections.facts.school import (
    ANN,
    BEN,
    COHORT,
    CORA,
    CRITERION,
    EVE,
    ID,
    LEVEL,
    OTHER_CRITERION,
    STORED,
    mapper,
    run,
    school,
    spoken,
)  # fmt: skip

SETS = mapping.default().concepts
VERBS = [iri for iris in SETS["verb"].values() for iri in iris]
TYPES = [iri for iris in SETS["type"].values() for iri in iris]
KEYS = [iri for iris in SETS["extension"].values() for iri in iris]
RELEVANT = [iri for iris in SETS["relevant"].values() for iri in iris]
NAMED = [CRITERION, OTHER_CRITERION, LEVEL, COHORT, "https://lms.example.org/activities/task"]
PEOPLE = [ANN, BEN, CORA, EVE]
MAPPERS = [mapper(name, known=known) for name in mapping.SHIPPED for known in (True, False)]


def arbitrary(seed: int) -> Json:
    """Anything that the standard lets one say, in words that rules may take."""
    dice = random.Random(seed)
    made: Any = Maker(dice, dice.choice(list(Version))).statement()
    text = roundtrip_text.write(made, dice).encode()
    statement: Any = strictjson.decode(text)
    return dressed(statement, dice)


def dressed(statement: Json, dice: random.Random) -> Json:
    """The statement with verbs, types, people and context that mean something to the default mapping."""
    statement["verb"] = {"id": dice.choice(VERBS)}
    if dice.random() < 0.5:
        statement["actor"] = dice.choice(PEOPLE)
    held = statement["object"]
    if "objectType" not in held or held["objectType"] == "Activity":
        definition = held.setdefault("definition", {})
        definition["type"] = dice.choice(TYPES)
        if dice.random() < 0.3:
            held["id"] = dice.choice(NAMED)
        extend(definition, dice)
    elif held["objectType"] == "SubStatement":
        held["timestamp"] = "2030-01-01T00:00:00Z"
        dressed(held, dice)
    elif held["objectType"] == "Agent" and dice.random() < 0.5:
        statement["object"] = {"objectType": "Agent", **dice.choice(PEOPLE)}
    context = statement.setdefault("context", {})
    if dice.random() < 0.5:
        context["instructor"] = dice.choice(PEOPLE)
    if dice.random() < 0.3:
        context["contextAgents"] = [spoken(dice.choice(PEOPLE), dice.choice(RELEVANT))]
    if dice.random() < 0.5:
        related = [{"id": dice.choice(NAMED), "definition": {"type": dice.choice(TYPES)}}]
        context["contextActivities"] = {dice.choice(["parent", "grouping", "category", "other"]): related}
    extend(context, dice)
    return statement


def extend(holder: Json, dice: random.Random) -> None:
    """Extensions that the mapping knows, with what may stand there and with what may not."""
    choices = ["2030-01-01T00:00:00Z", "PT45M", 7, True, None, [], {}, ANN, {"account": 5}, {"member": [{}]}, CRITERION,
               [CRITERION, 3], {"raw": 3, "min": "x"}, "\0", "formative"]  # fmt: skip
    for key in dice.sample(KEYS, 3):
        holder.setdefault("extensions", {})[key] = dice.choice(choices)


def check(found: Mapped) -> None:
    """What holds for whatever a statement became."""
    assert [fact.n for fact in found.facts] == list(range(len(found.facts)))
    assert bool(found.rule) or not found.facts
    for fact in found.facts:
        # It can be kept, and comes back the same.
        assert msgspec.json.decode(msgspec.json.encode(fact), type=Fact) == fact
        assert isinstance(fact.kind, Kind)
        assert fact.observed_at.tzinfo is UTC
        assert "\0" not in f"{fact.subject}{fact.other}{fact.unit}{fact.session}{fact.thread}{fact.data}"
        assert fact.minutes is None or fact.minutes > 0
        names = {field.to for field in kinds.FIELDS[fact.kind]}
        assert fact.data.keys() <= names | {
            "raw", "min", "max", "scaled", "is_attempt", "has_attachment", "by_registration", "means_end",
        }  # fmt: skip


@given(st.integers(0, 2**32))
@settings(max_examples=400, deadline=None)
def test_never_fails_and_always_says_the_same(seed: int) -> None:
    statement = arbitrary(seed)
    before = copy.deepcopy(statement)
    for by in MAPPERS:
        found = run(by, statement)
        check(found)
        assert run(by, statement) == found
    assert statement == before


@given(st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_fresh_mapper_says_the_same(seed: int) -> None:
    """Nothing that a mapper remembers of other statements colours what it says of this one."""
    statement = arbitrary(seed)
    fresh = Mapper(mapping.default(), school())
    assert run(fresh, statement) == run(mapper(), statement)


@given(st.integers(0, 2**32))
@settings(max_examples=200, deadline=None)
def test_explaining_agrees_with_mapping(seed: int) -> None:
    statement = arbitrary(seed)
    for by in MAPPERS[:2]:
        found = by.explain(statement, id=ID, position=1, stored=STORED, authority="")
        taken = [each.rule for each in found.tried if each.taken]
        assert found.mapped.rule == ("+".join(taken) or None)
        assert all(each.why for each in found.tried)


@given(st.integers(0, 2**32))
@settings(max_examples=200, deadline=None)
def test_what_was_not_asked_does_not_matter(seed: int) -> None:
    """Without reference data and with it a statement says the same, unless it asked for something that is known."""
    statement = arbitrary(seed)
    with_, without = run(mapper(), statement), run(mapper(known=False), statement)
    if with_.facts != without.facts:
        assert with_.asked
        assert without.asked


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
def test_statements_of_the_benchmark(version: str) -> None:
    for statement in islice(generated(version), 2_000):
        check(run(mapper(), statement))


def generated(version: str) -> Iterator[Json]:
    generator = Generator(seed=11)
    while True:
        yield json.loads(generator.statement(version))


def test_empty_reference_is_enough() -> None:
    by = Mapper.of(EMPTY)
    assert by.mapping.label == "default/1"
    assert sum(len(run(by, statement).facts) for statement in islice(generated("2.0.0"), 300)) > 20
