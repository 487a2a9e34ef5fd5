"""Which rules are tried with a statement, and how much of them: what its shape decides is decided once for all of it.

The rules for a head (verb, kind and type of the object) are those whose own head takes it. For a shape that comes again
they are compiled anew with what is known of it, so that nothing is left but what the values of a statement decide.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from lrs.reference.mapping import Mapping as Rules
from lrs.reference.mapping import Rule
from projections.facts import conditions, shapes
from projections.facts.conditions import Condition, Head, Test
from projections.facts.emits import Maker
from projections.facts.fields import Compiler
from projections.facts.shapes import Shape, Written

REMEMBERED: Final = 20_000
# A program takes about 16 kB, and 0.6 ms to compile.
SHAPES: Final = 1_000


class Compiled(msgspec.Struct, frozen=True, kw_only=True):
    """A rule; `tests` are those of its conditions that are not sure to hold."""

    id: str
    stop: bool
    head: Head
    conditions: Sequence[Condition]
    tests: tuple[Test, ...]
    makers: tuple[Maker, ...]


Program = tuple[Compiled, ...]


def compiled(rule: Rule, compiler: Compiler) -> Compiled:
    """A rule for all statements that the compiler compiles for."""
    found = conditions.conditions(rule.when, compiler)
    return Compiled(
        id=rule.id,
        stop=rule.stop,
        head=conditions.head(rule.when, compiler),
        conditions=found,
        tests=conditions.tests(found),
        makers=tuple(Maker(emit, rule, compiler) for emit in rule.emits),
    )


class Programs:
    """The rules of a mapping, all of them and by head and shape; the rarest shapes are not worth a program."""

    def __init__(self, rules: Rules, *, most: int = SHAPES) -> None:
        self.compiler: Final = Compiler(rules)
        self.every: Final = tuple(compiled(rule, self.compiler) for rule in rules.rules)
        self._rules = {rule.id: rule for rule in rules.rules}
        self._by_head: dict[shapes.Head, Program] = {}
        self._by_shape: dict[Written, Program] = {}
        self._once: set[Written] = set()
        self._most = most

    def of_head(self, head: shapes.Head) -> Program:
        """The rules that may take statements of a head."""
        found = self._by_head.get(head)
        if found is None:
            verb, kind, type_ = head
            normal = self.compiler.words.normal
            words = normal(verb), kind, None if type_ is None else normal(type_)
            found = tuple(rule for rule in self.every if rule.head.takes(*words))
            if len(self._by_head) < REMEMBERED:
                self._by_head[head] = found
        return found

    def of_shape(self, shape: Written) -> Program:
        """The same for statements that have these members besides: in effect those of the head, but quicker."""
        found = self._by_shape.get(shape)
        if found is not None:
            return found
        rules = self.of_head(shape[0])
        if not rules:
            return rules
        if shape not in self._once:
            if len(self._once) >= REMEMBERED:
                self._once.clear()
            self._once.add(shape)
            return rules
        if len(self._by_shape) >= self._most:
            return rules
        compiler = self.compiler.within(Shape(*shape))
        every = [compiled(self._rules[rule.id], compiler) for rule in rules]
        found = self._by_shape[shape] = tuple(rule for rule in every if rule.tests[:1] != (conditions.never,))
        return found
