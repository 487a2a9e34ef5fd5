"""What an analytic projection is: tables whose rows are a pure function of facts and reference data, key by key.

A key is the unit of recomputation: every row belongs to one, and the rows of a key are replaced whole. Nothing in this
module does I/O; `projections.facts.follower` turns facts into marked keys, `projector` marked keys into rows, and
`running` runs both. projections/README.md, "To add an analytic one", has a worked example.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final, Literal, Protocol, TypeAlias, get_args, runtime_checkable

import msgspec

from lrs.reference.reference import Reference, Touched
from projections.analytic.memo import Memo
from projections.facts.fact import Fact, Kind

# As many facts bear on the same key, most are asked for over and over.
REMEMBERED: Final = 1 << 15

Type: TypeAlias = Literal[
    "text",
    "bigint",
    "integer",
    "numeric(6,3)",
    "numeric(7,4)",
    "double precision",
    "boolean",
    "date",
    "timestamptz",
    "text[]",
    "uuid",
    "uuid[]",
    "jsonb",
]
TYPES: frozenset[str] = frozenset(get_args(Type))
Row: TypeAlias = tuple[Any, ...]
Rows: TypeAlias = Mapping[str, Sequence[Row]]


class Column(msgspec.Struct, frozen=True):
    """A column; `sentence` becomes its comment in the database, for those who read it with SQL.

    In rows: str, int, float, bool, date, aware datetime, UUID and lists of them as the type says; a numeric takes
    float, int or Decimal; `jsonb` anything that JSON can hold. None is null.
    """

    name: str
    type: Type
    sentence: str


class Table(msgspec.Struct, frozen=True):
    """A table; its rows are tuples in the order of `columns`, and `key` names those that no two rows share.

    The framework adds `store integer` and `owner text` (the key whose row it is); the primary key is (store, *key).
    `indexes` are of columns by which rows are looked for besides. `moves` are columns of the key in which a row of an
    earlier day may have had a value that no row of its owner has now.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    sentence: str
    indexes: tuple[tuple[str, ...], ...] = ()
    moves: frozenset[str] = frozenset()


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """The facts that a key's rows are made of: of `kinds`, observed in [since, until), and of one of these subjects,
    or others, or cohorts. IFIs in normal form (`reference.ifis(person)`); no kinds or nobody named, no facts.
    """

    kinds: frozenset[Kind]
    subjects: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()
    cohorts: frozenset[str] = frozenset()
    since: datetime | None = None
    until: datetime | None = None

    def takes(self, fact: Fact) -> bool:
        """Whether `fact` is among them."""
        return (
            fact.kind in self.kinds
            and (fact.subject in self.subjects or fact.other in self.others or fact.cohort in self.cohorts)
            and (self.since is None or self.since <= fact.observed_at)
            and (self.until is None or fact.observed_at < self.until)
        )


@runtime_checkable
class Projection(Protocol):
    """An analytic projection. All of it is pure: no I/O, no clock; the same arguments give the same result.

    A change of `version` is a rebuild; it rises whenever rows of the same facts would differ, or tables do.
    """

    @property
    def name(self) -> str:
        """Its name, and that of the schema that holds its tables."""

    @property
    def version(self) -> int:
        """The version of rows and tables, from 1."""

    @property
    def tables(self) -> tuple[Table, ...]:
        """Its tables."""

    @property
    def kinds(self) -> frozenset[Kind]:
        """The kinds of facts that it is told of."""

    def keys(self, fact: Fact, reference: Reference) -> Iterable[str]:
        """The keys whose rows a new or ended fact of `kinds` may change. Called for each fact: cheap."""

    def touched(self, touched: Touched, old: Reference, new: Reference) -> Iterable[str] | None:
        """The keys whose rows a change of reference data may change, besides those of facts that it mapped anew; None
        means all: `every` of both, all that have rows, and those of every fact.
        """

    def every(self, reference: Reference) -> Iterable[str]:
        """The keys that have rows without any fact: pairs that are assigned, cohorts with members."""

    def wanted(self, key: str, reference: Reference) -> Wanted | tuple[Wanted, ...]:
        """The facts that the rows of `key` are made of; of several, what any of them takes, each fact once."""

    def rows(self, key: str, facts: Sequence[Fact], reference: Reference, *, as_of: date | None = None) -> Rows:
        """The rows of `key` by table, from its live facts in `Fact.order`; a table may be left out if it has none.

        With `as_of`, only what was observed through that local day counts.
        """


@runtime_checkable
class Remembering(Protocol):
    """A projection that computes the rows of a key again for less, with what it remembers of the last time."""

    def again(self, key: str, facts: Sequence[Fact], reference: Reference, memo: Memo) -> Rows:
        """What `rows` gives, to the letter; `memo` is the key's own, was given each time before with the same
        `reference`, and has begun. A row that is the same is best the same object.
        """


@lru_cache(REMEMBERED, typed=True)
def key(*parts: str | int) -> str:
    """The key of these parts: the shortest JSON text of their list."""
    return msgspec.json.encode(parts).decode()


def parts(of: str) -> list[Any]:
    """The parts of a key, in order."""
    decoded: list[Any] = msgspec.json.decode(of)
    return decoded
