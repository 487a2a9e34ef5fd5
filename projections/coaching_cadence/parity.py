"""Whether support reaches every group alike: groups of educators by what the policy says, small ones suppressed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from statistics import median
from typing import Any, Final, NamedTuple

from lrs.errors import Invalid
from lrs.reference.reference import Reference
from projections.answers import suppression
from projections.answers.asked import Asked
from projections.answers.data import Data, Row
from projections.answers.groups import least
from projections.answers.question import Column
from projections.answers.slices import slices
from projections.coaching_cadence import plans, support, tables

TABLE: Final = f"coaching_cadence.{tables.SUPPORT.name}"
EVERYBODY: Final = "(all)"
UNKNOWN: Final = "(unknown)"
# What a column of the support table is needed for here.
NEEDED: Final = frozenset(
    {"educator_id", "period_id", "last_contact_at", "contacts", "minutes", "minutes_known_share", "learning_minutes"}
)
# Of so many days it is remembered who was where, and since when.
DAYS: Final = 4
SCHOOL: Final = "school"
EXPERIENCE: Final = "experience"
COHORT: Final = "cohort"
# Groups that people know of anyway; every other dimension splits by who people are.
OPEN: Final = frozenset({SCHOOL, COHORT})

COLUMNS: Final = (
    Column("dimension", "text", "By what groups are made: school, experience, cohort, or a column of the roster."),
    Column("value", "text", "An organisation, a band of years, a cohort, what the roster says; (all) for all."),
    Column("name", "text", "What the organisation or cohort is called."),
    Column("educators", "bigint", "Educators in the group on the day.", "people"),
    Column("contacted", "bigint", "Of these, those with any contact in the period.", "people"),
    Column("contacted_share", "double precision", "Share with any contact."),
    Column("mean_contacts", "double precision", "Contacts per educator."),
    Column("mean_minutes", "double precision", "Minutes of contacts per educator, those of unknown length left out."),
    Column("minutes_known_share", "double precision", "Share of contacts whose length is known."),
    Column("median_days_since", "double precision", "Median of the cadence days since the period's last contact, of "
           "those who had one."),
    Column("mean_learning_minutes", "double precision", "Minutes of learning per educator."),
    Column("parity", "double precision", "mean_minutes of the group by that of all: 1 is alike, 0.5 is half."),
    Column("contact_parity", "double precision", "mean_contacts of the group by that of all."),
    Column("suppressed", "text[]", "Columns that are null since too few people stand behind them."),
)  # fmt: skip
TOLD: Final = tuple(column.name for column in COLUMNS[3:-1])


async def groups(asked: Asked, data: Data) -> Sequence[Row]:
    """A row for each group of each dimension, and one for all educators by each."""
    dimensions = asked.values.get("dimension") or asked.reference.policy(asked.as_of).support.dimensions
    every = educators(asked.reference, asked.as_of)
    periods = frozenset(asked.values.get("period") or years(asked.reference, asked.as_of))
    rows = await data.every(TABLE, [({"period_id": periods},)], only=NEEDED)
    held = {}
    async for some in slices(rows):
        held.update({row["educator_id"]: _measured(row, asked) for row in some if row["educator_id"] in every})
    people = {each: held.get(each) or NOTHING for each in every}
    overall = _told(list(people.values()))
    found = []
    async for (dimension,) in slices(list(dict.fromkeys(dimensions)), 1):
        members = grouped(dimension, every, asked.reference, asked.as_of)
        found += _line(dimension, members, people, overall, asked) if members else []
    return found


@lru_cache(DAYS)
def years(reference: Reference, day: date) -> frozenset[str]:
    """The school years of a day, of whatever calendars there are."""
    held = (period for org in (None, *reference.orgs) for period in reference.periods(org, day))
    return frozenset(period.id for period in held if period.kind == "schoolYear")


@lru_cache(DAYS)
def educators(reference: Reference, day: date) -> frozenset[str]:
    """Who is an educator, or has a coach, on a day."""
    posts = {each.person for each in reference.records.posts if each.role == support.EDUCATOR and each.covers(day)}
    return frozenset(posts | {each.educator for each in reference.records.assignments if each.covers(day)})


@lru_cache(DAYS * 8)
def grouped(dimension: str, people: frozenset[str], reference: Reference, day: date) -> Mapping[str, Sequence[str]]:
    """People by a dimension as of a day, of cohorts in each of theirs; Invalid for one that nobody has."""
    found: dict[str, list[str]] = defaultdict(list)
    known = {name for each in reference.people.values() for name in each.dimensions}
    if dimension not in (SCHOOL, EXPERIENCE, COHORT) and dimension not in known:
        if dimension in reference.policy(day).support.dimensions:
            return {}
        names = ", ".join(sorted({SCHOOL, EXPERIENCE, COHORT, *known}))
        raise Invalid(f"there is no dimension {dimension!r}; there are {names}", rule="dimensions")
    for person in sorted(people):
        for value in _values(dimension, person, reference, day):
            found[value].append(person)
    return dict(found)


def _values(dimension: str, person: str, reference: Reference, day: date) -> Iterable[str]:
    if dimension == SCHOOL:
        return (reference.org_of(person, day) or UNKNOWN,)
    if dimension == COHORT:
        return {each.cohort for each in reference.memberships(person) if each.role == "member" and each.covers(day)}
    if dimension == EXPERIENCE:
        return (band(reference.experience(person, day), reference.policy(day).support.experience_bands),)
    known = reference.people.get(person)
    return (known.dimensions.get(dimension) or UNKNOWN if known else UNKNOWN,)


def band(years_: float | None, borders: Sequence[float]) -> str:
    """The band of years: `0-3`, `3-10`, `10+`, each without its end."""
    if years_ is None:
        return UNKNOWN
    since = 0.0
    for border in borders:
        if years_ < border:
            return f"{since:g}-{border:g}"
        since = border
    return f"{since:g}+"


class Measured(NamedTuple):
    """What a person had in the period; `contacted` is 1 where she had any contact."""

    contacts: int
    contacted: int
    known: float
    minutes: float
    learning: float
    days: int | None


NOTHING: Final = Measured(0, 0, 0, 0, 0, None)


def _measured(row: Row, asked: Asked) -> Measured:
    last, contacts = row["last_contact_at"], row["contacts"]
    days = None if last is None else _since(row["educator_id"], last, asked)
    known = contacts * (row["minutes_known_share"] or 0)
    return Measured(contacts, int(contacts > 0), known, row["minutes"], row["learning_minutes"], days)


def _since(person: str, last: datetime, asked: Asked) -> int:
    """Cadence days of a person since then. As her last contact is mostly the same as when it was asked before, what
    was found is remembered.
    """
    every = _found(asked.reference, asked.as_of)
    found = every.get(person)
    if found is None or found[0] != last:
        clock = plans.clock(person, asked.reference)(asked.as_of)
        found = every[person] = last, clock.days(asked.reference.local_date_of(last, person), asked.as_of)
    return found[1]


@lru_cache(DAYS)
def _found(reference: Reference, day: date) -> dict[str, tuple[datetime, int]]:
    """What `_since` found of people on a day, each for her last contact."""
    return {}


def _told(every: Sequence[Measured]) -> dict[str, Any]:
    """The figures of a group, but for how it compares."""
    count = len(every)
    # Column by column, as sums over tuples are several times as quick as over attributes.
    *columns, days = zip(*every, strict=True) if every else ((),) * len(Measured._fields)
    contacts, contacted, known, minutes, learning = map(sum, columns)
    since = [each for each in days if each is not None]
    return {
        "educators": count,
        "contacted": contacted,
        "contacted_share": contacted / count if count else None,
        "mean_contacts": contacts / count if count else None,
        "mean_minutes": minutes / count if count else None,
        "minutes_known_share": known / contacts if contacts else None,
        "median_days_since": float(median(since)) if since else None,
        "mean_learning_minutes": learning / count if count else None,
    }


def _line(
    dimension: str, members: Mapping[str, Sequence[str]], people: Mapping[str, Measured], overall: Row, asked: Asked
) -> list[Row]:
    """The groups of a dimension with their total, small ones and those that would tell of them suppressed."""
    k = least("participation" if dimension in OPEN else "performance", asked)
    values = sorted(members)
    hidden = suppression.line([len(members[value]) for value in values], k)
    is_small = 0 < overall["educators"] < k
    rows = [_row(dimension, EVERYBODY, overall, overall, asked, is_dark=hidden.total or is_small)]
    for value, is_dark in zip(values, hidden.cells, strict=True):
        figures = _told([people[person] for person in members[value]])
        rows.append(_row(dimension, value, figures, overall, asked, is_dark=is_dark))
    return rows


def _row(dimension: str, value: str, figures: Row, overall: Row, asked: Asked, *, is_dark: bool) -> Row:
    shown: Row = {"dimension": dimension, "value": value, "name": _name(dimension, value, asked.reference)}
    if is_dark:
        return {**shown, **dict.fromkeys(TOLD), "suppressed": list(TOLD)}
    return {
        **shown,
        **figures,
        "parity": _ratio(figures["mean_minutes"], overall["mean_minutes"]),
        "contact_parity": _ratio(figures["mean_contacts"], overall["mean_contacts"]),
        "suppressed": [],
    }


def _ratio(of: float | None, by: float | None) -> float | None:
    return of / by if of is not None and by else None


def _name(dimension: str, value: str, reference: Reference) -> str | None:
    if dimension == SCHOOL and value in reference.orgs:
        return reference.orgs[value].name
    return reference.cohorts[value].title if dimension == COHORT and value in reference.cohorts else None
