"""The two districts: schools, who works there, who learns with whom, who coaches whom, and the units to learn from."""

from datetime import date, timedelta
from typing import Final

import msgspec

from lrs.simulation import people, rubric
from lrs.simulation.calendar import Break, Calendar
from lrs.simulation.chance import Chance
from lrs.simulation.people import Person

NAMES: Final = {
    "alder": ("Cedar Flats", "Tidewater", "Madrone", "Foghorn Hill", "Estuary", "Lantern Bay", "Driftwood", "Pelican",
              "Saltmarsh"),
    "birch": ("Prairie Gate", "Cottonwood", "Silo Road", "Meadowlark", "Two Rivers", "Windbreak"),
}  # fmt: skip
TITLES: Final = {"alder": "Alder Pacific School District", "birch": "Birch Central School District"}
SHARE: Final = {"alder": 9, "birch": 6}
COACHES: Final = {"alder": 12, "birch": 9}
COACHED: Final = {"alder": 0.62, "birch": 1.0}
PER_SCHOOL: Final = 28
SUBJECTS: Final = ("Mathematics", "Science", "English", "History", "Arts", "Languages", "Special education")
LEVELS: Final = ("elementary", "middle", "high")


class School(msgspec.Struct, frozen=True, kw_only=True):
    """A school; at one of them coaches come half as often (`gap` 2)."""

    id: str
    name: str
    district: str
    gap: float = 1.0


class Member(msgspec.Struct, kw_only=True):
    """A person in a cohort, from `since` up to but without `until`."""

    person: Person
    since: date
    until: date | None = None


class Cohort(msgspec.Struct, kw_only=True):
    """A group that learns together; its meetings are reported in the way of its district."""

    id: str
    title: str
    kind: str
    district: str
    org: str
    iri: str
    every: int
    facilitator: Person
    members: list[Member]
    lapses: date | None = None

    def on(self, day: date) -> list[Person]:
        """Who is a member on a day."""
        return [each.person for each in self.members if each.since <= day and (each.until is None or day < each.until)]


class Pair(msgspec.Struct, kw_only=True):
    """A coach who is to see an educator every `target` running days."""

    number: int
    coach: Person
    educator: Person
    target: int
    since: date
    until: date | None = None
    gap: float = 1.0
    silent: tuple[date, date] | None = None


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """Something to learn from in some minutes, on one or two criteria; `says` is whether its statements name them."""

    number: int
    iri: str
    title: str
    district: str
    minutes: float
    criteria: tuple[rubric.Criterion, ...]
    says: bool

    @property
    def named(self) -> tuple[rubric.Criterion, ...]:
        """The criteria that anybody is told of: statements have room for one, the file of alignments for all."""
        return self.criteria[:1] if self.says else self.criteria


class Educator(msgspec.Struct, kw_only=True):
    """What an educator is like: how much she learns, how often she comes, how well she teaches at first."""

    person: Person
    school: School
    drive: float
    comes: float
    skill: float
    leave: Break | None = None
    moves: bool = False


class District(msgspec.Struct, kw_only=True):
    """Everything that is there before anything happens."""

    seed: int
    scale: float
    calendar: Calendar
    schools: list[School]
    people: list[Person]
    educators: dict[str, Educator]
    cohorts: list[Cohort]
    pairs: list[Pair]
    units: list[Unit]
    planted: dict[str, str]

    def chance(self, *name: object) -> Chance:
        """The stream of draws of that name."""
        return Chance(self.seed, *name)

    def is_away(self, person: Person, day: date) -> bool:
        """Whether she is on leave."""
        known = self.educators.get(person.id)
        return known is not None and known.leave is not None and known.leave.since <= day < known.leave.until

    def of(self, district: str) -> list[Educator]:
        """The educators of a district."""
        return [each for each in self.educators.values() if each.person.district == district]


class Hiring:
    """Hands out people with numbers of their own."""

    def __init__(self, chance: Chance, first: date) -> None:
        self._chance, self._first, self.people = chance, first, list[Person]()

    def hire(self, district: str, org: str, role: str, since: date | None = None) -> Person:
        """A new person in a post."""
        id_ = f"{district}-{role[0]}{len(self.people) + 1:05}"
        found = people.person(
            self._chance, id_=id_, district=district, org=org, role=role, since=since or self._first
        )  # fmt: skip
        self.people.append(found)
        return found


def schools(scale: float) -> list[School]:
    """The schools of both districts, at least two each; the second of Birch is the neglected one."""
    found = []
    for district, share in SHARE.items():
        for index in range(max(2, round(share * scale))):
            names = NAMES[district]
            again = f" {index // len(names) + 1}" if index >= len(names) else ""
            name = f"{names[index % len(names)]} School{again}"
            gap = 2.0 if (district, index) == ("birch", 1) else 1.0
            found.append(School(id=f"{district}-s{index + 1:03}", name=name, district=district, gap=gap))
    return found


def educators(chance: Chance, hiring: Hiring, of: list[School], calendar: Calendar) -> dict[str, Educator]:
    """The educators of each school, with their leave."""
    found: dict[str, Educator] = {}
    for school in of:
        for _ in range(PER_SCHOOL):
            who = hiring.hire(school.district, school.id, "educator")
            who.teaching_since = date(calendar.first_year - min(30, int(chance.exponential(9))), 8, 15)
            who.level, who.subject = LEVELS[len(found) // PER_SCHOOL % 3], chance.pick(SUBJECTS)
            found[who.id] = Educator(
                person=who, school=school, drive=chance.lognormal(1.0, 0.35), comes=chance.beta(8, 2),
                skill=chance.normal(2.3, 0.45), leave=_leave(chance, who, calendar),
            )  # fmt: skip
    return found


def _leave(chance: Chance, who: Person, calendar: Calendar) -> Break | None:
    if not chance.happens(0.03):
        return None
    since = date(chance.pick(calendar.years), 9, 20) + timedelta(days=chance.whole(0, 150))
    until = since + timedelta(days=chance.whole(28, 84))
    return Break(kind="Leave", since=since, until=until, district=who.district, person=who.id)


def units(chance: Chance, scale: float) -> list[Unit]:
    """The units of both districts; those of Birch name their criteria themselves, of the others a file tells."""
    found = []
    for number in range(1, round(160 * max(1.0, scale**0.5)) + 1):
        district = "alder" if number % 2 else "birch"
        home = people.HOMES["alder"] if district == "alder" else "https://units.birch.example.org"
        criteria = tuple(chance.some(1 + chance.happens(0.2), rubric.CRITERIA))
        iri = f"{home}/mod/lesson/view.php?id={2000 + number}" if district == "alder" else f"{home}/au/{number}"
        minutes = max(4.0, round(chance.lognormal(10.5, 0.45), 1))
        found.append(
            Unit(number=number, iri=iri, title=f"Ten minutes on {criteria[0].code}, part {number}", district=district,
                 minutes=minutes, criteria=criteria, says=district == "birch")
        )  # fmt: skip
    return found
