"""What a question is: its path, what may be asked with it, its columns, where its rows come from, and who sees what.

Declarations only: nothing here does I/O. README.md tells how to add one.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final, Literal, Protocol, TypeAlias

import msgspec

from projections.answers.asked import Asked, Parameter
from projections.answers.asker import Role
from projections.answers.conditions import Condition
from projections.answers.data import Data

Row: TypeAlias = dict[str, Any]
# What a column holds that matters for who may see it.
# person: the id of a person. agent: an identifier that may be anybody's. people: a count of people. trace: leads to
# statements or out of this server.
Holds: TypeAlias = Literal["", "person", "agent", "people", "trace"]
# What a filter does with the values of its parameter before they are compared with its column.
Reach: TypeAlias = Literal["exact", "org", "org-of-person", "members", "criterion"]
Kind: TypeAlias = Literal["participation", "performance"]


class Rows(StrEnum):
    """Which rows a role sees."""

    ALL = "all"
    # None, but their summary (`by=`), small cells suppressed.
    SUMMARY = "summary"
    # Those whose person is the asker.
    OWN = "own"
    # Those whose coach is the asker, and with `person` but no `coach` column those of her educators as of today.
    CASELOAD = "caseload"
    # Those of cohorts that the asker facilitates; without a `cohort` column, of their members as of today.
    COHORT = "cohort"
    # Those of cohorts that the asker is a member of.
    MEMBER = "member"
    # Those of the asker's schools: by `org`, else by the organisation of `person` as of the day asked for.
    SCHOOL = "school"


class Column(msgspec.Struct, frozen=True):
    """A column of an answer: name, type as in `projections.analytic.Column`, and what it says in a sentence."""

    name: str
    type: str
    sentence: str
    holds: Holds = ""


class Named(Protocol):
    """A column of a projection's table."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def type(self) -> str:
        """Its type."""

    @property
    def sentence(self) -> str:
        """What it says."""


def columns(of: Sequence[Named], **holds: Holds) -> tuple[Column, ...]:
    """The columns of a table as those of an answer; `holds` by name says which hold people or traces."""
    return tuple(Column(each.name, each.type, each.sentence, holds.get(each.name, "")) for each in of)


class Filter(msgspec.Struct, frozen=True):
    """What a standard parameter compares: a column, with the values as given (`exact`) or what they reach.

    `org`: the organisation and all beneath it. `org-of-person`: the column holds persons; those of that organisation as
    of the day asked for. `members`: likewise, the members of a cohort. `criterion`: an id or any IRI of a criterion.
    """

    column: str
    reach: Reach = "exact"


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """What a role sees: which rows, less columns, of which purposes, and whether people show as pseudonyms.

    A grant of `purposes` needs a question that has a `purpose` column or says `minds_purpose`.
    """

    rows: Rows
    hides: frozenset[str] = frozenset()
    purposes: frozenset[str] | None = None
    pseudonyms: bool = False
    # Rows that are a group's are shown even where the group is small: it is the asker's own.
    small: bool = False


class Measure(msgspec.Struct, frozen=True):
    """A column of a summary, computed from the rows of a group. Null where there is nothing to compute it from."""

    name: str
    type: str
    sentence: str
    of: Callable[[Sequence[Row]], Any]


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """How rows of people are summed up: by one or two dimensions, counted in people, small cells suppressed.

    `dimensions` are columns by which `by=` may group, `default` those where it is not given. Besides these every
    question about persons has `org` (of the person, as of the day asked for) and the dimensions of the roster. `needs`
    names the columns of the table that all of this and `complete` read; none for all. `rows` gives what is summed up,
    where that is less than all rows.
    """

    measures: tuple[Measure, ...]
    default: tuple[str, ...] = ("org",)
    dimensions: tuple[str, ...] = ()
    kind: Kind = "participation"
    needs: frozenset[str] = frozenset()
    rows: "Compute | None" = None


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Of a question whose rows are groups: the column that counts their people, and what is hidden where they are few.

    Rows that agree in the columns `within` have a common total, so one hidden among them takes a second one along.
    """

    size: str
    hides: frozenset[str]
    within: tuple[str, ...] = ()
    kind: Kind = "participation"


Complete: TypeAlias = Callable[[Sequence[Row], Asked, Data], Awaitable[Sequence[Row]]]
Compute: TypeAlias = Callable[[Asked, Data], Awaitable[Sequence[Row]]]
Narrows: TypeAlias = Callable[[Asked], Sequence[Condition]]
# Of what is asked, with the conditions that rows are to meet, the portions that may have rows after a key.
Portions: TypeAlias = Callable[
    [Asked, Sequence[Condition], Data, Sequence[Any] | None], AsyncIterator[tuple[tuple[Any, ...], Asked]]
]

# What those see of whom it is about: the usual grants of a question about persons. (projections.md E4)
PERSONAL: Final[Mapping[Role, Grant]] = {
    Role.EDUCATOR: Grant(rows=Rows.OWN),
    Role.COACH: Grant(rows=Rows.CASELOAD),
    Role.PRINCIPAL: Grant(rows=Rows.SCHOOL),
    Role.DIRECTOR: Grant(rows=Rows.SUMMARY),
    Role.RESEARCHER: Grant(rows=Rows.ALL, pseudonyms=True),
}


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A question: `/analytics/v1/` and its path, in which `{cohort}` stands for a parameter of that name.

    Rows are those of `table` (`schema.table`, of a projection), in order of `key`, put through `complete`, which may
    add columns, drop rows and nothing else, and `narrows` say what those rows meet at least that it does not drop: that
    spares computing the others of the past; or what `compute` gives, all of it (then `stands_on` names the projections
    that it asks), of one of `portions` at a time, where there are such: they come in order of `key`, each with what the
    key of its last row begins with. What is computed at once `is_common` where it does not depend on who asks.
    `person`, `coach`, `cohort`, `org` and `purpose` name the columns that say whose a row is.
    """

    path: str
    sentence: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    sees: Mapping[Role, Grant]
    table: str | None = None
    complete: Complete | None = None
    narrows: Narrows | None = None
    compute: Compute | None = None
    portions: Portions | None = None
    filters: Mapping[str, Filter] = {}
    parameters: tuple[Parameter, ...] = ()
    is_common: bool = False
    takes_method: bool = False
    person: str | None = None
    coach: str | None = None
    cohort: str | None = None
    org: str | None = None
    purpose: str | None = None
    minds_purpose: bool = False
    stands_on: tuple[str, ...] = ()
    summary: Summary | None = None
    group: Group | None = None

    @property
    def projections(self) -> tuple[str, ...]:
        """The projections that it stands on: `stands_on`, or that of its table."""
        return self.stands_on or (() if self.table is None else (self.table.partition(".")[0],))
