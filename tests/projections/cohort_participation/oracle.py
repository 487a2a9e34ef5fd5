"""The straight count: every column of every table, counted the plain slow way."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from statistics import median

from projections.facts.fact import Kind
from tests.projections.cohort_participation.straight_days import DAYS, FIRST, LAST, Named, ratio, remembered
from tests.projections.cohort_participation.straight_followthrough import Followed


class Oracle(Followed):
    """What the tables hold for these facts, through a day."""

    # The tables

    @remembered
    def periods_of(self, cohort: str) -> list[str]:
        """Periods with rows: of the calendar where anybody was in the cohort that year, of any where something was."""
        org = self.reference.cohorts[cohort].org
        found = []
        for year in dict.fromkeys(self.year(org, day) for day in DAYS):
            terms = dict.fromkeys(each for day in self.days_of(org, year) for each in self.ids(org, day))
            held = [each for each in self.meetings(cohort) if each["period_id"] == year]
            if held or (year in self.known and self.of_year(cohort, year)) or self.is_lively(cohort, year):
                found += [each for each in terms if self.days_of(org, each)[0] <= self.as_of]
        return found

    def is_lively(self, cohort: str, year: str) -> bool:
        for who in self.everybody(cohort):
            if any(self.deeds(cohort, who, year, kind) for kind in (Kind.APPLY, Kind.SHARE)):
                return True
            learned = self.deeds(cohort, who, year, Kind.LEARN)
            if any(fact.minutes or (fact.unit and fact.data["state"] in ("completed", "waived")) for fact in learned):
                return True
            if any(self.root(cohort, fact)[0] for fact in self.deeds(cohort, who, year, Kind.PEER)):
                return True
        return False

    def sessions(self) -> list[Named]:
        return [
            {name: value for name, value in each.items() if name not in ("people", "members")}
            for cohort in self.reference.cohorts
            for each in self.meetings(cohort)
        ]

    def members(self) -> list[Named]:
        rows = [
            self.member(cohort, who, period)
            for cohort in self.reference.cohorts
            for period in self.periods_of(cohort)
            for who in self.everybody(cohort)
        ]
        return [row for row in rows if row]

    def stays(self, cohort: str, who: str, role: str) -> list[tuple[date, date]]:
        """Runs of days as [first, day after last), among DAYS."""
        runs: list[tuple[date, date]] = []
        for day in DAYS:
            if self.is_in(cohort, who, day, role):
                if runs and runs[-1][1] == day:
                    runs[-1] = (runs[-1][0], day + timedelta(days=1))
                else:
                    runs.append((day, day + timedelta(days=1)))
        return runs

    @remembered
    def member(self, cohort: str, who: str, period: str) -> Named:
        org = self.reference.cohorts[cohort].org
        days = [day for day in self.days_of(org, period) if day <= self.as_of]
        is_member = any(self.is_in(cohort, who, day, "member") for day in days)
        if not is_member and not any(self.is_in(cohort, who, day, "facilitator") for day in days):
            return {}
        role = "member" if is_member else "facilitator"
        stays = [stay for stay in self.stays(cohort, who, role) if any(stay[0] <= day < stay[1] for day in days)]
        held = [each for each in self.meetings(cohort) if period in each["period_ids"] and each["status"] == "held"]
        mine = [each for each in held if self.takes_part(cohort, who, each["local_date"])]
        came = [each for each in mine if who in each["people"]]
        missed = 0
        for each in mine:
            missed = 0 if who in each["people"] else missed + 1
        return {
            "cohort_id": cohort,
            "person_id": who,
            "period_id": period,
            "role": role,
            "member_from": None if stays[0][0] == FIRST else stays[0][0],
            "member_to": None if stays[-1][1] > LAST else stays[-1][1],
            "sessions_expected": len(mine),
            "sessions_attended": len(came),
            "attendance_rate": ratio(len(came), len(mine)),
            "missed_in_a_row": missed,
            "last_attended_at": max((each["people"][who] for each in came), default=None),
            **self.doings(cohort, who, period, is_present=bool(came)),
        }

    def doings(self, cohort: str, who: str, period: str, *, is_present: bool) -> Named:
        shared = self.deeds(cohort, who, period, Kind.SHARE)
        replies = self.talk(cohort, period, "reply")
        ties = self.ties(cohort, period)
        out = {j for i, j, _, is_member_j in ties if i == who and is_member_j}
        into = {i for i, j, is_member_i, _ in ties if j == who and is_member_i}
        learned = self.learning(cohort, who, period)
        given = [each for each in replies if each[0] == who]
        return {
            "posts": sum(fact.thread is not None for fact in shared),
            "replies_given": len(given),
            "replies_received": sum(j == who and i != who for i, j, _ in replies),
            "reactions_given": sum(i == who for i, _, _ in self.talk(cohort, period, "reaction")),
            "ties_out": len(out),
            "ties_in": len(into),
            "reciprocal_ties": len(out & into),
            "learning_minutes": learned["minutes"],
            "units_completed": len(learned["done"]),
            "applied": len(self.deeds(cohort, who, period, Kind.APPLY)),
            "shared": len(shared),
            "active": is_present or bool(shared or given),
        }

    def participation(self) -> list[Named]:
        return [self.cohort(cohort, period) for cohort in self.reference.cohorts for period in self.periods_of(cohort)]

    def cohort(self, cohort: str, period: str) -> Named:
        rows = [row for row in (self.member(cohort, who, period) for who in self.everybody(cohort)) if row]
        members = [row for row in rows if row["role"] == "member"]
        people = {row["person_id"] for row in members}
        met = [each for each in self.meetings(cohort) if period in each["period_ids"]]
        held = [each for each in met if each["status"] == "held"]
        learned = [self.learning(cohort, row["person_id"], period) for row in members]
        ties = {(i, j) for i, j, _, is_member in self.ties(cohort, period) if i in people and is_member}
        back = {(i, j) for i, j, is_member, _ in self.ties(cohort, period) if is_member}
        returned = [(i, j) for i, j in ties if (j, i) in back]
        replies = [(i, fact) for i, _, fact in self.talk(cohort, period, "reply")]
        replies = [each for each in replies if self.member(cohort, each[0], period)]
        led = [fact for i, fact in replies if self.is_in(cohort, i, self.day(fact), "facilitator")]
        expected, attended = sum(each["expected"] for each in held), sum(each["attended"] for each in held)
        completed = sum(len(each["completed"]) for each in learned)
        n, active = len(members), sum(row["active"] for row in members)
        return {
            "cohort_id": cohort,
            "period_id": period,
            "org_id": self.reference.cohorts[cohort].org,
            "members": n,
            **self.growth(cohort, period),
            "sessions_planned": sum(each["was_planned"] for each in met),
            "sessions_held": len(held),
            "cancelled": sum(each["status"] == "cancelled" for each in met),
            "last_held_on": max((each["local_date"] for each in held), default=None),
            "expected": expected,
            "attended": attended,
            "attendance_rate": ratio(attended, expected),
            "active_members": active,
            "active_rate": ratio(active, n),
            **self.intervals(cohort, period, sorted({each["local_date"] for each in held})),
            "learning_minutes": round(sum(each["minutes"] for each in learned), 3),
            "minutes_known_share": ratio(sum(len(each["timed"]) for each in learned), completed),
            "ties": len(ties),
            "density": ratio(len(ties), n * (n - 1)),
            "reciprocity": ratio(len(returned), len(ties)),
            "isolates": sum(not row["ties_out"] and not row["ties_in"] for row in members),
            "facilitator_share": ratio(len(led), len(replies)),
        }

    @remembered
    def growth(self, cohort: str, period: str) -> Named:
        named = self.reference.period(period)
        assert named.since is not None
        assert named.until is not None
        last = min(named.until - timedelta(days=1), self.as_of)
        since = min(named.since, last)
        days = [since + timedelta(days=n) for n in range((last - since).days + 1)]
        present = {day: {w for w in self.everybody(cohort) if self.is_in(cohort, w, day, "member")} for day in days}
        began = [day for day in DAYS if any(self.is_in(cohort, who, day, "member") for who in self.everybody(cohort))][
            :1
        ]
        first = began[0] if began and since < began[0] <= last else since
        start, end = present.get(first, set()), present.get(last, set())
        overlap = set().union(*(people for day, people in present.items() if day >= first))
        return {
            "members_start": len(start),
            "members_end": len(end),
            "joined": len(overlap - start),
            "left": len(overlap - end),
            "net_growth": len(end) - len(start),
            "retained": len(start & end),
            "retention_rate": ratio(len(start & end), len(start)),
        }

    def intervals(self, cohort: str, period: str, days: Sequence[date]) -> Named:
        known = self.reference.cohorts[cohort]
        paused = [each for each in self.reference.records.pauses if each.person is None]
        mine = [each for each in paused if each.org in (None, *self.reference.ancestors(known.org))]
        gaps, kept = [], []
        for a, b in pairwise(days):
            between = [a + timedelta(days=n) for n in range((b - a).days)]
            gaps.append(sum(not any(pause.covers(day) for pause in mine) for day in between))
            cadence = self.reference.policy(b).cadence
            target = known.target_interval_days or (cadence.by_plan.get(known.plan) if known.plan else None)
            if target is not None:
                kept.append(gaps[-1] <= target + cadence.grace)
        named = self.reference.period(period).since
        assert named is not None
        cadence = self.reference.policy(days[-1] if days else named).cadence
        target = known.target_interval_days or (cadence.by_plan.get(known.plan) if known.plan else None)
        return {
            "median_interval_days": float(median(gaps)) if gaps else None,
            "target_interval_days": target,
            "interval_adherence": ratio(sum(kept), len(kept)),
        }
