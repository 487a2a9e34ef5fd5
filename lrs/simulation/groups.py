"""Who learns with whom and who coaches whom, with what changes over the years, and what is planted to be found."""

from datetime import date, timedelta
from typing import Final
from uuid import UUID, uuid5

from lrs.simulation import people
from lrs.simulation.calendar import Calendar
from lrs.simulation.chance import Chance
from lrs.simulation.district import (
    COACHED,
    COACHES,
    SHARE,
    TITLES,
    Cohort,
    District,
    Educator,
    Hiring,
    Member,
    Pair,
    School,
    educators,
    schools,
    units,
)
from lrs.simulation.people import Person, Post

NAMESPACE: Final = UUID("0c8f6f0e-9f0b-5b5e-8d9f-3b1f0d5a7c22")
ENDS: Final = (12, 15, 22)
LEAVERS: Final = (0, 1, 1)


def settle(seed: int, scale: float, years: int) -> District:
    """The districts of a seed, ready for their first day."""
    calendar = Calendar(years)
    chance = Chance(seed, "people")
    hiring = Hiring(chance, calendar.first)
    places = schools(scale)
    staff = educators(chance, hiring, places, calendar)
    found = District(
        seed=seed, scale=scale, calendar=calendar, schools=places, people=hiring.people, educators=staff,
        cohorts=[], pairs=[], units=units(chance, scale), planted={},
    )  # fmt: skip
    for school in places:
        _principal(found, hiring, school)
    _coaching(found, hiring, chance)
    _plant(found)
    _turnover(found, hiring, chance)
    _moves(found, Chance(seed, "moves"))
    for school in places:
        _plcs(found, hiring, school, Chance(seed, "plc", school.id))
    _network(found, hiring, Chance(seed, "network"))
    _renames(found, Chance(seed, "names"))
    return found


def _principal(district: District, hiring: Hiring, school: School) -> None:
    hiring.hire(school.district, school.id, "principal")


def begin(calendar: Calendar, year: int) -> date:
    """The day on which the work of a school year begins."""
    return date(year, 8, 16)


def _plcs(district: District, hiring: Hiring, school: School, chance: Chance) -> None:
    """Four groups in each school (three in the last of Alder), who are where they are as of each day."""
    facilitator = hiring.hire(school.district, school.id, "facilitator")
    alders = [each for each in district.schools if each.district == "alder"]
    count = 3 if school is alders[-1] else 4
    groups: list[list[Member]] = [[] for _ in range(count)]
    first = begin(district.calendar, district.calendar.first_year)
    here = [each for each in district.educators.values() if any(post.org == school.id for post in each.person.posts)]
    for index, educator in enumerate(here):
        for post in educator.person.posts:
            if post.org == school.id:
                groups[index % count].append(
                    Member(person=educator.person, since=max(first, post.since), until=post.until)
                )
    for index, members in enumerate(groups):
        id_ = f"{school.id}-plc{index + 1}"
        district.cohorts.append(
            Cohort(
                id=id_, title=f"{school.name}, group {index + 1}", kind="plc", district=school.district, org=school.id,
                iri=_iri(school.district, id_), every=14, facilitator=facilitator, members=members,
                lapses=date(district.calendar.end.year, 1, 5) if id_ == "birch-s001-plc1" else None,
            )
        )  # fmt: skip


def _iri(district: str, id_: str) -> str:
    if district == "alder":
        return f"{people.HOMES['alder']}/group/{id_}"
    return f"https://groups.birch.example.org/{uuid5(NAMESPACE, id_)}"


def _network(district: District, hiring: Hiring, chance: Chance) -> None:
    """The network across both districts: 8 founders, 16 join, 2 leave; 12, 15 and 22 at the end of each year."""
    calendar = district.calendar
    steady = [each.person for each in district.educators.values() if not each.moves and each.leave is None]
    crowd = chance.some(8 + sum(ENDS), steady)
    first = begin(calendar, calendar.first_year)
    members = [Member(person=crowd.pop(), since=first) for _ in range(8)]
    for index, year in enumerate(calendar.years):
        leavers = LEAVERS[index] if index < len(LEAVERS) else 1
        for member in chance.some(leavers, [each for each in members if each.until is None and each.since < first]):
            member.until = date(year, 10, 1) + timedelta(days=chance.whole(0, 80))
        staying = sum(each.until is None for each in members)
        wanted = ENDS[min(index, len(ENDS) - 1)]
        members.extend(
            Member(person=crowd.pop(), since=date(year, 9, 10) + timedelta(days=chance.whole(0, 240)))
            for _ in range(wanted - staying)
        )
        first = date(year + 1, 8, 1)
    facilitator = hiring.hire("birch", "birch", "facilitator")
    district.planted["network_facilitator"] = facilitator.id
    district.cohorts.append(
        Cohort(
            id="network", title="Two Coasts Network", kind="network", district="birch", org="birch",
            iri=_iri("birch", "network"), every=61, facilitator=facilitator, members=members,
        )
    )  # fmt: skip


def _coaching(district: District, hiring: Hiring, chance: Chance) -> None:
    for name in TITLES:
        own = [each for each in district.educators.values() if each.person.district == name]
        share = len([each for each in district.schools if each.district == name])
        coaches = [hiring.hire(name, name, "coach") for _ in range(round(COACHES[name] * share / SHARE[name]))]
        coached = [each for each in own if chance.happens(COACHED[name])]
        _assign(district, chance, coaches, chance.some(len(coached), coached))


def _assign(district: District, chance: Chance, coaches: list[Person], coached: list[Educator]) -> None:
    """The first coach of Birch gets 28 educators who stay, the others share the rest unevenly; a few get a second."""
    room = [chance.between(0.7, 1.3) for _ in coaches]
    if coaches[0].district == "birch":
        room[0] = 0.0
    tempo = {coach.id: chance.lognormal(0.12, 0.3) + 0.9 for coach in coaches}
    calendar = district.calendar
    for index, educator in enumerate(coached):
        heavy = room[0] == 0.0 and index < 28
        coach = coaches[0] if heavy else coaches[chance.weighted(room)]
        late = 0 if heavy or not chance.happens(0.1) else chance.whole(0, len(calendar.years) - 1)
        since = begin(calendar, calendar.first_year + late)
        _pair(district, coach, educator, since, tempo[coach.id] * (1.5 if heavy else 1.0))
        if not heavy and chance.happens(0.03):
            second = chance.pick([each for each in coaches if each is not coach and room[coaches.index(each)]])
            _pair(district, second, educator, since, 1.6)
    if room[0] == 0.0:
        district.planted["overloaded_coach"] = coaches[0].id


def _pair(district: District, coach: Person, educator: Educator, since: date, tempo: float) -> None:
    taught = educator.person.teaching_since or since
    target = 14 if (since - taught).days < 3 * 365 else 28
    district.pairs.append(
        Pair(number=len(district.pairs), coach=coach, educator=educator.person, target=target, since=since,
             gap=tempo * educator.school.gap)
    )  # fmt: skip


def _turnover(district: District, hiring: Hiring, chance: Chance) -> None:
    """A tenth of the coaches leave each winter; in Birch the one who comes gets the account of the one who left."""
    stay = {district.planted["overloaded_coach"], district.planted["overdue_coach"]}
    coaches = [each for each in district.people if each.posts[0].role == "coach" and each.id not in stay]
    for year in district.calendar.years:
        day = date(year + 1, 1, 10)
        for old in chance.some(max(1, round(len(coaches) / 10)), coaches):
            coaches.remove(old)
            new = hiring.hire(old.district, old.district, "coach", since=day)
            old.posts[-1] = Post(org=old.district, role="coach", since=old.posts[-1].since, until=day)
            if old.district == "birch":
                _recycle(old, new, day)
            for pair in [each for each in district.pairs if each.coach is old and each.until is None]:
                if pair.since >= day:
                    pair.coach = new
                    continue
                pair.until = day
                district.pairs.append(
                    Pair(number=len(district.pairs), coach=new, educator=pair.educator, target=pair.target, since=day,
                         gap=pair.gap)
                )  # fmt: skip


def _recycle(old: Person, new: Person, day: date) -> None:
    account = old.identities[0]
    old.identities[0] = people.Identity(kind="account", value=account.value, home=account.home, until=day)
    new.identities[0] = people.Identity(kind="account", value=account.value, home=account.home, since=day)


def _plant(district: District) -> None:
    """An educator of Alder who is not seen from February to April of the last year."""
    year = district.calendar.end.year
    counts: dict[str, int] = {}
    for pair in district.pairs:
        counts[pair.educator.id] = counts.get(pair.educator.id, 0) + 1
    lone = next(
        each for each in district.pairs
        if each.educator.district == "alder" and counts[each.educator.id] == 1 and each.until is None
        and each.since.year == district.calendar.first_year and district.educators[each.educator.id].leave is None
    )  # fmt: skip
    lone.silent = (date(year, 1, 25), date(year, 5, 1))
    lone.gap = 0.9
    district.planted |= {
        "overdue_educator": lone.educator.id, "overdue_coach": lone.coach.id, "neglected_school": "birch-s002",
        "growing_school": "birch-s001", "growing_criterion": "3b", "lapsed_cohort": "birch-s001-plc1",
        "network": "network",
    }  # fmt: skip


def _moves(district: District, chance: Chance) -> None:
    """Three in a hundred move to another school of their district each year, half of them in the middle of it."""
    keep = {"birch-s001", "birch-s002", "alder-s001"}
    for year in district.calendar.years:
        for educator in list(district.educators.values()):
            if educator.moves or educator.school.id in keep or not chance.happens(0.03):
                continue
            own = educator.person.district
            others = [each for each in district.schools if each.district == own and each.id not in keep
                      and each is not educator.school]  # fmt: skip
            if not others:
                continue
            day = (
                date(year, 8, 1)
                if chance.happens(0.5) and year > district.calendar.first_year
                else date(year + 1, 1, 7)
            )
            last = educator.person.posts[-1]
            educator.person.posts[-1] = Post(org=last.org, role=last.role, since=last.since, until=day)
            educator.person.posts.append(Post(org=chance.pick(others).id, role="educator", since=day))
            educator.moves = True


def _renames(district: District, chance: Chance) -> None:
    """Some take another surname, and with it an address, in a winter break."""
    for who in district.people:
        if who.posts[0].role == "educator" and chance.happens(0.015 * len(district.calendar.years)):
            people.rename(who, chance.pick(people.FAMILY), date(chance.pick(district.calendar.years), 12, 26))
