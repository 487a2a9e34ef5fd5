"""The district as OneRoster 1.2 files, and the other files of reference data."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from lrs.simulation.district import TITLES, District, Pair
from lrs.simulation.people import Person, Post

ROLES: Final = {
    "educator": "teacher",
    "coach": "coach",
    "principal": "principal",
    "facilitator": "facilitator",
}
FILES: Final = (
    "academicSessions", "categories", "classes", "classResources", "courses", "courseResources", "demographics",
    "enrollments", "lineItems", "orgs", "resources", "results", "roles", "userProfiles", "users",
)  # fmt: skip
Row = Sequence[object]


def table(head: str, rows: Iterable[Row]) -> str:
    """CSV with a head, None as an empty cell."""
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\r\n")
    write.writerow(head.split(","))
    write.writerows(rows)
    return out.getvalue()


def files(district: District) -> dict[str, str]:
    """The roster: the text of each file by its name."""
    found = {
        "orgs": _orgs(district),
        "academicSessions": _sessions(district),
        "users": _users(district),
        "roles": _roles(district),
        "classes": _classes(district),
        "enrollments": _enrollments(district),
    }
    return {"manifest.csv": _manifest(set(found)), **{f"{name}.csv": text for name, text in found.items()}}


def _manifest(there: set[str]) -> str:
    rows = [("manifest.version", "1.0"), ("oneroster.version", "1.2")]
    rows += [(f"file.{name}", "bulk" if name in there else "absent") for name in FILES]
    rows += [("source.systemName", "Daybook simulation"), ("source.systemCode", "simulation")]
    return table("propertyName,value", rows)


def _orgs(district: District) -> str:
    rows: list[Row] = [(name, "", "", title, "district", name, "") for name, title in TITLES.items()]
    rows += [(each.id, "", "", each.name, "school", each.id, each.district) for each in district.schools]
    return table("sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId", rows)


def _sessions(district: District) -> str:
    rows = [
        (each.id, "", "", each.title, each.kind, each.since, each.until, each.parent, each.year)
        for each in district.calendar.terms()
    ]
    return table("sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear", rows)


def _users(district: District) -> str:
    head = (
        "sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,identifier,"
        "email,sms,phone,agentSourcedIds,grades,password,userMasterIdentifier,resourceSourcedIds,preferredGivenName,"
        "preferredMiddleName,preferredFamilyName,primaryOrgSourcedId,pronouns,metadata.pd.teachingSince,"
        "metadata.pd.level,metadata.pd.subject"
    )
    return table(head, [_user(each) for each in district.people])


def _user(who: Person) -> Row:
    return (
        who.id, "", "", "true", who.id, "", who.given, who.family, "", who.id, who.email, "", "", "", "", "", who.id,
        "", "", "", "", who.posts[-1].org, "", who.teaching_since, who.level, who.subject,
    )  # fmt: skip


def _roles(district: District) -> str:
    rows = [
        (f"{who.id}-r{index}", "", "", who.id, "primary", ROLES[post.role], post.since, post.until, post.org, "")
        for who in district.people
        for index, post in enumerate(who.posts)
    ]
    head = (
        "sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,"
        "userProfileSourcedId"
    )
    return table(head, rows)


def _caseloads(district: District) -> dict[tuple[str, int], list[Pair]]:
    found: dict[tuple[str, int], list[Pair]] = {}
    for pair in district.pairs:
        found.setdefault((pair.coach.id, pair.target), []).append(pair)
    return found


def _classes(district: District) -> str:
    head = (
        "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,"
        "termSourcedIds,subjects,subjectCodes,periods,metadata.pd.kind,metadata.pd.plan,"
        "metadata.pd.targetIntervalDays,metadata.pd.iri"
    )
    terms = ",".join(each.id for each in district.calendar.terms() if each.kind == "schoolYear")
    rows: list[Row] = [
        (each.id, "", "", each.title, "", "", each.id, "scheduled", "", each.org, terms, "", "", "", "cohort",
         each.kind, each.every, each.iri)
        for each in district.cohorts
    ]  # fmt: skip
    for (coach, target), pairs in _caseloads(district).items():
        who = pairs[0].coach
        rows.append(
            (_caseload(coach, target), "", "", f"Caseload of {who.given} {who.family}, {target} days", "", "",
             _caseload(coach, target), "scheduled", "", who.posts[0].org, terms, "", "", "", "caseload", "", target, "")
        )  # fmt: skip
    return table(head, rows)


def _caseload(coach: str, target: int) -> str:
    return f"caseload-{coach}-{target}"


def _enrollments(district: District) -> str:
    rows: list[Row] = []

    def enrol(class_: str, school: str, who: str, role: str, since: date | None, until: date | None) -> None:
        rows.append((f"enr-{len(rows) + 1:05}", "", "", class_, school, who, role, "false", since, until))

    for cohort in district.cohorts:
        enrol(cohort.id, cohort.org, cohort.facilitator.id, "teacher", district.calendar.first, None)
        for member in cohort.members:
            enrol(cohort.id, cohort.org, member.person.id, "student", member.since, member.until)
    for (coach, target), pairs in _caseloads(district).items():
        post: Post = pairs[0].coach.posts[-1]
        enrol(_caseload(coach, target), post.org, coach, "teacher", post.since, post.until)
        for pair in pairs:
            enrol(_caseload(coach, target), post.org, pair.educator.id, "student", pair.since, pair.until)
    head = (
        "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate"
    )
    return table(head, rows)


def calendar(district: District) -> str:
    """Breaks of the districts, and leave of persons: `to` is the first day after."""
    spans = [each for name in TITLES for each in district.calendar.breaks[name]]
    rows: list[Row] = [(each.district, each.since, each.until, each.kind, "") for each in spans]
    rows += [
        ("", each.leave.since, each.leave.until, each.leave.kind, each.person.id)
        for each in district.educators.values()
        if each.leave is not None
    ]
    return table("org,from,to,kind,person", rows)


def identities(district: District) -> str:
    """Who is meant by which identifier, and when."""
    rows = [
        (who.id, each.kind, each.value, each.home, each.since, each.until)
        for who in district.people
        for each in who.identities
    ]
    return table("person_sourcedId,ifi_type,value,homePage,from,to", rows)


def alignments(district: District) -> str:
    """On which criteria the units of Alder bear, whose statements do not say so."""
    rows = [(unit.iri, each.id) for unit in district.units if not unit.says for each in unit.named]
    return table("activity_id,criterion_id", rows)


def policy() -> str:
    """What both districts decided; the rest is the default."""
    return (
        "timezone:\n"
        "  alder: America/Los_Angeles\n"
        "  birch: America/Chicago\n"
        '  "*": America/Chicago\n'
        "cadence:\n"
        "  default_target: 28\n"
        "  grace: 3\n"
        "mastery:\n"
        "  method: standard_decaying_average\n"
        "  int: 65\n"
        "  counts: [coach, evaluator]\n"
    )
