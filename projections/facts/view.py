"""A statement as the rules see it: its time, and the persons, criteria and cohorts that reference data makes of it.

Whatever is asked of reference data is noted, also where nothing was found, so that a change remaps the statement.
"""

import hashlib
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import msgspec

from lrs.reference import identities
from lrs.xapi import actors, values
from projections.facts.fact import Fact
from projections.facts.lookups import Answer, Lookup, Lookups

Json = Mapping[str, Any]

# How far a clock may run ahead of ours before it is not believed.
AHEAD: Final = timedelta(minutes=5)
CLOCK: Final = "clock_suspect"
OVER_LONG: Final = "over_long"
# Longer texts do not fit the indexes that facts are looked up by.
LONGEST: Final = 500
LONGEST_DURATION: Final = 60
REMEMBERED: Final = 1 << 16
CONTEXT: Final = ("parent", "grouping", "category", "other")
NOBODY: Final[Sequence[str]] = ()
_PART: Final = re.compile(r"([0-9]+(?:[.,][0-9]+)?)([WDHMS])")
_MINUTES: Final = {"W": 10_080.0, "D": 1_440.0, "H": 60.0, "M": 1.0, "S": 1 / 60}
_CALENDAR: Final = re.compile(r"[YM]")
_FIRST: Final = datetime.min.replace(tzinfo=UTC)


class View(msgspec.Struct):
    """One statement, while it is mapped, and the facts made of it; `each`, `cohort` and `planned` (its start, as text)
    are those of the fact that is being made. `found` is for what may be looked up again in the whole statement.

    `at` is when it was, in UTC. A Struct, as one is made for every statement.
    """

    statement: Json
    lookups: Lookups
    id: UUID
    position: int
    stored: datetime
    authority: str
    at: datetime
    flags: tuple[str, ...] = ()
    facts: list[Fact] = []
    asked: set[str] = set()
    found: dict[Callable[..., Any], Any] = {}
    each: str | None = None
    cohort: str | None = None
    planned: str | None = None
    known_extensions: Sequence[Json] | None = None
    known_roles: dict[str, frozenset[str]] = {}

    @property
    def extensions(self) -> Sequence[Json]:
        """The extensions of the context, of the result and of the object, the nearest first."""
        if self.known_extensions is None:
            context, result, held = (self.statement.get(name) for name in ("context", "result", "object"))
            definition = held.get("definition") if isinstance(held, dict) else None
            holders = [each.get("extensions") for each in (context, result, definition) if isinstance(each, dict)]
            self.known_extensions = [each for each in holders if isinstance(each, dict) and each]
        return self.known_extensions

    def inner(self) -> "View | None":
        """The SubStatement that is the object, as of the day of the whole."""
        inner = self.statement.get("object")
        if not isinstance(inner, dict) or inner.get("objectType") != "SubStatement":
            return None
        view: View | None = self.found.get(View.inner)
        if view is None:
            view = View(inner, self.lookups, self.id, self.position, self.stored, self.authority, self.at)
            view.asked, view.known_roles = self.asked, self.known_roles
            self.found[View.inner] = view
        return view

    def day(self, at: datetime) -> date:
        """The day that `at` is for the cohort of the fact, else for the person of this turn, else for the actor."""
        if self.cohort is not None:
            return self.cohort_day(at, self.cohort)
        if self.each is None:
            return self.local_day(at, next(iter(self.agents(self.statement.get("actor"))), None))
        return self.local_day(at, self.each)

    # Who

    def person(self, ifi: str) -> str:
        """Whose identifier it is on the day of the statement."""
        always, asked = self.lookups.person(ifi)
        self.asked.add(asked)
        return always or self.lookups.reference.person(ifi, self.at.date())

    def roles(self, ifi: str) -> frozenset[str]:
        """The roles of a person on her local day."""
        found = self.known_roles.get(ifi)
        if found is None:
            roles, asked = self.lookups.roles(self.person(ifi))
            self.asked.add(asked)
            found = self.known_roles[ifi] = roles.on(self.local_day(self.at, ifi)) if roles.days else roles.values[0]
        return found

    def is_assigned(self, coach: str, educator: str) -> bool:
        """Whether the one is to coach the other, on the educator's local day."""
        one, other = self.person(coach), self.person(educator)
        self.asked.update((self.lookups.roles(one)[1], self.lookups.roles(other)[1]))
        every = self.lookups.reference.assignments(one, other)
        if not every:
            return False
        day = self.local_day(self.at, educator)
        return any(each.covers(day) for each in every)

    def local_day(self, at: datetime, ifi: str | None) -> date:
        """The day that `at` is where a person works."""
        try:
            if ifi is None:
                return self.lookups.reference.local_date(at, None)
            return self.lookups.reference.local_date_of(at, self.person(ifi))
        except OverflowError:
            return at.date()

    def cohort_day(self, at: datetime, cohort: str) -> date:
        """The day that `at` is where a cohort belongs."""
        try:
            return self.lookups.reference.local_date(at, self.lookups.reference.cohorts[cohort].org)
        except OverflowError:
            return at.date()

    def agents(self, value: object) -> Sequence[str]:
        """The persons that a value of a statement stands for: an agent, a group's members, or several of them."""
        if isinstance(value, dict):
            if "member" in value or value.get("objectType") == "Group":
                return self._members(value)
            return _single(value)
        if isinstance(value, list):
            return [ifi for each in value for ifi in self.agents(each)]
        return NOBODY

    def _members(self, group: Json) -> Sequence[str]:
        """Those that the statement lists, else those of the roster on that day."""
        listed = group.get("member")
        if isinstance(listed, list) and listed:
            return [ifi for member in listed if isinstance(member, dict) for ifi in _single(member)]
        cohort = self.first_of(self.lookups.cohort, group_names(group))
        return NOBODY if cohort is None else self._rostered(cohort)

    def _rostered(self, cohort: str) -> Sequence[str]:
        day = self.cohort_day(self.at, cohort)
        self.asked.add(f"cohort:{cohort}")
        people = dict.fromkeys(each.person for each in self.lookups.reference.members(cohort) if each.covers(day))
        return [self._known_as(person, day) for person in sorted(people)]

    def _known_as(self, person: str, day: date) -> str:
        """An identifier that is the person's on that day; without any, her id, which stands for itself."""
        self.asked.add(f"role:{person}")
        for ifi in self.lookups.reference.ifis(person):
            self.asked.add(f"ifi:{ifi}")
            if self.lookups.reference.person(ifi, day) == person:
                return ifi
        return person

    # What

    def first_of(self, lookup: Lookup[Answer], iris: Iterable[str]) -> Answer | None:
        """What the first of some IRIs names which names anything; those after it are not asked for."""
        for iri in iris:
            found, asked = lookup(iri)
            self.asked.update(asked)
            if found is not None:
                return found
        return None

    def every_of(self, lookup: Lookup[Answer], iris: Iterable[str]) -> Sequence[Answer]:
        """What each of some IRIs names, if anything."""
        every: list[Answer] = []
        for iri in iris:
            found, asked = lookup(iri)
            self.asked.update(asked)
            if found is not None:
                every.append(found)
        return every

    def level_of(self, criterion: str | None, iris: Iterable[str]) -> str | None:
        """The IRI of the first level of a criterion that is named."""
        for iri in iris:
            found, asked = self.lookups.level(iri)
            self.asked.update(asked)
            if found is not None and found[0] == criterion:
                return found[1]
        return None

    def aligned(self, activity: str) -> Sequence[str]:
        """The criteria that reference data aligns an activity with."""
        found, asked = self.lookups.aligned(activity)
        self.asked.add(asked)
        return found


def of(
    statement: Json, lookups: Lookups, id: UUID, position: int, stored: datetime, authority: str
) -> View:  # fmt: skip
    """A view of a statement: at its timestamp, or `stored` where that is missing or ahead of every honest clock."""
    said = values.moment(statement.get("timestamp"))
    if said is not None and said > stored and said - stored > AHEAD:
        return View(statement, lookups, id, position, stored, authority, stored, (CLOCK,))
    return View(statement, lookups, id, position, stored, authority, said or stored)


def told(statement: Json) -> Sequence[Json]:
    """The statement, and the SubStatement that is its object."""
    inner = statement.get("object")
    if isinstance(inner, dict) and inner.get("objectType") == "SubStatement":
        return (statement, inner)
    return (statement,)


def activity(statement: Json) -> str | None:
    """The IRI of the object, where that is an Activity."""
    found = statement.get("object")
    if isinstance(found, dict) and found.get("objectType", "Activity") == "Activity":
        iri = found.get("id")
        return iri if isinstance(iri, str) else None
    return None


def contexts(statement: Json, names: Iterable[str] = CONTEXT) -> Sequence[Json]:
    """The context activities of some of the four relations; a single one counts as a list. (1.0.3 Data 2.4.6.2)"""
    context = statement.get("context")
    related = context.get("contextActivities") if isinstance(context, dict) else None
    if not isinstance(related, dict):
        return ()
    found: list[Json] = []
    for name in names:
        if name in related:
            listed = related[name]
            if isinstance(listed, list):
                found += listed
            elif isinstance(listed, dict):
                found.append(listed)
    return found


def _single(agent: Json) -> Sequence[str]:
    """The normal IFI of what may be an agent, as extensions can hold anything; nobody where it is none."""
    mbox = agent.get("mbox")
    if isinstance(mbox, str) and len(mbox) <= LONGEST:
        return _of_mbox(mbox)
    account = agent.get("account")
    if isinstance(account, dict) and mbox is None:
        home, name = account.get("homePage"), account.get("name")
        if isinstance(home, str) and isinstance(name, str) and len(home) + len(name) <= LONGEST:
            return _of_account(home, name)
    return _identified(agent)


# Agents are named again and again.
@lru_cache(REMEMBERED)
def _of_mbox(mbox: str) -> Sequence[str]:
    return _identified({"mbox": mbox})


@lru_cache(REMEMBERED)
def _of_account(home: str, name: str) -> Sequence[str]:
    return _identified({"account": {"homePage": home, "name": name}})


def _identified(agent: Json) -> Sequence[str]:
    try:
        ifi = actors.ifi(agent)
    except (KeyError, TypeError, AttributeError):
        return NOBODY
    return NOBODY if ifi is None else (identities.normal(bounded(ifi)),)


def group_names(group: object) -> Iterable[str]:
    """What may name a cohort in an identified Group: its account's name, alone or under its homePage; its address."""
    if not isinstance(group, dict):
        return
    if isinstance(account := group.get("account"), dict):
        home, name = str(account.get("homePage", "")), str(account.get("name", ""))
        yield name
        yield f"{home.rstrip('/')}/{name}"
    for key in ("openid", "mbox"):
        if isinstance(found := group.get(key), str):
            yield found


def minutes(duration: object) -> float | None:
    """An ISO 8601 duration, or a number of minutes, in minutes; zero, years, months and nonsense are unknown.

    Zero, since tools that do not measure send PT0S; months, since nobody learns for a month on end.
    """
    if isinstance(duration, str):
        return _length(duration) if len(duration) <= LONGEST_DURATION else None
    if isinstance(duration, int | float) and not isinstance(duration, bool):
        return _finite(float(duration)) if abs(duration) < 1e9 else None
    return None


@lru_cache(4_096)
def _length(duration: str) -> float | None:
    if not values.is_duration(duration):
        return None
    day, _, time = duration[1:].partition("T")
    if _CALENDAR.search(day):
        return None
    parts = _PART.findall(day) + _PART.findall(time)
    return _finite(sum(float(size.replace(",", ".")) * _MINUTES[unit] for size, unit in parts))


def _finite(found: float) -> float | None:
    return round(found, 6) if 0 < found < 1e9 and math.isfinite(found) and round(found, 6) > 0 else None


def earlier(at: datetime, by: float) -> datetime:
    """A time some minutes before `at`."""
    try:
        return at - timedelta(minutes=by)
    except OverflowError:
        return _FIRST


def number(value: object) -> float | None:
    """A finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def bounded(text: str) -> str:
    """A text that the fact table can hold and look up: no NUL, and what is too long by its digest."""
    if "\0" in text:
        text = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    if len(text) > LONGEST:
        digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
        text = f"{text[: LONGEST - 72]}…sha256:{digest}"
    return text


def reference_to(value: object) -> UUID | None:
    """The UUID in a text."""
    if not isinstance(value, str):
        return None
    try:
        return values.uuid(value)
    except ValueError:
        return None
