"""What the rows must be, counted the plain slow way from facts and records: none of the projection's code.

Scores are fractions, rounded where they are told.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from lrs.reference.model import Criterion, Period, Rubric
from lrs.reference.policy import Mastery, Policy
from lrs.reference.reference import Records
from projections.facts.fact import Fact, Kind
from tests.projections.rubric_evidence.district import is_in

Piece: TypeAlias = dict[str, Any]


def told(number: Fraction | None) -> Decimal | None:
    """Four decimals, halves away from zero."""
    if number is None:
        return None
    exact = Decimal(abs(number.numerator)) / Decimal(number.denominator)
    rounded = exact.quantize(Decimal("0.0001"), ROUND_HALF_UP)
    return -rounded if number < 0 else rounded


def august(day: date | None) -> int:
    """The calendar year in which the school year of a day begins, where no calendar says so."""
    assert day is not None
    return day.year if day.month >= 8 else day.year - 1


def civil_year(begins: int) -> Period:
    title = f"{begins}-{(begins + 1) % 100:02}"
    since, until = date(begins, 8, 1), date(begins + 1, 8, 1)
    return Period(id=f"year:{title}", org=None, kind="schoolYear", title=title, since=since, until=until)


class Oracle:
    """Rows by counting, for one set of records."""

    def __init__(self, records: Records) -> None:
        self.records = records

    # Who, where, when

    def policy(self, day: date) -> Policy:
        found = Policy()
        for since, policy in sorted(self.records.policies, key=lambda each: each[0] or date.min, reverse=True):
            found = policy
            if since is None or since <= day:
                return policy
        return found

    def person(self, ifi: str, day: date) -> str:
        known = [each for each in self.records.links if each.ifi == ifi and is_in(each, day)]
        return max(known, key=lambda each: each.since or date.min).person if known else ifi

    def home(self, person: str, day: date) -> str | None:
        return next(
            (post.org for post in self.records.posts if post.person == person and post.primary and is_in(post, day)),
            None,
        )

    def chain(self, org: str | None) -> list[str]:
        found = []
        while org is not None:
            found.append(org)
            org = next((each.parent for each in self.records.orgs if each.id == org), None)
        return found

    def zone(self, org: str | None) -> ZoneInfo:
        zones = {each.id: each.timezone for each in self.records.orgs}
        return ZoneInfo(next((zones[each] for each in self.chain(org) if zones[each]), None) or "UTC")

    def local(self, at: datetime, person: str) -> date:
        first = self.home(person, at.astimezone(UTC).date())
        day = at.astimezone(self.zone(first)).date()
        second = self.home(person, day)
        return day if second == first else at.astimezone(self.zone(second)).date()

    def subject(self, fact: Fact) -> tuple[str, date]:
        utc = fact.observed_at.astimezone(UTC).date()
        person = self.person(fact.subject, utc)
        day = self.local(fact.observed_at, person)
        again = self.person(fact.subject, day)
        return (person, day) if again == person else (again, self.local(fact.observed_at, again))

    def periods(self, org: str | None, day: date) -> list[Period]:
        found = []
        for kind in ("schoolYear", "term"):
            chain = [each for each in self.chain(org) if any(p.org == each for p in self.records.periods)]
            every = [p for p in self.records.periods if chain and p.org == chain[0] and p.kind == kind]
            holding = [p for p in every if is_in(p, day)]
            over = [p for p in every if p.until is not None and p.until <= day]
            first = sorted(every, key=lambda p: p.since or date.min)[:1]
            if holding:
                found.append(holding[0])
            elif over:
                found.append(max(over, key=lambda p: p.until or date.max))
            elif first and august(first[0].since) == august(day):
                found.append(first[0])
            elif kind == "schoolYear":
                found.append(civil_year(august(day)))
        return found

    # What it says

    def criterion(self, id_: str) -> tuple[Rubric, Criterion]:
        (found,) = [(r, c) for r in self.records.rubrics for c in r.criteria if c.id == id_]
        return found

    def score(self, fact: Fact) -> tuple[Fraction | None, str, bool]:
        if fact.kind is Kind.RUBRIC_EVIDENCE:
            return None, "none", False
        scores = [Fraction(level.score) for level in self.criterion(fact.criterion or "")[1].levels]
        low, high = min(scores), max(scores)
        data = fact.data
        for level in self.criterion(fact.criterion or "")[1].levels:
            if data.get("level") == level.uri:
                return Fraction(level.score), "level", False
        if data.get("raw") is not None:
            value, basis = Fraction(str(data["raw"])), "raw"
            if data.get("min") is not None and data.get("max") is not None:
                least, most = Fraction(str(data["min"])), Fraction(str(data["max"]))
                if (least, most) != (low, high) and least < most:
                    value = low + (value - least) / (most - least) * (high - low)
        elif data.get("scaled") is not None:
            value, basis = low + Fraction(str(data["scaled"])) * (high - low), "scaled"
        else:
            return None, "none", False
        inside = min(max(value, low), high)
        rounded = Fraction(told(inside) or 0)
        return rounded, basis, Fraction(told(value) or 0) != rounded

    def role(self, fact: Fact, person: str, day: date, purpose: str) -> tuple[str | None, str]:
        hint = fact.data.get("role_hint")
        if fact.other is None:
            return (person, "self") if hint == "self" else (None, "system")
        who = self.person(fact.other, day)
        if who == person or hint == "self":
            return who, "self"
        held = {post.role for post in self.records.posts if post.person == who and is_in(post, day)}
        coaches = "coach" in held or any(each.coach == who and is_in(each, day) for each in self.records.assignments)
        evaluates = bool(held & {"principal", "evaluator", "director"})
        if coaches and evaluates:
            return who, "evaluator" if purpose == "evaluative" else "coach"
        if coaches or evaluates:
            return who, "coach" if coaches else "evaluator"
        return who, hint if hint in ("coach", "evaluator", "peer", "system") else "peer"

    def piece(self, fact: Fact, person: str, day: date) -> Piece:
        rubric, criterion = self.criterion(fact.criterion or "")
        purpose = fact.purpose if fact.purpose != "unspecified" else self.policy(day).purposes.default
        assessor, role = self.role(fact, person, day, purpose)
        score, basis, off = self.score(fact)
        org = self.home(person, day)
        kinds = {
            "coach": "informal_obs",
            "evaluator": "formal_obs",
            "self": "self",
            "peer": "peer",
            "system": "artifact",
        }
        flags = {each for each in fact.flags if each == "clock_suspect"}
        flags |= {"off_scale"} if off else set()
        flags |= {"old_rubric_version"} if not is_in(rubric, day) else set()
        default = {Kind.CREDENTIAL: "credential", Kind.RUBRIC_EVIDENCE: "artifact"}.get(fact.kind, kinds[role])
        reached = [level for level in criterion.levels if score is not None and level.score <= score]
        return {
            "fact": fact, "statement_id": fact.statement, "n": fact.n, "person_id": person, "org_id": org or "",
            "rubric_id": rubric.id, "rubric_version": rubric.version, "criterion_id": criterion.id,
            "evidence_kind": fact.data.get("evidence_kind") or default, "assessor_id": assessor, "assessor_role": role,
            "score": told(score), "exact": score, "level_id": reached[-1].id if reached else None, "score_basis": basis,
            "source_key": fact.data.get("source") or fact.session or str(fact.statement),
            "observed_at": fact.observed_at, "local_date": day,
            "periods": self.periods(org, day), "purpose": purpose,
            "has_attachment": fact.data.get("has_attachment") is True, "superseded_by": None, "flags": sorted(flags),
        }  # fmt: skip

    def pieces(self, person: str, facts: Sequence[Fact], as_of: date | None) -> list[Piece]:
        hers = [(fact, self.subject(fact)) for fact in sorted(facts, key=lambda fact: fact.order)]
        mine = [(fact, day) for fact, (who, day) in hers if who == person and (as_of is None or day <= as_of)]
        scores = {(fact.statement, fact.criterion) for fact, _ in mine if fact.kind is not Kind.CREDENTIAL}
        found = []
        for fact, day in mine:
            if fact.criterion is None:
                continue
            if fact.kind is Kind.CREDENTIAL and (
                fact.data.get("state") != "earned" or (fact.statement, fact.criterion) in scores
            ):
                continue
            found.append(self.piece(fact, person, day))
        for piece in found:
            piece["superseded_by"] = self.taken_by(piece, found, [fact for fact, _ in mine])
        return found

    def taken_by(self, piece: Piece, pieces: list[Piece], facts: list[Fact]) -> str | None:
        mine: Fact = piece["fact"]
        corrections = [
            each["fact"] for each in pieces
            if each["fact"].data.get("supersedes") == str(mine.statement) and each["fact"].statement != mine.statement
        ]  # fmt: skip
        if corrections:
            last = corrections[-1]
            if not (mine.data.get("supersedes") == str(last.statement) and mine.order > last.order):
                return str(last.id)
        attempt = self.attempt(piece)
        after = [
            each["fact"] for each in pieces
            if attempt is not None and self.attempt(each) == attempt and each["fact"].order > mine.order
        ]  # fmt: skip
        if after:
            return str(after[0].id)
        if piece["evidence_kind"] != "credential":
            return None
        said = [fact for fact in facts if fact.kind is Kind.CREDENTIAL and fact.statement == mine.statement]
        source = (
            (said[-1].data.get("source") or said[-1].session or str(mine.statement)) if said else piece["source_key"]
        )
        for fact in facts:
            if fact.kind is Kind.CREDENTIAL and fact.data.get("state") != "earned" and fact.order > mine.order:
                same = (fact.data.get("source") or fact.session or str(fact.statement)) == source
                if fact.criterion == piece["criterion_id"] and (same or not fact.data.get("source")):
                    return str(fact.id)
                if fact.criterion is None and same:
                    return str(fact.id)
        return None

    def attempt(self, piece: Piece) -> tuple[object, ...] | None:
        data = piece["fact"].data
        if data.get("regrade_key"):
            return piece["criterion_id"], data["regrade_key"]
        if data.get("is_attempt"):
            return piece["criterion_id"], piece["fact"].kind, piece["assessor_id"], piece["source_key"]
        return None

    # What it amounts to

    def evidence(self, person: str, facts: Sequence[Fact], as_of: date | None = None) -> list[Piece]:
        live = [each for each in self.pieces(person, facts, as_of) if each["superseded_by"] is None]
        found: dict[tuple[str, ...], list[Piece]] = {}
        periods: dict[str, Period] = {}
        for piece in live:
            for period in piece["periods"]:
                periods[period.id] = period
                policy = self.policy(self.judged(period, as_of))
                rubric, criterion = self.counted_as(piece, self.judged(period, as_of), policy)
                purpose = "mixed" if policy.purposes.mix else piece["purpose"]
                key = (person, piece["org_id"], rubric.id, criterion.id, period.id, purpose)
                found.setdefault(key, []).append(piece)
        return [self.row(key, pieces, periods[key[4]], as_of) for key, pieces in found.items()]

    def stored(self, piece: Piece, as_of: date | None) -> datetime | None:
        """When it was stored, if any of its periods has that for an order."""
        policies = [self.policy(self.judged(period, as_of)).mastery for period in piece["periods"]]
        return piece["fact"].stored_at if any(each.order_by == "stored" for each in policies) else None

    @staticmethod
    def judged(period: Period, as_of: date | None) -> date:
        assert period.until is not None
        last = period.until - timedelta(days=1)
        return last if as_of is None or last < as_of else as_of

    def counted_as(self, piece: Piece, day: date, policy: Policy) -> tuple[Rubric, Criterion]:
        own = self.criterion(piece["criterion_id"])
        if not policy.mastery.follow_crosswalk or is_in(own[0], day):
            return own
        later = [
            (rubric, each) for rubric in self.records.rubrics if is_in(rubric, day)
            for each in rubric.criteria if piece["criterion_id"] in each.replaces
        ]  # fmt: skip
        return later[0] if later else own

    def row(self, key: tuple[str, ...], pieces: list[Piece], period: Period, as_of: date | None) -> Piece:
        policy = self.policy(self.judged(period, as_of)).mastery
        rubric, criterion = self.criterion(key[3])
        order: Callable[[Piece], Any] = lambda piece: piece["fact"].order
        if policy.order_by == "stored":
            order = lambda piece: (piece["fact"].stored_at, piece["fact"].order)
        ordered = sorted(pieces, key=order)
        scored = [(piece, score) for piece in ordered if (score := self.rescaled(piece, criterion)) is not None]
        flags = {flag for piece in pieces for flag in piece["flags"]}
        flags |= {"old_rubric_version"} if any(piece["rubric_id"] != rubric.id for piece in pieces) else set()
        names = ("person_id", "org_id", "rubric_id", "criterion_id", "period_id", "purpose")
        return {
            **dict(zip(names, key, strict=True)), "period_kind": period.kind, "scored_count": len(scored),
            **self.counts(pieces), **self.figures(scored, criterion, policy), "rows_flag": sorted(flags),
        }  # fmt: skip

    def rescaled(self, piece: Piece, criterion: Criterion) -> Fraction | None:
        score: Fraction | None = piece["exact"]
        if score is None or piece["criterion_id"] == criterion.id:
            return score
        own = [Fraction(level.score) for level in self.criterion(piece["criterion_id"])[1].levels]
        new = [Fraction(level.score) for level in criterion.levels]
        share = (score - min(own)) / (max(own) - min(own))
        return Fraction(told(min(new) + share * (max(new) - min(new))) or 0)

    @staticmethod
    def counts(pieces: list[Piece]) -> Piece:
        roles = [piece["assessor_role"] for piece in pieces]
        return {
            "evidence_count": len(pieces), "coach_count": roles.count("coach"),
            "evaluator_count": roles.count("evaluator"), "peer_count": roles.count("peer"),
            "self_count": roles.count("self"),
            "distinct_assessors": len({piece["assessor_id"] for piece in pieces if piece["assessor_id"] is not None}),
            "distinct_sources": len({piece["source_key"] for piece in pieces}),
            "artifact_count": len([each for each in pieces if each["evidence_kind"] in ("artifact", "student_work")]),
            "first_at": min(piece["observed_at"] for piece in pieces),
            "last_at": max(piece["observed_at"] for piece in pieces),
            "last_date": max(piece["local_date"] for piece in pieces),
        }  # fmt: skip

    def figures(self, scored: list[tuple[Piece, Fraction]], criterion: Criterion, policy: Mastery) -> Piece:
        counted = [(piece, score) for piece, score in scored if piece["assessor_role"] in policy.counts]
        scores = [score for _, score in counted]
        threshold = self.threshold(criterion, policy)
        along = [self.mastery(policy, threshold, scores[:count]) for count in range(1, len(scores) + 1)]
        values = [None if each is None else Fraction(told(each) or 0) for each in along]
        value = values[-1] if values else None
        pairs = [(piece["observed_at"], each) for (piece, _), each in zip(counted, values, strict=True)]
        reached = [when for when, each in pairs if each is not None and each >= threshold]
        own = [score for piece, score in scored if piece["assessor_role"] == "self"]
        others = [score for piece, score in scored if piece["assessor_role"] in ("coach", "evaluator")]
        levels = [level.id for level in criterion.levels if value is not None and level.score <= value]
        return {
            "counted_count": len(counted), "first_score": told(scores[0]) if scores else None,
            "latest_score": told(scores[-1]) if scores else None,
            "highest_score": told(max(scores)) if scores else None,
            "mean_score": told(sum(scores, Fraction()) / len(scores)) if scores else None,
            "mastery_method": policy.method, "mastery_int": self.number(policy),
            "mastery_score": told(value), "threshold": told(threshold), "level_id": levels[-1] if levels else None,
            "mastered": value is not None and value >= threshold, "mastered_at": reached[0] if reached else None,
            "growth": told(value - scores[0]) if value is not None and len(scores) >= 2 else None,
            "self_gap": told(own[-1] - others[-1]) if own and others else None,
        }  # fmt: skip

    @staticmethod
    def number(policy: Mastery) -> int:
        return policy.int_ if policy.int_ is not None else (5 if policy.method == "n_mastery" else 65)

    @staticmethod
    def threshold(criterion: Criterion, policy: Mastery) -> Fraction:
        if isinstance(policy.threshold, int | float):
            return Fraction(str(policy.threshold))
        wanted = policy.threshold or "Proficient"
        named = [level.score for level in criterion.levels if level.name.lower() == wanted.lower()]
        return Fraction(named[0]) if named else Fraction(sorted(level.score for level in criterion.levels)[-2])

    @staticmethod
    def mastery(policy: Mastery, threshold: Fraction, scores: Sequence[Fraction]) -> Fraction | None:
        number = Oracle.number(policy)
        mean: Callable[[Sequence[Fraction]], Fraction] = lambda several: sum(several, Fraction()) / len(several)
        weight, value = Fraction(number, 100), scores[0]
        match policy.method:
            case "highest":
                return max(scores)
            case "latest":
                return scores[-1]
            case "average":
                return mean(scores)
            case "n_mastery":
                good = [score for score in scores if score >= threshold]
                return mean(good) if len(good) >= number else None
            case "decaying_average":
                return scores[0] if len(scores) == 1 else weight * scores[-1] + (1 - weight) * mean(scores[:-1])
            case _:
                for score in scores[1:]:
                    value = weight * score + (1 - weight) * value
                return value
