"""A question to the analytics, with the answer that must come out, and who may ask it."""

from typing import Any, Final, Literal

import msgspec

Take = Literal["one", "sum", "count", "list"]


class Question(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A question for `/analytics/v1/{path}` with parameters, asked as `asker` (a role, with a person or an org).

    Of the rows in which the columns of `where` have those values, `take` says what is to equal `expected`, within
    `tolerance`: `column` of the one row, its sum, the number of rows, or its values in order.
    """

    id: str
    sentence: str
    path: str
    parameters: dict[str, str]
    asker: dict[str, str]
    column: str
    expected: Any
    take: Take = "one"
    where: dict[str, Any] = {}
    tolerance: float = 0.0


DIRECTOR: Final = {"role": "director"}


def coach(id_: str) -> dict[str, str]:
    """A coach, who sees her caseload."""
    return {"role": "coach", "person": id_}


def principal(org: str) -> dict[str, str]:
    """A principal, who sees a school."""
    return {"role": "principal", "org": org}


def educator(id_: str) -> dict[str, str]:
    """An educator, who sees her own."""
    return {"role": "educator", "person": id_}


def facilitator(id_: str) -> dict[str, str]:
    """A facilitator, who sees her cohorts."""
    return {"role": "facilitator", "person": id_}
