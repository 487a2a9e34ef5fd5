"""Conditions on rows, as SQL and as Python: a row must meet each of them, by one of its alternatives at least."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, TypeAlias
from uuid import UUID

import msgspec

# Columns and what each may hold, all of which must be true.
Alternative: TypeAlias = Mapping[str, frozenset[str]]
# One of which must be true; none at all is never true.
Condition: TypeAlias = Sequence[Alternative]


class Text(msgspec.Struct, frozen=True):
    """A piece of SQL and the values of its parameters, in order."""

    sql: str
    values: tuple[list[str], ...]


def sql(conditions: Iterable[Condition], types: Mapping[str, str], *, first: int) -> Text:
    """` and …` for every condition, on columns of `t` of these types; parameters are numbered from `first`."""
    text = ""
    values: list[list[str]] = []
    for condition in conditions:
        alternatives = []
        for alternative in condition:
            terms = []
            for column, among in alternative.items():
                values.append(_values(among, types[column]))
                terms.append(_term(column, types[column], first + len(values) - 1))
            alternatives.append(" and ".join(terms) or "true")
        text += f" and ({' or '.join(alternatives) or 'false'})"
    return Text(text, tuple(values))


def without(conditions: Iterable[Condition], columns: Collection[str]) -> list[Condition]:
    """The same, but for what they say of these columns."""
    return [
        [{name: among for name, among in each.items() if name not in columns} for each in condition]
        for condition in conditions
    ]


def meets(row: Mapping[str, Any], conditions: Iterable[Condition]) -> bool:
    """Whether a row meets all of them."""
    return all(any(fits(row, alternative) for alternative in condition) for condition in conditions)


def may_meet(part: Mapping[str, Any], conditions: Iterable[Condition]) -> bool:
    """Whether a row may meet all of them of which no more is known than these columns."""
    known = [[{name: among for name, among in each.items() if name in part} for each in one] for one in conditions]
    return meets(part, known)


def among(column: str, conditions: Iterable[Condition]) -> frozenset[str] | None:
    """The values of a column without which a row meets some of them; None where it may be any."""
    found = None
    for condition in conditions:
        if all(column in alternative for alternative in condition):
            values = frozenset[str]().union(*(alternative[column] for alternative in condition))
            found = values if found is None else found & values
    return found


def fits(row: Mapping[str, Any], alternative: Alternative) -> bool:
    """Whether a row has what one alternative wants; of a list, one element is enough."""
    for column, among in alternative.items():
        value = row[column]
        if among.isdisjoint(map(str, value)) if isinstance(value, list) else str(value) not in among:
            return False
    return True


def _term(column: str, type_: str, number: int) -> str:
    if type_.endswith("[]"):
        return f"t.{column} && ${number}::{type_}"
    kind = type_ if type_ in ("text", "uuid") else "text"
    named = f"t.{column}" if kind == type_ else f"t.{column}::text"
    return f"{named} = any(${number}::{kind}[])"


def _values(among: frozenset[str], type_: str) -> list[str]:
    """The values in order; what is no UUID equals none."""
    return sorted(filter(_is_uuid, among)) if type_.startswith("uuid") else sorted(among)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
