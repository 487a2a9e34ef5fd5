"""The records that a roster makes under a policy: people, posts, cohorts, memberships, pairs, terms and identifiers."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Final, Literal, TypeVar

import msgspec

from lrs.reference import identities
from lrs.reference.identities import normal
from lrs.reference.model import Assignment, Cohort, Interval, Link, Membership, Org, Period, Person, Post
from lrs.reference.oneroster import IRI, KIND, ORG, PD, PLAN, TARGET, TIMEZONE, Cells
from lrs.reference.policy import Policy
from lrs.reference.roster import Roster, Span, Spans
from lrs.reference.table import several

LEARNERS: Final = frozenset({"student", "learner", "member", "educator"})
LEADERS: Final = frozenset({"teacher", "coach", "facilitator", "instructor", "mentor"})
# Columns of ours that say what a row is, and are not what people are compared by.
NOT_DIMENSIONS: Final = frozenset({IRI, KIND, ORG, PLAN, TARGET, TIMEZONE})

I = TypeVar("I", bound=Interval)  # noqa: E741


class Rostered:
    """The records of a roster, each kind when it is asked for."""

    def __init__(self, roster: Roster, policy: Policy) -> None:
        self._roster = roster
        self._policy = policy
        self._ended = {file: _ends(roster, file) for file in ("users", "classes")}

    def orgs(self) -> tuple[Org, ...]:
        """Organisations, those that are gone too: what was done there was done there."""
        return tuple(
            Org(
                id=id_, name=span.cells["name"], kind=span.cells["type"],
                parent=span.cells.get("parentSourcedId"), timezone=span.cells.get(TIMEZONE),
            )
            for id_, span in self._roster.last("orgs").items()
        )  # fmt: skip

    def people(self) -> tuple[Person, ...]:
        """Everybody who ever was in the roster, as she was last."""
        return tuple(person(id_, span.cells) for id_, span in self._roster.last("users").items())

    def posts(self) -> tuple[Post, ...]:
        """Who worked where as what: of roles.csv, and of users.csv for those who are not in it."""
        found = list(self._posts_of_roles())
        known = {post.person for post in found}
        for id_, spans in self._roster.rows("users").items():
            if id_ not in known:
                found += self._posts_of_user(id_, spans)
        return joined(found)

    def _posts_of_roles(self) -> Iterator[Post]:
        homes = {id_: span.cells.get("primaryOrgSourcedId") for id_, span in self._roster.last("users").items()}
        for spans in self._roster.rows("roles").values():
            for number, span in enumerate(spans):
                cells = span.cells
                who, org = cells["userSourcedId"], cells["orgSourcedId"]
                role = self._policy.role(cells["role"])
                primary = org == homes[who] if homes.get(who) else cells.get("roleType") == "primary"
                interval = self._interval(span, number, self._ended["users"].get(who))
                if role and interval is not None:
                    yield Post(
                        person=who, org=org, role=role, primary=primary, since=interval.since, until=interval.until
                    )  # fmt: skip

    def _posts_of_user(self, id_: str, spans: Spans) -> Iterator[Post]:
        for number, span in enumerate(spans):
            cells = span.cells
            orgs = several(cells.get("orgSourcedIds", "")) or several(cells.get("primaryOrgSourcedId", ""))
            home = cells.get("primaryOrgSourcedId") or (orgs[0] if orgs else None)
            role = self._policy.role(cells["role"]) if "role" in cells else ""
            interval = self._interval(span, number)
            if interval is None or (not role and "role" in cells):
                continue
            for org in orgs:
                yield Post(
                    person=id_, org=org, role=role, primary=org == home, since=interval.since, until=interval.until
                )  # fmt: skip

    def cohorts(self) -> tuple[Cohort, ...]:
        """Classes that are cohorts, those that are gone too."""
        return tuple(
            Cohort(
                id=id_, title=span.cells["title"], org=span.cells.get("schoolSourcedId", ""),
                iris=several(span.cells.get(IRI, "")), plan=span.cells.get(PLAN),
                target_interval_days=_target(span.cells),
            )
            for id_, span in self._roster.last("classes").items() if span.cells.get(KIND) == "cohort"
        )  # fmt: skip

    def memberships(self) -> tuple[Membership, ...]:
        """Who was in which cohort, as what, and when."""
        return joined(
            Membership(cohort=class_, person=who, role=role, since=interval.since, until=interval.until)
            for class_, role, who, interval in self._enrolled("cohort")
        )

    def assignments(self) -> tuple[Assignment, ...]:
        """Each who leads a caseload with each who is in it, while both are."""
        classes: dict[str, dict[str, list[tuple[str, Interval]]]] = defaultdict(lambda: defaultdict(list))
        for class_, role, who, interval in self._enrolled("caseload"):
            classes[class_][role].append((who, interval))
        return joined(
            pair for class_, roles in classes.items() for leads in roles["facilitator"] for learns in roles["member"]
            for pair in self._pairs(class_, leads, learns)
        )  # fmt: skip

    def _pairs(self, class_: str, leads: tuple[str, Interval], learns: tuple[str, Interval]) -> Iterator[Assignment]:
        """One who leads a caseload with one who is in it; a new target begins a new assignment."""
        for number, span in enumerate(self._roster.rows("classes")[class_]):
            holds = Interval(since=span.since if number else None, until=span.until)
            both = _both(_both(leads[1], learns[1]), holds)
            if leads[0] != learns[0] and both is not None:
                yield Assignment(
                    coach=leads[0], educator=learns[0], plan=span.cells.get(PLAN),
                    target_interval_days=_target(span.cells), since=both.since, until=both.until,
                )  # fmt: skip

    def listed(self) -> tuple[Assignment, ...]:
        """Who is to coach whom by assignments.csv."""
        return tuple(
            Assignment(
                coach=span.cells["coach"], educator=span.cells["educator"], plan=span.cells.get("plan"),
                target_interval_days=_target(span.cells, "targetIntervalDays"),
                since=interval.since, until=interval.until,
            )
            for spans in self._roster.rows("assignments").values() for number, span in enumerate(spans)
            if (interval := self._interval(span, number)) is not None
        )  # fmt: skip

    def _enrolled(self, kind: str) -> Iterator[tuple[str, Literal["member", "facilitator"], str, Interval]]:
        classes = {id_ for id_, span in self._roster.last("classes").items() if span.cells.get(KIND) == kind}
        for spans in self._roster.rows("enrollments").values():
            for number, span in enumerate(spans):
                class_, who = span.cells["classSourcedId"], span.cells["userSourcedId"]
                role = _role(span.cells["role"])
                ended = (self._ended["users"].get(who), self._ended["classes"].get(class_))
                interval = self._interval(span, number, *ended) if class_ in classes and role else None
                if interval is not None and role:
                    yield class_, role, who, interval

    def periods(self) -> tuple[Period, ...]:
        """School years and terms, for everybody or for the organisations that `metadata.pd.org` names."""
        found: list[Period] = []
        for id_, spans in self._roster.rows("academicSessions").items():
            cells = spans[-1].cells
            is_term = cells["type"] in self._policy.periods.terms
            if spans[-1].until is not None or not (is_term or cells["type"] == "schoolYear"):
                continue
            orgs = several(cells.get(ORG, "")) or (None,)
            found += [
                Period(
                    id=id_ if len(orgs) == 1 else f"{id_}@{org}", org=org, kind="term" if is_term else "schoolYear",
                    title=cells["title"], since=day(cells.get("startDate")), until=self._end(cells.get("endDate")),
                )
                for org in orgs
            ]  # fmt: skip
        return tuple(found)

    def links(self) -> tuple[Link, ...]:
        """The identifiers that the roster ever told of; one that moved on was each one's in her time."""
        holders: dict[str, list[tuple[str, Span]]] = defaultdict(list)
        written: dict[str, str] = {}
        for id_, spans in self._roster.rows("users").items():
            for span in spans:
                for ifi in identities.of_roster(person(id_, span.cells), self._policy.identities):
                    holders[normal(ifi)].append((id_, span))
                    written.setdefault(normal(ifi), ifi)
        return tuple(link for ifi, held in holders.items() for link in _links(written[ifi], held))

    def _interval(self, span: Span, number: int, *ended: date | None) -> Interval | None:
        """When what a row said held, by its dates and by the exports; None where it never did."""
        since = day(span.cells.get("beginDate"))
        if number and span.since is not None:
            since = max(since or span.since, span.since)
        ends = [each for each in (self._end(span.cells.get("endDate")), span.until, *ended) if each is not None]
        until = min(ends, default=None)
        since = since or span.since
        return None if since and until and since >= until else Interval(since=since, until=until)

    def _end(self, text: str | None) -> date | None:
        return until(text, self._policy)


def person(id_: str, cells: Cells) -> Person:
    """The person of a row of users.csv."""
    return Person(
        id=id_, given_name=cells.get("givenName", ""), family_name=cells.get("familyName", ""),
        email=cells.get("email"), username=cells.get("username"), identifier=cells.get("identifier"),
        dimensions={
            column.removeprefix(PD): text for column, text in cells.items()
            if column.startswith(PD) and column not in NOT_DIMENSIONS
        },
    )  # fmt: skip


def day(text: str | None) -> date | None:
    """The day that a checked cell names."""
    return date.fromisoformat(text) if text else None


def until(text: str | None, policy: Policy) -> date | None:
    """The first day after what ends on the day of a cell, by the policy's `dates.end`."""
    found = day(text)
    return found + timedelta(1) if found and policy.dates.end == "inclusive" and found < date.max else found


def _role(role: str) -> Literal["member", "facilitator"] | None:
    role = role.lower()
    return "member" if role in LEARNERS else "facilitator" if role in LEADERS else None


def _target(cells: Cells, column: str = TARGET) -> int | None:
    return int(cells[column]) if column in cells else None


def _ends(roster: Roster, file: str) -> Mapping[str, date]:
    return {id_: span.until for id_, span in roster.last(file).items() if span.until is not None}


def joined(records: Iterable[I]) -> tuple[I, ...]:
    """The records, where those that say the same and overlap or follow at once are one."""
    groups: dict[I, list[I]] = defaultdict(list)
    for each in records:
        groups[msgspec.structs.replace(each, since=None, until=None)].append(each)
    return tuple(each for group in groups.values() for each in _run(group))


def _run(group: list[I]) -> list[I]:
    if len(group) == 1:
        return group
    found: list[I] = []
    for each in sorted(group, key=lambda one: one.since or date.min):
        last = found[-1].until if found else date.min
        if found and (last is None or each.since is None or each.since <= last):
            end = None if last is None or each.until is None else max(last, each.until)
            found[-1] = msgspec.structs.replace(found[-1], until=end)
        else:
            found.append(each)
    return found


def _both(one: Interval | None, other: Interval) -> Interval | None:
    if one is None:
        return None
    since = max((each.since for each in (one, other) if each.since is not None), default=None)
    until_ = min((each.until for each in (one, other) if each.until is not None), default=None)
    return None if since and until_ and since >= until_ else Interval(since=since, until=until_)


def _links(ifi: str, held: Sequence[tuple[str, Span]]) -> Iterable[Link]:
    """Links of one identifier: for ever where it only ever was one person's, else handed on.

    Who has it while another one still does gets it when that one's line ends; of two who have had it from the same
    day, neither has it.
    """
    if len({who for who, _ in held}) == 1:
        return [Link(person=held[0][0], ifi=ifi)]
    ordered = sorted(held, key=lambda each: (each[1].since or date.min, each[0]))
    found: list[Link] = []
    free: date | None = None
    for who, span in ordered:
        if found and found[-1].person == who:
            free = span.until
        elif not found:
            found.append(Link(person=who, ifi=ifi))
            free = span.until
        elif free is not None:
            since = max(free, span.since or free)
            found[-1] = msgspec.structs.replace(found[-1], until=since)
            found.append(Link(person=who, ifi=ifi, since=since))
            free = span.until
    return () if _tied(ordered) else found


def _tied(ordered: Sequence[tuple[str, Span]]) -> bool:
    """Whether the first two who had it began together."""
    first = [who for who, span in ordered if span.since == ordered[0][1].since]
    return len(set(first)) > 1
