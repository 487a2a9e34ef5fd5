"""What statements are searched for: paths and values, and, or, not. Pure.

    {"and": [{"verb": "http://adlnet.gov/expapi/verbs/completed"}, {"not": {"object.type": ["…/media", "…/course"]}}]}

An object with several members wants all of them; a list of values any of them.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

import msgspec

from lrs.errors import Invalid
from lrs.reference import identities
from lrs.xapi import actors
from projections.statistics.terms import PATHS, PREFIXES, Term, shown

DEEPEST: Final = 8
MOST: Final = 50
AGENTS: Final = frozenset(
    {"actor", "context.instructor", "context.team", "context.agent", "context.group", "authority"}
)  # fmt: skip
TRUTHS: Final = frozenset({"result.success", "result.completion", "void"})


class Is(msgspec.Struct, frozen=True):
    """One of these terms."""

    terms: tuple[Term, ...]


class Every(msgspec.Struct, frozen=True):
    """All of these."""

    parts: "tuple[Expression, ...]"


class Either(msgspec.Struct, frozen=True):
    """Any of these."""

    parts: "tuple[Expression, ...]"


class Not(msgspec.Struct, frozen=True):
    """Not this."""

    part: "Expression"


Expression: TypeAlias = Is | Every | Either | Not


def parse(text: str) -> Expression:
    """The expression in the JSON of `where`; Invalid says what is wrong with it."""
    try:
        wanted = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Invalid(f'where is JSON such as {{"verb": "…"}}: {error}', rule="where") from error
    found = _expression(wanted, 0)
    if len(list(terms(found))) > MOST:
        raise Invalid(f"where may have {MOST} values", rule="where")
    return found


def one(path: str, values: Sequence[str]) -> Expression:
    """Any of these values of a path; `not.path` none of them."""
    name = path.removeprefix("not.")
    found = Is(tuple((name, _value(name, value)) for value in values))
    return Not(found) if path.startswith("not.") else found


def is_path(name: str) -> bool:
    """Whether there is a path of that name."""
    return name in PATHS or any(name.startswith(prefix) and len(name) > len(prefix) for prefix in PREFIXES)


def terms(expression: Expression) -> Iterator[Term]:
    """Every term that it names."""
    if isinstance(expression, Is):
        yield from expression.terms
    elif isinstance(expression, Not):
        yield from terms(expression.part)
    else:
        for part in expression.parts:
            yield from terms(part)


def sql(expression: Expression, hash_of: Callable[[Term], int], values: list[Any]) -> str:
    """A condition on `s.terms`; its values are added to those that are there already."""
    if isinstance(expression, Is):
        values.append([hash_of(term) for term in expression.terms])
        return f"s.terms && ${len(values)}::bigint[]"
    if isinstance(expression, Not):
        return f"not ({sql(expression.part, hash_of, values)})"
    joined = " and " if isinstance(expression, Every) else " or "
    return "(" + (joined.join(sql(part, hash_of, values) for part in expression.parts) or "true") + ")"


def _expression(wanted: Any, depth: int) -> Expression:  # noqa: ANN401 - whatever the client sent
    if depth > DEEPEST:
        raise Invalid(f"where may be {DEEPEST} levels deep", rule="where")
    if not isinstance(wanted, dict) or not wanted:
        raise Invalid('where is made of objects such as {"verb": "…"}, {"not": {…}}, {"or": [{…}, {…}]}', rule="where")
    parts = [_member(name, value, depth) for name, value in wanted.items()]
    return parts[0] if len(parts) == 1 else Every(tuple(parts))


def _member(name: str, value: Any, depth: int) -> Expression:  # noqa: ANN401 - whatever the client sent
    if name == "not":
        return Not(_expression(value, depth + 1))
    if name in ("and", "or"):
        if not isinstance(value, list) or not value:
            raise Invalid(f"{name} takes a list of expressions", rule="where")
        parts = tuple(_expression(each, depth + 1) for each in value)
        return Every(parts) if name == "and" else Either(parts)
    if not is_path(name):
        raise Invalid(f"there is no path {name[:80]!r}; there are {', '.join(PATHS)}", rule="where")
    listed = value if isinstance(value, list) else [value]
    if not listed:
        raise Invalid(f"{name} needs a value", rule="where")
    return Is(tuple((name, _value(name, each)) for each in listed))


def _value(path: str, value: Any) -> str:  # noqa: ANN401 - whatever the client sent
    """A value as terms have it: agents by any form of their identifier, truths as words."""
    if isinstance(value, bool):
        value = "true" if value else "false"
    if isinstance(value, Mapping) or (isinstance(value, str) and value.startswith("{")):
        return _agent(value)
    if isinstance(value, int | float):
        value = str(value)
    if not isinstance(value, str) or not value:
        raise Invalid(f"{path} takes a text, a number, true or false", rule="where")
    if path in TRUTHS and value not in ("true", "false"):
        raise Invalid(f"{path} is true or false", rule="where")
    if path in AGENTS or path == "object":
        value = identities.normal(f"mbox:{value}") if value.startswith("mailto:") else value
        value = identities.normal(value) if value.startswith(("mbox:", "mbox_sha1sum:", "account:")) else value
    return shown(value)


def _agent(value: Any) -> str:  # noqa: ANN401 - whatever the client sent
    agent = dict(value) if isinstance(value, Mapping) else dict(actors.parse(value, groups=True))
    try:
        found = actors.ifi(agent)
    except (KeyError, TypeError):
        found = None
    if found is None:
        raise Invalid("an agent needs an identifier: mbox, mbox_sha1sum, openid or account", rule="where")
    return shown(identities.normal(found))
