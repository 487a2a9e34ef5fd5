"""Our own CSV files: calendar, identities, alignments, assignments."""

from datetime import date

import pytest

from lrs.reference import lists
from lrs.reference.flaws import Flawed
from lrs.reference.model import Alignment, Link, Pause
from lrs.reference.policy import DEFAULT, Dates, Policy
from tests.reference.given import csv

CALENDAR = "org,from,to,kind,person"
IDENTITIES = "person_sourcedId,ifi_type,value,homePage,from,to"
ASSIGNMENTS = "coach,educator,plan,beginDate,endDate,targetIntervalDays"
INCLUSIVE = Policy(dates=Dates(end="inclusive"))


def test_break_ends_as_policy_says() -> None:
    body = lists.parse("calendar", csv(CALENDAR, "d,2024-12-21,2025-01-06,holiday,"), "calendar.csv")
    pause = Pause(kind="holiday", org="d", since=date(2024, 12, 21), until=date(2025, 1, 6))
    assert lists.pauses(body, DEFAULT) == (pause,)
    assert lists.pauses(body, INCLUSIVE)[0].until == date(2025, 1, 7)


@pytest.mark.parametrize("policy", [DEFAULT, INCLUSIVE], ids=["exclusive", "inclusive"])
def test_break_of_one_day_is_that_day(policy: Policy) -> None:
    body = lists.parse("calendar", csv(CALENDAR, "d,2025-02-03,2025-02-03,weather,"), "calendar.csv")
    assert lists.pauses(body, policy)[0].until == date(2025, 2, 4)


def test_leave_is_a_persons() -> None:
    body = lists.parse("calendar", csv(CALENDAR, "d,2025-02-03,,leave,ada", ",2025-03-01,2025-03-02,closed,"), "c.csv")
    leave, closed = lists.pauses(body, DEFAULT)
    assert (leave.org, leave.person, leave.until) == (None, "ada", None)
    assert (closed.org, closed.person) == (None, None)


def test_identities_are_canonical() -> None:
    digest = "A" * 40
    content = csv(
        IDENTITIES, "ada,mbox,Ada@x.org,,,", "ada,mbox,mailto:b@x.org,,,", f"ada,mbox_sha1sum,{digest},,,",
        "ada,openid,https://ada.x.org,,,", "ada,account,1043,https://lms.example.org/,2024-08-01,2025-06-13",
    )  # fmt: skip
    links = lists.links(lists.parse("identities", content, "identities.csv"), DEFAULT)
    assert [each.ifi for each in links] == [
        "mbox:mailto:Ada@x.org", "mbox:mailto:b@x.org", f"mbox_sha1sum:{digest.lower()}", "openid:https://ada.x.org",
        "account:https://lms.example.org|1043",
    ]  # fmt: skip
    assert links[-1] == Link(
        person="ada", ifi="account:https://lms.example.org|1043", since=date(2024, 8, 1), until=date(2025, 6, 13)
    )


def test_alignments_are_told_once() -> None:
    body = lists.parse("alignments", csv("activity_id,criterion_id,note", "u:1,c,x", "u:1,c,y", "u:1,d,"), "a.csv")
    assert lists.alignments(body) == (
        Alignment(activity="u:1", criterion="c"),
        Alignment(activity="u:1", criterion="d"),
    )


@pytest.mark.parametrize(
    ("kind", "columns", "line", "words"),
    [
        ("calendar", CALENDAR, "d,,2025-01-01,holiday,", "calendar.csv, line 2, column from: this must not be empty"),
        ("calendar", CALENDAR, "d,2025-13-01,,holiday,", "column from: '2025-13-01' is no date like 2024-08-31"),
        ("calendar", CALENDAR, "d,2025-02-01,2025-01-01,x,", "column to: '2025-01-01' is before the from '2025-02-01'"),
        ("identities", IDENTITIES, "ada,email,a@x.org,,,", "'email' is none of mbox, mbox_sha1sum, openid, account"),
        ("identities", IDENTITIES, "ada,account,7,,,", "column homePage: this must not be empty"),
        ("identities", IDENTITIES, "ada,mbox,nobody,,,", "column value: 'nobody' is no e-mail address"),
        ("identities", IDENTITIES, "ada,mbox_sha1sum,abc,,,", "'abc' has not the 40 digits of a SHA-1"),
        ("alignments", "activity_id,criterion_id", "u:1,", "column criterion_id: this must not be empty"),
        ("assignments", ASSIGNMENTS, "cy,cy,,,,", "column educator: 'cy' cannot coach herself"),
        ("assignments", ASSIGNMENTS, "cy,ada,,,,0", "column targetIntervalDays: '0' is no whole number from 1 to 3660"),
        ("assignments", "coach,pupil", "cy,ada", "line 1: the header lacks educator; it has 'coach, pupil'"),
    ],
)
def test_bad_cell_is_told(kind: str, columns: str, line: str, words: str) -> None:
    with pytest.raises(Flawed) as refused:
        lists.parse(kind, csv(columns, line), f"{kind}.csv")
    assert words in refused.value.detail
