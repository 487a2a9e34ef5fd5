"""The straight count of meetings, and of what people did: by going through all facts again for each question."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from projections.facts.fact import Fact, Kind
from tests.projections.cohort_participation.straight_days import DAYS, Days, Named, ratio, remembered


class Deeds(Days):
    """Meetings, talk and learning."""

    # Meetings

    def start_of(self, fact: Fact) -> datetime | None:
        said = fact.data.get("planned_start")
        at = datetime.fromisoformat(said) if isinstance(said, str) else None
        return None if at is None or abs((at - fact.observed_at).days + 0.5) > 400 else at

    @remembered
    def meetings(self, cohort: str) -> list[Named]:
        org = self.reference.cohorts[cohort].org
        groups: dict[tuple[str, str], list[Fact]] = {}
        for fact in self.facts:
            if not fact.kind.startswith("session.") or fact.cohort != cohort:
                continue
            if self.reference.local_date(fact.observed_at, org) > self.as_of:
                continue
            is_plan = fact.kind in (Kind.SESSION_SCHEDULED, Kind.SESSION_CANCELLED)
            at = (self.start_of(fact) if is_plan else None) or fact.observed_at
            year = self.year(org, self.reference.local_date(at, org))
            groups.setdefault((str(fact.session), year), []).append(fact)
        found = [self.meeting(cohort, key, year, facts) for (key, year), facts in groups.items()]
        return sorted((each for each in found if each), key=lambda each: (each["start_at"], each["session_key"]))

    def meeting(self, cohort: str, key: str, year: str, facts: Sequence[Fact]) -> Named:
        org = self.reference.cohorts[cohort].org
        came = [fact for fact in facts if fact.kind == Kind.SESSION_ATTENDED]
        plans = [fact for fact in facts if fact.kind in (Kind.SESSION_SCHEDULED, Kind.SESSION_CANCELLED)]
        if not came and not plans:
            return {}
        planned = self.planned(plans)
        start_at = came[0].observed_at if came else planned or plans[0].observed_at
        day = self.reference.local_date(start_at, org)
        people = {self.subject(fact) for fact in came}
        members, leads = (
            {who for who in self.everybody(cohort) if self.is_in(cohort, who, day, role)}
            for role in ("member", "facilitator")
        )
        led = self.told([fact for fact in facts if fact.other])
        said = self.told([fact for fact in facts if fact.data.get("modality")])
        return {
            "cohort_id": cohort,
            "org_id": org,
            "session_key": key,
            "period_id": year,
            "period_ids": self.ids(org, day),
            "start_at": start_at,
            "local_date": day,
            "minutes": self.length(facts),
            "modality": said.data["modality"] if said else None,
            "status": "held" if came else "cancelled" if plans[-1].kind == Kind.SESSION_CANCELLED else "scheduled",
            "planned_start": planned,
            "was_planned": bool(plans),
            "expected": len(members),
            "attended": len(members & people),
            "guests": len(people - members - leads),
            "attendance_rate": ratio(len(members & people), len(members)) if came else None,
            "facilitator_id": self.who(str(led.other), led) if led else min(leads) if len(leads) == 1 else None,
            "statement_ids": list(dict.fromkeys(fact.statement for fact in facts)),
            "people": {who: min(f.observed_at for f in came if self.subject(f) == who) for who in people},
            "members": members,
        }

    def planned(self, plans: Sequence[Fact]) -> datetime | None:
        starts = [self.start_of(fact) for fact in plans if fact.kind == Kind.SESSION_SCHEDULED and self.start_of(fact)]
        return (starts or [self.start_of(fact) for fact in plans if self.start_of(fact)] or [None])[-1]

    def told(self, facts: Sequence[Fact]) -> Fact | None:
        """The first of those who came, else the last of the others."""
        came = [fact for fact in facts if fact.kind == Kind.SESSION_ATTENDED]
        return next(iter(came), facts[-1] if facts else None)

    def length(self, facts: Sequence[Fact]) -> float | None:
        stays = []
        present = [fact for fact in facts if fact.kind in (Kind.SESSION_ATTENDED, Kind.SESSION_LEFT)]
        for who in {self.subject(fact) for fact in present}:
            mine = [fact for fact in present if self.subject(fact) == who]
            reported = [fact.minutes for fact in mine if fact.minutes]
            if reported:
                stays.append(max(reported))
                continue
            total, since = 0.0, None
            for fact in mine:
                if fact.kind == Kind.SESSION_ATTENDED:
                    since = since or fact.observed_at
                elif since is not None:
                    spent = (fact.observed_at - since).total_seconds() / 60
                    total += spent if spent <= 24 * 60 else 0
                    since = None
            if total:
                stays.append(total)
        return round(max(stays), 3) if stays else None

    # What people did

    @remembered
    def deeds(self, cohort: str, who: str, period: str, kind: Kind) -> list[Fact]:
        """The facts of hers in a period that bear on the cohort, of days on which she takes part."""
        org = self.reference.cohorts[cohort].org
        found = []
        for fact in self.facts:
            if fact.kind != kind or self.subject(fact) != who or self.day(fact) > self.as_of:
                continue
            day = self.day(fact)
            if period not in self.ids(org, day) or not self.takes_part(cohort, who, day):
                continue
            if kind in (Kind.SHARE, Kind.PEER) and fact.cohort not in (None, cohort):
                continue
            if fact.cohort != cohort and not self.rostered_in(cohort, who, self.year(org, day)):
                continue
            found.append(fact)
        return found

    @remembered
    def after(self, org: str | None, since: date) -> list[str]:
        """The school year of a day, and three more."""
        return list(dict.fromkeys(self.year(org, day) for day in DAYS if day >= since))[:4]

    @remembered
    def root(self, cohort: str, reply: Fact) -> tuple[bool, str | None]:
        """Whether a reply is talk of this cohort, and the author of its thread if that is somebody of the cohort."""
        org = self.reference.cohorts[cohort].org
        here = self.year(org, self.day(reply))
        known = []
        for fact in self.facts:
            if fact.kind != Kind.SHARE or self.day(fact) > self.as_of:
                continue
            who = self.subject(fact)
            later = self.after(org, self.day(fact))
            is_read = fact.cohort == cohort and "statements" in self.source
            if here in later and who in self.of_year(cohort, here) and (is_read or self.rostered_in(cohort, who, here)):
                known.append(fact)
        roots = [fact for fact in known if reply.thread in (fact.thread, fact.statement) and reply.thread]
        roots = roots or [fact for fact in known if reply.refers_to and reply.refers_to == fact.statement]
        if roots:
            if roots[0].cohort not in (None, cohort):
                return False, None
            author = self.subject(roots[0])
        elif reply.other:
            author = self.who(reply.other, reply)
        else:
            return reply.cohort is not None, None
        if not self.takes_part(cohort, author, self.day(reply)):
            return reply.cohort is not None, None
        return True, author

    @remembered
    def of_year(self, cohort: str, year: str) -> set[str]:
        org = self.reference.cohorts[cohort].org
        days = self.days_of(org, year)
        return {who for who in self.everybody(cohort) if any(self.takes_part(cohort, who, day) for day in days)}

    @remembered
    def talk(self, cohort: str, period: str, state: str) -> list[tuple[str, str | None, Fact]]:
        """(writer, author or None, fact) of each reply or reaction in a period."""
        found = []
        for who in self.everybody(cohort):
            for fact in self.deeds(cohort, who, period, Kind.PEER):
                is_ours, author = self.root(cohort, fact)
                if is_ours and fact.data["state"] == state:
                    found.append((who, author, fact))
        return found

    @remembered
    def ties(self, cohort: str, period: str) -> set[tuple[str, str, bool, bool]]:
        """(i, j, whether i is a member, whether j is) on the day of a reply."""
        found = set()
        for state in ("reply", "reaction"):
            for i, j, fact in self.talk(cohort, period, state):
                day = self.day(fact)
                if j is not None and j != i and state in self.reference.policy(day).ties.kinds:
                    members = (self.is_in(cohort, i, day, "member"), self.is_in(cohort, j, day, "member"))
                    found.add((i, j, *members))
        return found

    def spent(self, learned: Sequence[Fact]) -> list[Fact]:
        """Those facts whose minutes count."""
        groups: dict[Any, list[Fact]] = {}
        for fact in learned:
            if fact.minutes:
                groups.setdefault((fact.unit, fact.session or self.day(fact)), []).append(fact)
        chosen = []
        for facts in groups.values():
            reported = [fact for fact in facts if fact.data["state"] == "time"] or facts
            chosen.append(max(reported, key=lambda fact: fact.minutes or 0))
        return chosen

    @remembered
    def learning(self, cohort: str, who: str, period: str) -> Named:
        """Sessions of a unit are told apart in the school year, then dated."""
        org = self.reference.cohorts[cohort].org
        days = self.days_of(org, period)
        whole = self.deeds(cohort, who, self.year(org, days[0]), Kind.LEARN)
        spent = [fact for fact in self.spent(whole) if period in self.ids(org, self.day(fact))]
        mine = self.deeds(cohort, who, period, Kind.LEARN)
        completed = {fact.unit for fact in mine if fact.data["state"] == "completed" and fact.unit}
        done = {fact.unit for fact in mine if fact.data["state"] in ("completed", "waived") and fact.unit}
        # Minutes of a unit are known from what is counted in the period.
        counted = spent + [fact for fact in mine if fact.data["state"] in ("completed", "waived")]
        timed = {fact.unit for fact in counted if fact.minutes}
        minutes = round(sum(fact.minutes or 0 for fact in spent), 3)
        return {"minutes": minutes, "done": done, "completed": completed, "timed": timed & completed}
