"""People of the simulation: invented names, where they work and since when, and the identifiers that systems know."""

import functools
from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

import msgspec

from lrs.simulation.calendar import local_day
from lrs.simulation.chance import Chance

HOMES: Final = {"alder": "https://lms.alder.example.org", "birch": "https://id.birch.example.org"}
MAIL: Final = {"alder": "alder.example.org", "birch": "birch.example.org"}

GIVEN: Final = (
    "Amara", "Anneke", "Bashir", "Beatriz", "Caleb", "Chidi", "Corazon", "Dagny", "Darnell", "Delphine", "Elif",
    "Emeka", "Esther", "Farid", "Fiona", "Gareth", "Gwen", "Haruki", "Hilde", "Imani", "Ingrid", "Isaac", "Jamal",
    "Jasmin", "Joaquin", "Kalani", "Katya", "Kwame", "Leila", "Leopold", "Lucia", "Malik", "Marisol", "Mateo", "Mei",
    "Milan", "Nadia", "Nils", "Noor", "Odette", "Omar", "Paloma", "Pavel", "Quentin", "Rashida", "Renata", "Rohan",
    "Ruth", "Samira", "Sefa", "Silas", "Solveig", "Tamsin", "Tariq", "Thandi", "Tobias", "Uma", "Valentin", "Vera",
    "Wendell", "Xochitl", "Yara", "Yusuf", "Zelda",
)  # fmt: skip
FAMILY: Final = (
    "Abernathy", "Achterberg", "Adeyemi", "Alvarado", "Arsenault", "Bautista", "Bellweather", "Bergstrom",
    "Brightwater", "Castellane", "Chaudhry", "Copperfield", "Cruz-Odell", "Dalgaard", "Delacroix", "Dunmore",
    "Eastlake", "Ekwueme", "Elmhurst", "Fairbairn", "Farrow", "Fontaine", "Gallowglass", "Greenhalgh", "Guerrero",
    "Hallorann", "Haverford", "Hightower", "Ibarra", "Ingersoll", "Jankowski", "Jimenez-Roth", "Kapoor", "Kealoha",
    "Kirkbride", "Lindqvist", "Llewellyn", "Lockhart", "Madrigal", "Marchetti", "Mbeki", "Merriweather", "Nakashima",
    "Northcott", "Novak", "Oakeshott", "Okonkwo", "Ortega", "Pemberton", "Petrossian", "Quiroga", "Ravensworth",
    "Rasmussen", "Rosales", "Sandoval", "Silverthorn", "Summerfield", "Takahashi", "Thistlewood", "Trujillo",
    "Underhill", "Valdez", "Vandermeer", "Villanueva", "Wainwright", "Whitlock", "Winterbourne", "Yamamoto",
    "Yellowtail", "Zapata",
)  # fmt: skip


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """An identifier that is a person's from `since` up to but without `until`; `home` for accounts alone."""

    kind: str
    value: str
    home: str | None = None
    since: date | None = None
    until: date | None = None

    @property
    def agent(self) -> Mapping[str, object]:
        """As an Agent of a statement, the same object each time."""
        return _agent(self.home, self.value)

    def holds(self, day: date) -> bool:
        """Whether it is the person's on a day."""
        return (self.since is None or self.since <= day) and (self.until is None or day < self.until)


@functools.cache
def _agent(home: str | None, value: str) -> Mapping[str, object]:
    if home is not None:
        return {"objectType": "Agent", "account": {"homePage": home, "name": value}}
    return {"objectType": "Agent", "mbox": f"mailto:{value}"}


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """A role in an organisation, from `since` up to but without `until`."""

    org: str
    role: str
    since: date
    until: date | None = None


class Person(msgspec.Struct, kw_only=True):
    """A person; `identities` are what statements call her by, one drawn each time."""

    id: str
    given: str
    family: str
    district: str
    posts: list[Post]
    identities: list[Identity]
    teaching_since: date | None = None
    level: str = ""
    subject: str = ""

    @property
    def email(self) -> str | None:
        """Her latest address, if she has any."""
        return next((each.value for each in reversed(self.identities) if each.home is None), None)

    def agent(self, at: datetime, chance: Chance) -> Mapping[str, object]:
        """One of her identifiers that is hers at that time."""
        if len(self.identities) == 1:
            return self.identities[0].agent
        day = local_day(at, self.district)
        return chance.pick([each for each in self.identities if each.holds(day)]).agent

    def school(self, day: date) -> str:
        """Where she works on a day."""
        return next(each.org for each in reversed(self.posts) if each.since <= day)


def person(chance: Chance, *, id_: str, district: str, org: str, role: str, since: date) -> Person:
    """A new person with one identifier, an account; one in twelve has a second, an address."""
    given, family = chance.pick(GIVEN), chance.pick(FAMILY)
    name = str(1000 + int(id_[-5:])) if district == "alder" else f"{id_[-6]}{id_[-5:]}"
    found = Person(
        id=id_, given=given, family=family, district=district,
        posts=[Post(org=org, role=role, since=since)],
        identities=[Identity(kind="account", value=name, home=HOMES[district])],
    )  # fmt: skip
    if chance.happens(0.08):
        found.identities.append(Identity(kind="mbox", value=address(found)))
    return found


def address(who: Person) -> str:
    """An e-mail address by her name, and unlike anybody else's."""
    return f"{who.given}.{who.family}.{int(who.id[-5:])}@{MAIL[who.district]}".lower()


def rename(who: Person, family: str, since: date) -> None:
    """Give her another surname; from that day on a new address takes the place of the old one."""
    old = who.email
    before = address(who)
    who.family = family
    who.identities = [each for each in who.identities if each.home is not None]
    who.identities.append(Identity(kind="mbox", value=old or before, until=since))
    who.identities.append(Identity(kind="mbox", value=address(who), since=since))
