"""What is found out once for many days is what the reference data says of each."""

from datetime import UTC, date, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from lrs.reference.model import Org, Period, Post
from lrs.reference.policy import Policy
from lrs.reference.reference import Reference
from projections.coaching_cadence import reports, whereabouts, years
from projections.coaching_cadence.years import Place
from projections.facts.fact import Fact, Kind
from tests.projections.coaching_cadence import worlds

# Schools on both sides of the date line; the zone of those whose school is not known changes with the policy.
FAR = worlds.reference(
    orgs=(
        *worlds.ORGS[:2],
        Org(id="oak", name="Oak", kind="school", parent="alder", timezone="Pacific/Kiritimati"),
    ),
    posts=(*worlds.POSTS, Post(person="una", org="elm", role="coach", since=date(2024, 11, 4), primary=True)),
    policies=(
        (None, Policy(timezone="America/Los_Angeles")),
        (date(2024, 11, 6), Policy(timezone="Pacific/Pago_Pago")),
    ),
)  # fmt: skip
# No calendar but one short term: which year a day is in follows from the first of August.
BARE = worlds.reference(
    periods=(Period(id="t", org=None, kind="term", title="T", since=date(2024, 7, 30), until=date(2024, 8, 3)),)
)
KNOWN = st.sampled_from([worlds.reference(), FAR, BARE])
IFIS = st.sampled_from([*worlds.SUBJECTS, *worlds.COACHES])
DAYS = st.one_of(
    st.dates(date(2024, 10, 25), date(2024, 11, 12)), st.dates(date(2024, 7, 28), date(2024, 8, 18)), st.dates()
)
TIMES = st.builds(datetime.combine, DAYS, st.times(), tzinfo=st.just(UTC))


@given(KNOWN, IFIS, st.lists(TIMES, min_size=1))
def test_who_and_where_at_a_time(known: Reference, ifi: str, times: list[datetime]) -> None:
    where = whereabouts.Whereabouts(known)
    for at in times:
        person = known.person(ifi, at.date())
        day = known.local_date_of(at, person)
        person = known.person(ifi, day)
        assert where.of(ifi, at) == (person, day, known.org_of(person, day))
        assert where.person(ifi, day) == person
        assert where.day(ifi, person, at) == known.local_date_of(at, person)
        assert where.is_coach(person, day) is ("coach" in known.roles(person, day))


@given(KNOWN, st.sampled_from(["elm", "oak", None]), st.lists(DAYS, min_size=1))
def test_places_of_a_day(known: Reference, org: str | None, days: list[date]) -> None:
    held = years.Years(known)
    for day in days:
        periods = known.periods(org, day)
        assert [place.period for place in held.places(org, day)] == [each.id for each in periods]
        assert all(isinstance(place, Place) for place in held.places(org, day))


def test_a_report_is_the_same_object_while_its_fact_is() -> None:
    known = worlds.reference()
    held = reports.Reports(known)
    facts = [_met(day) for day in (1, 2, 2)]
    first = [held.report(fact) for fact in facts]
    assert [held.report(fact) for fact in facts] == first
    assert first[1] is not first[2]
    assert [report.fact for report in first if report is not None] == facts


def test_of_many_facts_the_last_reports_are_remembered() -> None:
    held = reports.Reports(worlds.reference(), most=2)
    facts = [_met(day) for day in range(1, 6)]
    first = [held.report(fact) for fact in facts]
    assert held.report(facts[4]) is first[4]
    assert held.report(facts[2]) is first[2]
    assert held.report(facts[0]) is not first[0]


def _met(day: int) -> Fact:
    at = datetime(2024, 10, day, 20, tzinfo=UTC)
    return Fact(
        statement=UUID(int=day), n=0, kind=Kind.COACH_CONTACT, subject="mbox:mailto:ed@x.y", position=day,
        other="mbox:mailto:cara@x.y", observed_at=at, stored_at=at, rule="r", mapping="m",
    )  # fmt: skip
