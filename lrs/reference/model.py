"""The records of reference data: who people are, where they belong, what they are measured by, and since when.

Intervals are half open, [since, until): `since` None is from ever, `until` None is until further notice. Days are local
days of the organisation. Ids are those of the source (OneRoster `sourcedId`, CASE `identifier` in lower case).
"""

from collections.abc import Mapping
from datetime import date
from typing import Literal

import msgspec


class Interval(msgspec.Struct, frozen=True, kw_only=True):
    """From `since` (inclusive) to `until` (exclusive)."""

    since: date | None = None
    until: date | None = None

    def covers(self, day: date) -> bool:
        """Whether `day` is in it."""
        return (self.since is None or self.since <= day) and (self.until is None or day < self.until)


class Org(msgspec.Struct, frozen=True, kw_only=True):
    """An organisation: a district, a school, a department; `timezone` is an IANA name, None that of its parent."""

    id: str
    name: str
    kind: str
    parent: str | None = None
    timezone: str | None = None


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A person of the roster. `dimensions` are what support is compared by, as the roster's `metadata.pd.*` columns
    say: `teachingSince` (a date), `level`, `subject` and others of the district.
    """

    id: str
    given_name: str = ""
    family_name: str = ""
    email: str | None = None
    username: str | None = None
    identifier: str | None = None
    dimensions: Mapping[str, str] = msgspec.field(default_factory=dict)


class Post(Interval, frozen=True, kw_only=True):
    """A role of a person in an organisation: `educator`, `coach`, `principal`, … (roster roles mapped by policy)."""

    person: str
    org: str
    role: str
    primary: bool = False


class Cohort(msgspec.Struct, frozen=True, kw_only=True):
    """A group that learns together. `iris` name it in statements, besides its id."""

    id: str
    title: str
    org: str
    iris: tuple[str, ...] = ()
    plan: str | None = None
    target_interval_days: int | None = None


class Membership(Interval, frozen=True, kw_only=True):
    """A person in a cohort."""

    cohort: str
    person: str
    role: Literal["member", "facilitator"]


class Assignment(Interval, frozen=True, kw_only=True):
    """A coach who is to see an educator; the target is in cadence days, None means that of the policy."""

    coach: str
    educator: str
    plan: str | None = None
    target_interval_days: int | None = None


class Period(Interval, frozen=True, kw_only=True):
    """An academic session of an organisation, and of those beneath it that have none of their own."""

    id: str
    org: str | None
    kind: Literal["schoolYear", "term"]
    title: str


class Pause(Interval, frozen=True, kw_only=True):
    """Days on which the cadence clock stands still: for an organisation and all beneath it, or for one person."""

    kind: str
    org: str | None = None
    person: str | None = None


class Link(Interval, frozen=True, kw_only=True):
    """An identifier (canonical IFI, as `lrs.xapi.actors.ifi` gives it) that is a person's for a while."""

    person: str
    ifi: str


class Alignment(msgspec.Struct, frozen=True, kw_only=True):
    """An activity that bears on a criterion, for systems that cannot say so in their statements."""

    activity: str
    criterion: str


class Level(msgspec.Struct, frozen=True, kw_only=True):
    """A level of a criterion: what CASE calls quality, and its score."""

    id: str
    uri: str
    name: str
    score: float


class Criterion(msgspec.Struct, frozen=True, kw_only=True):
    """A criterion of a rubric; `iris` are all by which statements may name it (its own, its item's, urn:uuid: forms).

    `levels` rise in score. `replaces` are criteria of older versions that this one goes on from.
    """

    id: str
    uri: str
    title: str
    domain: str
    weight: float
    position: int
    levels: tuple[Level, ...]
    iris: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()


class Rubric(Interval, frozen=True, kw_only=True):
    """A version of a rubric, in force for an interval."""

    id: str
    uri: str
    title: str
    version: str
    criteria: tuple[Criterion, ...]
