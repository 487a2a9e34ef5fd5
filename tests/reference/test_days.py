"""Which day it is in a zone: quickly, and the same as by the zone's own arithmetic."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.reference.days import local_date
from lrs.reference.model import Org, Post
from lrs.reference.policy import Policy
from lrs.reference.reference import Reference

ZONES = [
    ZoneInfo(name)
    for name in (
        "UTC",
        "America/Los_Angeles",
        "Asia/Kathmandu",
        "Pacific/Kiritimati",
        "Africa/Cairo",
        "America/St_Johns",
    )
]


@given(st.integers(-36_500 * 86_400, 36_500 * 86_400), st.sampled_from(ZONES))
def test_the_day_is_that_of_the_zone(seconds: int, zone: ZoneInfo) -> None:
    at = datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    assert local_date(at, zone) == at.astimezone(zone).date()


@pytest.mark.parametrize("zone", ZONES, ids=str)
def test_each_hour_of_a_year_is_on_the_day_of_the_zone(zone: ZoneInfo) -> None:
    begins = datetime(2025, 1, 1, tzinfo=UTC)
    for quarter in range(4 * 24 * 365):
        at = begins + timedelta(minutes=15 * quarter)
        for each in (at - timedelta(microseconds=1), at):
            assert local_date(each, zone) == each.astimezone(zone).date()


def test_a_time_that_is_told_elsewhere_is_the_same_time() -> None:
    at = datetime(2025, 3, 1, 20, tzinfo=ZoneInfo("America/Los_Angeles"))
    assert local_date(at, ZoneInfo("Asia/Kathmandu")) == date(2025, 3, 2)


def test_at_the_ends_of_time_the_day_is_that_of_utc() -> None:
    assert local_date(datetime.min.replace(tzinfo=UTC), ZoneInfo("America/Los_Angeles")) == date.min
    assert local_date(datetime.max.replace(tzinfo=UTC), ZoneInfo("Asia/Kathmandu")) == date.max


NEW_YEAR = date(2025, 1, 1)
WEEK = st.integers(0, 7).map(lambda days: NEW_YEAR + timedelta(days=days))


@st.composite
def movers(draw: st.DrawFn) -> Reference:
    """Ann, who moves from school to school, each in its own zone; where she is at none, the policies have one."""
    zones = draw(st.lists(st.sampled_from(ZONES), min_size=5, max_size=5))
    orgs = [Org(id=str(n), name="", kind="school", timezone=zone.key) for n, zone in enumerate(zones[:3])]
    ends = [None, *sorted(draw(st.lists(WEEK, min_size=2, max_size=4))), None]
    posts = [
        Post(person="ann", org=draw(st.sampled_from("012")), role="educator", since=since, until=until)
        for since, until in pairwise(ends)
        if draw(st.booleans())
    ]
    policies = [(None, Policy(timezone=zones[3].key)), (draw(WEEK), Policy(timezone=zones[4].key))]
    return Reference.of(orgs=orgs, posts=posts, policies=policies)


@given(movers(), st.integers(-24, 9 * 24))
def test_the_day_is_that_of_where_she_works_then(reference: Reference, hours: int) -> None:
    at = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
    org = reference.org_of("ann", at.date())
    day = reference.local_date(at, org)
    # Who moves on that day is there already.
    then = reference.org_of("ann", day)
    assert reference.local_date_of(at, "ann") == (day if then == org else reference.local_date(at, then))
