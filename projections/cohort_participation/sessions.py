"""What the facts of a meeting come to: whether it was held, when, for how long, and who was there."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec

from projections.facts.fact import Fact, Kind

Status: TypeAlias = Literal["scheduled", "held", "cancelled"]

KINDS: Final = frozenset({Kind.SESSION_SCHEDULED, Kind.SESSION_ATTENDED, Kind.SESSION_LEFT, Kind.SESSION_CANCELLED})
PRESENT: Final = frozenset({Kind.SESSION_ATTENDED, Kind.SESSION_LEFT})
# Named once: every fact is asked for its kind, and a look-up in an Enum takes longer than all else there.
SCHEDULED, ATTENDED, LEFT, CANCELLED = (
    Kind.SESSION_SCHEDULED, Kind.SESSION_ATTENDED, Kind.SESSION_LEFT, Kind.SESSION_CANCELLED,
)  # fmt: skip
# A start that is further from its announcement, or from being called off, is a mistake and as if not given.
ANNOUNCED: Final = timedelta(days=400)
# Longer than that, somebody forgot to leave.
LONGEST_STAY: Final = timedelta(hours=24)


class Told(NamedTuple):
    """A session fact; who came or left, None where it is about the meeting alone; who leads it; when it is planned."""

    fact: Fact
    person: str | None
    facilitator: str | None
    planned: datetime | None


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A meeting. `came` has, for everybody there, the earliest time at which she was told to be."""

    key: str
    status: Status
    start_at: datetime
    local_date: date
    planned_start: datetime | None
    was_planned: bool
    minutes: float | None
    modality: str | None
    facilitator: str | None
    came: dict[str, datetime]
    told: tuple[Told, ...]

    @property
    def order(self) -> tuple[datetime, str]:
        """The order in which meetings take place."""
        return (self.start_at, self.key)


def is_presence(fact: Fact) -> bool:
    """Whether a fact tells that somebody came or left."""
    return fact.kind is ATTENDED or fact.kind is LEFT


def planned_start(fact: Fact) -> datetime | None:
    """The time for which a meeting is or was planned, if the fact names one that can be read and is not far from it."""
    text = fact.data.get("planned_start")
    if not isinstance(text, str):
        return None
    try:
        at = datetime.fromisoformat(text)
        at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return at if abs(at - fact.observed_at) <= ANNOUNCED else None


def taking_place(fact: Fact) -> datetime:
    """The time that says in which year a session fact counts: of the meeting where it is known, else of the fact."""
    return fact.observed_at if is_presence(fact) else planned_start(fact) or fact.observed_at


def session(key: str, told: Sequence[Told], day: date, start_at: datetime) -> Session:
    """The meeting that facts in order tell of, on the local day of its start."""
    came: dict[str, datetime] = {}
    plans = [each for each in told if each.person is None]
    for fact, person, _, _ in told:
        if person is not None and fact.kind is ATTENDED:
            came.setdefault(person, fact.observed_at)
    is_cancelled = bool(plans) and plans[-1].fact.kind is CANCELLED
    return Session(
        key=key,
        status="held" if came else "cancelled" if is_cancelled else "scheduled",
        start_at=start_at,
        local_date=day,
        planned_start=_planned(plans),
        was_planned=bool(plans),
        minutes=_minutes(told),
        modality=_modality(told),
        facilitator=_facilitator(told),
        came=came,
        told=tuple(told),
    )


def starts(told: Sequence[Told]) -> datetime | None:
    """When the meeting of these facts, in order, began: when the first came, else as planned last; None for neither."""
    for each in told:
        if each.fact.kind is ATTENDED:
            return each.fact.observed_at
    plans = [each for each in told if each.person is None]
    return (_planned(plans) or plans[0].fact.observed_at) if plans else None


def _planned(plans: Sequence[Told]) -> datetime | None:
    """What was announced last; a cancellation tells the time only where no announcement does."""
    by_cancellation: datetime | None = None
    for each in reversed(plans):
        if each.planned is not None and each.fact.kind is SCHEDULED:
            return each.planned
        by_cancellation = by_cancellation or each.planned
    return by_cancellation


def _minutes(told: Sequence[Told]) -> float | None:
    """The longest known stay: who came late or left early says less about how long it was."""
    reported: dict[str, float] = {}
    paired: dict[str, timedelta] = defaultdict(timedelta)
    inside: dict[str, datetime] = {}
    for fact, person, _, _ in told:
        if person is None:
            continue
        if fact.minutes is not None and fact.minutes > 0:
            reported[person] = max(fact.minutes, reported.get(person, 0.0))
        if fact.kind is ATTENDED:
            inside.setdefault(person, fact.observed_at)
        elif (since := inside.pop(person, None)) is not None and fact.observed_at - since <= LONGEST_STAY:
            paired[person] += fact.observed_at - since
    stays = [reported.get(each) or paired[each].total_seconds() / 60 for each in {**reported, **paired}]
    known = [stay for stay in stays if stay > 0]
    return round(max(known), 3) if known else None


def _modality(told: Sequence[Told]) -> str | None:
    """As those who came say, else as announced last."""
    announced: str | None = None
    for fact, _, _, _ in told:
        said = fact.data.get("modality")
        if isinstance(said, str):
            if fact.kind is ATTENDED:
                return said
            announced = said
    return announced


def _facilitator(told: Sequence[Told]) -> str | None:
    """As those who came say, else as announced last."""
    announced: str | None = None
    for fact, _, facilitator, _ in told:
        if facilitator is not None:
            if fact.kind is ATTENDED:
                return facilitator
            announced = facilitator
    return announced
