"""What the README of facts says is so."""

import json
import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from lrs.reference import expressions, kinds, mapping
from projections.facts.mapper import Mapper
from tests import tree
from tests.projections.facts.school import ADL_TYPE, EVE, explained, school, typed

README = (tree.ROOT / "projections/facts/README.md").read_text(encoding="utf-8")
CODE = re.findall(r"```(\w*)\n(.*?)```", README, re.S)


def test_example_gives_its_answer() -> None:
    ((_, code),) = [each for each in CODE if each[0] == "python"]
    known: dict[str, Any] = {"UUID": UUID, "datetime": datetime, "UTC": UTC}
    exec(code, known)  # noqa: S102 - our own README
    found = known["found"]
    (fact,) = found.facts
    assert (found.rule, fact.kind, fact.unit) == ("learn-completed", "learn", "https://units.example.org/7")
    assert (fact.minutes, fact.data) == (10.5, {"state": "completed"})
    assert found.asked == {"activity:https://units.example.org/7"}


def test_mapping_of_the_example_is_sound() -> None:
    ((_, text),) = [each for each in CODE if each[0] == "yaml"]
    assert Mapper(mapping.parse(text), school()).mapping.label == "alder/1+moodle/1+default/1"


def test_explanation_of_the_example_is_given() -> None:
    told = [text for language, text in CODE if not language][-1].splitlines()
    found = explained(verb="attended", object=typed(f"{ADL_TYPE}meeting"), context={"instructor": EVE})
    assert told == [f"{each.rule}: {each.why}" for each in found.tried]


def test_every_rule_of_the_default_is_in_the_table() -> None:
    assert not [rule.id for rule in mapping.default().rules if f"`{rule.id}`" not in README]


def test_every_key_and_primitive_is_told() -> None:
    schema = json.loads((tree.ROOT / "schemas/mapping/mapping.json").read_text(encoding="utf-8"))
    told = {*schema["properties"], *schema["$defs"]["rule"]["properties"], *schema["$defs"]["when"]["properties"]}
    untold = [key for key in told - {"title", "notes"} if f"`{key}" not in README]
    assert not untold
    assert not [name for name in expressions.CALLS if f"{name}(" not in README]
    assert not [place for places in expressions.PLACES.values() for place in places if f"`{place}`" not in README]


def test_every_kind_and_field_is_in_the_table() -> None:
    table = README.partition("## The fields of each kind")[2].partition("## The default mapping")[0]
    for kind, fields in kinds.FIELDS.items():
        assert kind.replace("session.", ".") in table
        assert not [field.name for field in fields if not re.search(rf"\b{field.name}\b", table)], kind
