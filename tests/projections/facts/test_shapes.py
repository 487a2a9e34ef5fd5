"""Statements of one shape, and that mapping by shape says the same as trying every rule with all that it asks."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from lrs.reference import jsonpath, mapping
from projections.facts import conditions, fields, paths, shapes
from projections.facts.conditions import Condition, Test, always, never
from projections.facts.mapper import Mapper
from projections.facts.programs import Compiled, Program, Programs
from projections.facts.shapes import ANY, Shape
from projections.facts.view import View
from tests.factories import statement
from tests.projections.facts.school import ADL, ADL_TYPE, mapper, run, school, typed
from tests.projections.facts.test_mapper_properties import arbitrary

PATHS = [jsonpath.parse(path) for path in (
    "$", "$.context", "$.context.registration", "$.context.instructor.account",
    "$.context.contextActivities.parent[*].id",
    "$.context.contextActivities.*", "$.context.extensions.*", "$.context['registration','team']", "$.result",
    "$.result.score.raw", "$.result.extensions['https://example.org/x']", "$.object.definition.extensions.*",
    "$.object.definition.type", "$.object.id", "$.verb.id", "$.actor", "$.context[0]", "$.*",
    "$.result.* | $.context.team", "$.object.actor", "$.object.verb.id", "$.object.context.registration",
    "$.object.context.contextActivities.*", "$.object.object.definition.type", "$.object.result.extensions.*",
)]  # fmt: skip


class EveryRule(Programs):
    """Tries every rule in the order of the file with all that it asks, whatever a statement looks like."""

    def of_head(self, head: shapes.Head) -> Program:
        return self.of_shape((head, (), None))

    def of_shape(self, shape: shapes.Written) -> Program:
        del shape
        return tuple(
            msgspec.structs.replace(rule, tests=(_headed(rule), *(each.test for each in rule.conditions)))
            for rule in self.every
        )


def _headed(rule: Compiled) -> Test:
    def test(view: View) -> bool:
        held = view.statement["object"]
        return rule.head.takes(
            NORMAL(view.statement["verb"]["id"]), conditions.kind_of(view.statement), fields.typed(held, NORMAL)
        )

    return test


def slow(name: str) -> Mapper:
    """A shipped mapping by EveryRule."""
    by = Mapper(mapping.shipped(name), school())
    by._programs = EveryRule(by.mapping)
    return by


NORMAL = mapper()._normal
SLOW = {name: slow(name) for name in mapping.SHIPPED}


@given(st.integers(0, 2**32))
@settings(max_examples=300, deadline=None)
def test_says_what_every_rule_in_order_says(seed: int) -> None:
    """Facts, rule and what was asked, when its shape is new, when it gets a program, and by that program."""
    content = arbitrary(seed)
    for name, plain in SLOW.items():
        wanted = run(plain, content)
        assert [run(mapper(name), content) for _ in range(3)] == [wanted] * 3


@given(st.integers(0, 2**32))
@settings(max_examples=300, deadline=None)
def test_shape_knows_what_is_there(seed: int) -> None:
    content = arbitrary(seed)
    known = Shape(*shapes.of(content))
    for path in PATHS:
        found = paths.values(path)(content)
        keys = paths.plain(path)
        assert not known.lacks(path) or not found
        if keys is not None:
            assert not known.has(keys) or found
            assert known.may_have(keys) or not found
            assert not known.says(keys) or known.text(keys) == paths.first(path)(content)


def test_shape_without_context_lacks_what_is_in_it() -> None:
    known = Shape(*shapes.of(statement()))
    assert known.lacks(jsonpath.parse("$.context.registration"))
    assert known.lacks(jsonpath.parse("$.context.contextActivities.parent[*].id"))
    assert not known.lacks(jsonpath.parse("$.context.registration | $.actor"))


def test_nothing_is_known_of_any_statement() -> None:
    assert not any(ANY.lacks(path) or ANY.has(paths.plain(path) or ("x",)) for path in PATHS)


def test_rules_that_cannot_take_a_shape_are_not_in_its_program() -> None:
    programs = Programs(mapping.default())
    content = statement(verb=f"{ADL}completed", object=typed(f"{ADL_TYPE}lesson"))
    first, again = (programs.of_shape(shapes.of(content)) for _ in range(2))
    assert [rule.id for rule in first] == ["not-for-credit", "learn-completed"]
    assert [(rule.id, rule.tests) for rule in again] == [("learn-completed", ())]


def test_test_after_one_that_fails_is_left_out() -> None:
    """One before it stays if it may ask reference data."""
    asks = Condition(lambda _: True, str)
    left = conditions.tests([Condition(always, str), asks, Condition(never, str), asks])
    assert left == (asks.test, never)
    assert conditions.tests([msgspec.structs.replace(asks, asks=False), Condition(never, str)]) == (never,)


def test_no_more_shapes_get_programs_than_are_allowed() -> None:
    programs = Programs(mapping.default(), most=1)
    for name in ("completed", "passed"):
        content = statement(verb=f"{ADL}{name}", object=typed(f"{ADL_TYPE}lesson"))
        shape = shapes.of(content)
        third = [programs.of_shape(shape) for _ in range(3)][-1]
        assert (third is programs.of_head(shape[0])) is (name == "passed")
