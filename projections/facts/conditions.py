"""The `when` of a rule as tests over a `View`, each able to say why it failed."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, TypeAlias

import msgspec

from lrs.reference.expressions import Call, Expression, Places
from lrs.reference.mapping import CONTEXTS, ProfileRule, When
from lrs.xapi import values
from projections.facts import fields, forms, paths
from projections.facts import view as views
from projections.facts.fields import Compiler
from projections.facts.getters import Get, People, nobody, nothing
from projections.facts.shapes import ANY, SUBSTATEMENT
from projections.facts.view import Json, View

Test: TypeAlias = Callable[[View], bool]

EVERYWHERE: Final = ("object", "aligned", "context", "level")
COHORT_ANYWHERE: Final = ("object", "context", "team", "groups", "actor")
SHOWN: Final = 120
NOTHING: Final[Json] = {}


class Condition(msgspec.Struct, frozen=True):
    """One test of a rule; `why` tells what it asked and what it found. `asks`: it may ask reference data."""

    test: Test
    why: Callable[[View], str]
    asks: bool = True


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What the verb, the object's kind and its type must be; None asks nothing. Enough to choose rules beforehand."""

    verbs: frozenset[str] | None
    kinds: frozenset[str] | None
    types: frozenset[str] | None

    def takes(self, verb: str, kind: str, type_: str | None) -> bool:
        """Whether a statement of these may be for the rule."""
        return (
            (self.verbs is None or verb in self.verbs)
            and (self.kinds is None or kind in self.kinds)
            and (self.types is None or type_ in self.types)
        )


def always(_: View) -> bool:
    """What holds for every statement of a shape."""
    return True


def never(_: View) -> bool:
    """What holds for none."""
    return False


def head(when: When, compiler: Compiler) -> Head:
    """The head of a rule."""
    members = compiler.words.members
    return Head(
        verbs=members("verb", when.verb) if when.verb else None,
        kinds=frozenset(when.object) if when.object else None,
        types=members("type", when.type) if when.type else None,
    )


def kind_of(statement: Json) -> str:
    """What the object is: Activity, Agent, Group, StatementRef or SubStatement."""
    found = statement["object"].get("objectType", "Activity")
    return found if isinstance(found, str) else "Activity"


def tests(conditions: Sequence[Condition]) -> tuple[Test, ...]:
    """What is left to be tested besides the head; `never` alone, or last, where that is sure to fail.

    What comes before it and may ask reference data stays: what is asked must not depend on what is known.
    """
    left = [condition for condition in conditions if condition.test is not always]
    for at, condition in enumerate(left):
        if condition.test is never:
            left = left[: at + 1] if any(before.asks for before in left[:at]) else [condition]
            break
    return tuple(condition.test for condition in left)


def conditions(when: When, compiler: Compiler) -> Sequence[Condition]:
    """All that a rule asks besides its head, what is cheap first."""
    return [
        *_shapes(when, compiler),
        *_nested(when, compiler, asking=False),
        *_resolved(when, compiler),
        *_people(when, compiler),
        *_nested(when, compiler, asking=True),
    ]


def holds(when: When, compiler: Compiler) -> Test:
    """One test of all that a nested `when` asks, head included."""
    heading = head(when, compiler)
    left = tests(conditions(when, compiler))
    normal = compiler.words.normal
    known = compiler.shape.head
    if known is not None:
        verb, kind, type_ = known
        return _all(left) if heading.takes(normal(verb), kind, None if type_ is None else normal(type_)) else never

    def test(view: View) -> bool:
        statement = view.statement
        verb = normal(str(statement["verb"]["id"]))
        type_ = fields.typed(statement["object"], normal)
        return heading.takes(verb, kind_of(statement), type_) and all(each(view) for each in left)

    return test


def _shapes(when: When, compiler: Compiler) -> Iterator[Condition]:
    for name, sets in when.contexts.items():
        yield _context(name, sets, compiler)
    if when.relevant:
        spoken = [compiler.spoken(Call(name, when.relevant)) for name in ("contextAgents", "contextGroups")]
        yield Condition(
            _some([never if find is nobody else find for find in spoken]),
            lambda _: f"no contextAgent or contextGroup is relevant as {_names(when.relevant)}",
        )
    for rule in when.rules:
        yield _profile(rule, compiler)
    for expression in when.has:
        raw = compiler.raw(expression)
        yield Condition(_there(raw), _words(f"there is no {_text(expression)}"))
    for expression in when.has_not:
        raw = compiler.raw(expression)
        yield Condition(_not(_there(raw)), _words(f"there is a {_text(expression)}"))
    for expression in when.future:
        yield _future(expression, compiler)


def _context(name: str, sets: Sequence[str], compiler: Compiler) -> Condition:
    wanted = compiler.words.members("type", sets)
    normal = compiler.words.normal
    relations = compiler.relations(CONTEXTS if name == "context" else (name,))

    def test(view: View) -> bool:
        return any(fields.typed(each, normal) in wanted for each in views.contexts(view.statement, relations))

    def why(view: View) -> str:
        found = [str(fields.typed(each, normal)) for each in views.contexts(view.statement, relations)]
        return f"no {name} activity has a type of {_names(sets)}; types there: {_names(found) or 'none'}"

    return Condition(test if relations else never, why, asks=False)


def _profile(rule: ProfileRule, compiler: Compiler) -> Condition:
    follows = paths.follows(rule, compiler.words.normal)
    lacking = compiler.shape.lacks(rule.location)
    test: Test = _sure(follows(NOTHING)) if lacking else lambda view: follows(view.statement)
    find = paths.values(rule.location)
    asked = ", ".join(
        f"{key} {_short(value)}"
        for key in ("presence", "any", "all", "none") if (value := getattr(rule, key)) is not None
    )  # fmt: skip
    return Condition(
        test,
        lambda view: f"{rule.location.text}: {asked}; found {_short(list(find(view.statement))) or 'nothing'}",
        asks=False,
    )


def _future(expression: Expression, compiler: Compiler) -> Condition:
    raw = compiler.raw(expression)

    def test(view: View) -> bool:
        at = values.moment(raw(view))
        return at is not None and at > view.at

    left = never if raw is nothing else test
    return Condition(left, lambda view: f"{_text(expression)} is no time after {forms.instant(view.at)}")


def _nested(when: When, compiler: Compiler, *, asking: bool) -> Iterator[Condition]:
    """Those that ask reference data, or those that do not and so come first."""
    if when.sub is not None and _asks(when.sub) is asking:
        yield Condition(
            _sub(when.sub, compiler),
            _words("the object is no SubStatement of the kind that `sub` asks for"),
            asks=_may_ask(when.sub),
        )
    if when.any_of and any(map(_asks, when.any_of)) is asking:
        some = [holds(each, compiler) for each in when.any_of]
        words = _words("none of the alternatives in `any_of` holds")
        yield Condition(_some(some), words, asks=any(map(_may_ask, when.any_of)))
    for at, each in enumerate(when.none_of):
        if _asks(each) is asking:
            words = _words(f"alternative {at + 1} of `none_of` holds")
            yield Condition(_not(holds(each, compiler)), words, asks=_may_ask(each))


def _asks(when: When) -> bool:
    """Whether reference data is needed to tell."""
    own = when.role or when.assigned or when.criterion is not None or when.cohort is not None
    return bool(own) or any(map(_asks, _inner(when)))


def _may_ask(when: When) -> bool:
    """Whether it may be asked for, if only by an expression: who somebody is, for one, to know the day."""
    own = when.has or when.has_not or when.future or when.relevant
    return bool(own) or _asks(when) or any(map(_may_ask, _inner(when)))


def _inner(when: When) -> Sequence[When]:
    return (*when.any_of, *when.none_of, *((when.sub,) if when.sub else ()))


def _sub(when: When, compiler: Compiler) -> Test:
    known = compiler.shape.head
    if known is not None and known[1] != SUBSTATEMENT:
        return never
    test = holds(when, compiler.within(compiler.shape.inner or ANY))
    if known is not None and (test is always or test is never):
        return test

    def of_inner(view: View) -> bool:
        inner = view.inner()
        return inner is not None and test(inner)

    return of_inner


def _resolved(when: When, compiler: Compiler) -> Iterator[Condition]:
    for name, places, find, everywhere in (
        ("criterion", when.criterion, compiler.criterion, EVERYWHERE),
        ("cohort", when.cohort, compiler.cohort, COHORT_ANYWHERE),
    ):
        if places is None:
            continue
        if places.names:
            found = find(places)
            where = "anywhere" if places.names == everywhere else " or ".join(places.names)
            yield Condition(_there(found), _words(f"no {name} that reference data knows is named ({where})"))
        else:
            found = find(Places(everywhere))
            yield Condition(_not(_there(found)), _words(f"a {name} is named"))


def _people(when: When, compiler: Compiler) -> Iterator[Condition]:
    for words, expression, roles in when.role:
        yield _role(words, compiler.people(expression, every=True), frozenset(roles))
    if when.assigned is not None:
        coach, educator = (compiler.people(each, every=True) for each in when.assigned)
        yield Condition(
            never
            if coach is nobody
            else lambda view: any(view.is_assigned(one, other) for one in coach(view) for other in educator(view)),
            lambda view: f"{_names(coach(view)) or 'nobody'} is not assigned to {_names(educator(view)) or 'nobody'}",
        )


def _role(words: str, people: People, roles: frozenset[str]) -> Condition:
    def why(view: View) -> str:
        found = [f"{ifi} ({', '.join(sorted(view.roles(ifi))) or 'no role'})" for ifi in people(view)]
        return f"{words} is no {' or '.join(sorted(roles))}: {_names(found) or 'nobody is there'}"

    test: Test = never if people is nobody else lambda view: any(roles & view.roles(ifi) for ifi in people(view))
    return Condition(test, why)


def _there(raw: Get) -> Test:
    return never if raw is nothing else lambda view: raw(view) is not None


def _sure(verdict: bool) -> Test:
    return always if verdict else never


def _not(test: Test) -> Test:
    if test is always or test is never:
        return _sure(test is never)
    return lambda view: not test(view)


def _all(tests: Sequence[Test]) -> Test:
    """All of them, of which only the last may be `never`."""
    if len(tests) < 2:
        return tests[0] if tests else always
    return lambda view: all(test(view) for test in tests)


def _some(tests: Sequence[Callable[[View], Any]]) -> Test:
    """Any of them, tried in order."""
    tried = [test for test in tests if test is not never]
    if not tried or tried[0] is always:
        return _sure(bool(tried))
    return lambda view: any(test(view) for test in tried)


def _words(text: str) -> Callable[[View], str]:
    return lambda _: text


def _names(names: Sequence[str]) -> str:
    return ", ".join(names)


def _short(value: object) -> str:
    text = str(list(value)) if isinstance(value, tuple) else str(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def _text(expression: Expression) -> str:
    if isinstance(expression, Call):
        return f"{expression.name}({', '.join(expression.sets) or '*'})"
    return str(getattr(expression, "text", expression))
