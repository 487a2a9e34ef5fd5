import contextlib
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lrs.errors import Invalid
from lrs.xapi import query
from lrs.xapi.limits import DEFAULT, Limits
from lrs.xapi.parameters import Pairs
from lrs.xapi.query import Format, SingleQuery, StatementQuery
from lrs.xapi.versions import Version

ID = "fd41c918-b88b-4b20-a0a5-a4c32391aaa0"
AGENT = '{"mbox":"mailto:a@example.org"}'
VERSIONS = list(Version)


def ask(*pairs: tuple[str, str], version: Version = Version.V2_0_0, limits: Limits = DEFAULT) -> StatementQuery:
    asked = query.statements(pairs, version=version, limits=limits, max_limit=100)
    assert isinstance(asked, StatementQuery)
    return asked


def single(*pairs: tuple[str, str], version: Version = Version.V2_0_0) -> SingleQuery:
    asked = query.statements(pairs, version=version, limits=DEFAULT, max_limit=100)
    assert isinstance(asked, SingleQuery)
    return asked


def refusal(*pairs: tuple[str, str], version: Version = Version.V2_0_0, limits: Limits = DEFAULT) -> Invalid:
    with pytest.raises(Invalid) as refused:
        query.statements(pairs, version=version, limits=limits, max_limit=100)
    return refused.value


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_nothing_asked_is_everything() -> None:
    assert StatementQuery(limit=100) == ask()


def test_every_parameter_is_read() -> None:
    asked = ask(
        ("agent", AGENT),
        ("verb", "http://example.org/verb"),
        ("activity", "act:1"),
        ("registration", ID.upper()),
        ("related_agents", "true"),
        ("related_activities", "true"),
        ("since", "2026-01-01T00:00:00Z"),
        ("until", "2026-01-02T00:00:00+02:00"),
        ("limit", "7"),
        ("ascending", "true"),
        ("format", "ids"),
        ("attachments", "true"),
    )
    assert asked == StatementQuery(
        agent="mbox:mailto:a@example.org",
        verb="http://example.org/verb",
        activity="act:1",
        registration=UUID(ID),
        related_agents=True,
        related_activities=True,
        since=at("2026-01-01"),
        until=at("2026-01-01T22:00"),
        limit=7,
        ascending=True,
        format=Format.IDS,
        attachments=True,
    )


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ["foo", "StatementId", "statementid", "Agent", "relatedAgents", "more", "stateId", ""])
def test_unknown_parameter_is_refused(name: str, version: Version) -> None:
    error = refusal((name, "x"), version=version)
    assert repr(name) in error.detail
    assert error.paragraph == version.paragraph("Communication 3.2", "4.1.5")


def test_wrong_case_is_told_the_right_one() -> None:
    assert "the parameter 'Agent' must be written agent" == refusal(("Agent", AGENT)).detail


def test_repeated_parameter_is_refused() -> None:
    error = refusal(("verb", "a:b"), ("verb", "a:b"))
    assert "the parameter verb is given 2 times" == error.detail


@pytest.mark.parametrize("name", ["statementId", "voidedStatementId"])
def test_single_statement(name: str) -> None:
    asked = single((name, ID), ("format", "canonical"), ("attachments", "true"))
    expected = SingleQuery(id=UUID(ID), voided=name == "voidedStatementId", format=Format.CANONICAL, attachments=True)
    assert asked == expected


def test_both_ids_are_refused() -> None:
    assert "voidedStatementId" in refusal(("statementId", ID), ("voidedStatementId", ID)).detail


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ["statementId", "voidedStatementId"])
@pytest.mark.parametrize(
    ("other", "value"),
    [
        ("agent", AGENT),
        ("verb", "a:b"),
        ("activity", "a:b"),
        ("registration", ID),
        ("related_activities", "true"),
        ("related_agents", "false"),
        ("since", "2026-01-01T00:00:00Z"),
        ("until", "2026-01-01T00:00:00Z"),
        ("limit", "1"),
        ("ascending", "true"),
    ],
)
def test_filter_beside_id_is_refused(name: str, other: str, value: str, version: Version) -> None:
    assert other in refusal((name, ID), (other, value), version=version).detail


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("statementId", ""),
        ("statementId", "abc"),
        ("statementId", "{" + ID + "}"),
        ("statementId", ID.replace("-", "")),
        ("statementId", ID + "\n"),
        ("voidedStatementId", "urn:uuid:" + ID),
        ("registration", "true"),
        ("verb", "no scheme"),
        ("verb", ""),
        ("verb", "example.org/verb"),
        ("activity", "/relative"),
        ("agent", ""),
        ("agent", "true"),
        ("agent", "not JSON"),
        ("agent", "[]"),
        ("agent", "{}"),
        ("agent", "{'mbox':'mailto:a@example.org'}"),
        ("agent", '{"name":"nobody"}'),
        ("agent", '{"mbox":"mailto:a@example.org","mbox":"mailto:b@example.org"}'),
        ("agent", '{"mbox":"mailto:a@example.org","openid":"http://example.org/"}'),
        ("agent", '{"mbox":"a@example.org"}'),
        ("agent", '{"Mbox":"mailto:a@example.org"}'),
        ("agent", '{"objectType":"agent","mbox":"mailto:a@example.org"}'),
        ("agent", '{"objectType":"Person","mbox":"mailto:a@example.org"}'),
        ("agent", '{"objectType":"Group","member":[{"mbox":"mailto:a@example.org"}]}'),
        ("related_agents", "True"),
        ("related_agents", "1"),
        ("related_activities", ""),
        ("ascending", "yes"),
        ("attachments", "TRUE"),
        ("format", "Exact"),
        ("format", ""),
        ("limit", ""),
        ("limit", "-1"),
        ("limit", "+1"),
        ("limit", " 1"),
        ("limit", "1 "),
        ("limit", "1_0"),
        ("limit", "1.0"),
        ("limit", "1e2"),
        ("limit", "01"),
        ("limit", "١"),
        ("limit", "1\n"),
        ("since", "yesterday"),
        ("since", "2026-02-30T00:00:00Z"),
        ("since", "2026-01-01T00:00:00-00:00"),
        ("since", "infinity"),
        ("until", ""),
        ("until", "1767225600"),
        ("until", "9999-12-31T23:59:59-01:00"),
    ],
)
def test_bad_value_is_refused(name: str, value: str, version: Version) -> None:
    error = refusal((name, value), version=version)
    assert error.detail.startswith(f"the parameter {name} ")
    assert error.rule
    assert error.paragraph
    assert error.pointer is None


@pytest.mark.parametrize(("text", "limit"), [("0", 100), ("1", 1), ("100", 100), ("101", 100), ("9" * 5000, 100)])
def test_limit_is_at_most_the_maximum(text: str, limit: int) -> None:
    assert limit == ask(("limit", text)).limit


def test_agent_may_be_identified_group() -> None:
    group = '{"objectType":"Group","account":{"homePage":"http://example.org/a","name":"x"}}'
    assert r"account:http://example.org/a|x" == ask(("agent", group)).agent


def test_lost_plus_is_found_again() -> None:
    assert at("2025-12-31T22:00") == ask(("since", "2026-01-01T00:00:00 02:00")).since


def test_space_elsewhere_is_no_plus() -> None:
    assert "since" in refusal(("since", "2026-01-01 00:00:00Z")).detail


def test_zone_may_be_missing_in_old_version() -> None:
    pair = ("since", "2026-01-01T00:00:00")
    assert at("2026-01-01") == ask(pair, version=Version.V1_0_3).since
    assert "since" in refusal(pair).detail


def test_future_is_no_mistake() -> None:
    assert at("2999-01-01") == ask(("until", "2999-01-01T00:00:00Z")).until


@given(st.integers(0, 3_000_000), st.integers(0, 3_000_000_000))
def test_finer_digits_are_cut(stored: int, asked: int) -> None:
    """`stored` in microseconds against a time in nanoseconds: exclusive and inclusive as if nothing had been cut."""
    text = f"2026-01-01T00:00:{asked // 10**9:02}.{asked % 10**9:09}Z"
    found = ask(("since", text), ("until", text))
    assert found.since is not None
    assert found.until is not None
    moment = at("2026-01-01") + timedelta(microseconds=stored)
    assert (stored * 1000 > asked) == (moment > found.since)
    assert (stored * 1000 <= asked) == (moment <= found.until)


def test_long_parameter_is_refused() -> None:
    assert ask(("verb", "a:" + "é" * 4), limits=Limits(parameter_bytes=10)).verb
    assert "longer than 10 bytes" in refusal(("verb", "a:" + "é" * 5), limits=Limits(parameter_bytes=10)).detail


def test_long_iri_is_refused() -> None:
    assert "longer than 10 bytes" in refusal(("verb", "a:" + "b" * 9), limits=Limits(iri_bytes=10)).detail


def test_lone_surrogate_is_refused() -> None:
    assert "not valid UTF-8" in refusal(("verb", "a:\ud800")).detail


NAMES = ["verb", "activity", "limit", "since", "until", "format", "agent", "registration", "ascending"]


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.text('aZ0:-.T1"{}é\0 \n', max_size=20)), max_size=2))
def test_any_values_are_read_or_refused(pairs: Pairs) -> None:
    with contextlib.suppress(Invalid):
        asked = query.statements(pairs, version=Version.V2_0_0, limits=DEFAULT, max_limit=100)
        assert isinstance(asked, StatementQuery)
        assert asked.limit <= 100


# `more`

SECRET = b"s" * 32
PAGE = StatementQuery(position=7)
moments = st.datetimes(timezones=st.just(UTC))
queries = st.builds(
    StatementQuery,
    agent=st.none() | st.text(max_size=50),
    verb=st.none() | st.text(max_size=50),
    activity=st.none() | st.text(max_size=50),
    registration=st.none() | st.uuids(),
    related_agents=st.booleans(),
    related_activities=st.booleans(),
    since=st.none() | moments,
    until=st.none() | moments,
    limit=st.integers(1, 1000),
    ascending=st.booleans(),
    position=st.none() | st.integers(0, 2**62),
    format=st.sampled_from(Format),
    attachments=st.booleans(),
)


def seal(asked: StatementQuery = PAGE, *, audience: str = "1/key", expires: int = 100) -> str:
    return query.seal(asked, secret=SECRET, audience=audience, expires=expires)


def unseal(token: str, *, audience: str = "1/key", now: int = 99, secret: bytes = SECRET) -> StatementQuery:
    return query.open(token, secret=secret, audience=audience, now=now)


@given(queries)
def test_token_carries_the_whole_query(asked: StatementQuery) -> None:
    token = seal(asked)
    assert unseal(token) == asked
    assert token.isascii()
    assert not set(token) & set("+/=%")


@pytest.mark.parametrize("field", StatementQuery.__struct_fields__)
def test_token_forgets_no_field(field: str) -> None:
    values: dict[str, object] = {"limit": 3, "format": Format.IDS, "registration": UUID(ID), "position": 4}
    values |= dict.fromkeys(("agent", "verb", "activity"), "x") | dict.fromkeys(("since", "until"), at("2026-01-01"))
    asked = msgspec.structs.replace(StatementQuery(), **{field: values.get(field, True)})
    assert unseal(seal(asked)) == asked != StatementQuery()


def test_token_is_short() -> None:
    assert len(seal(StatementQuery(agent="mbox:mailto:someone@example.org", position=10**9))) < 120


def test_expired_token_is_refused() -> None:
    with pytest.raises(Invalid, match="expired"):
        unseal(seal(expires=100), now=100)


@pytest.mark.parametrize("audience", ["1/other", "2/key", "", "1/ke", "1/key "])
def test_foreign_token_is_refused(audience: str) -> None:
    with pytest.raises(Invalid, match="not one that was given to you"):
        unseal(seal(), audience=audience)


def test_token_of_another_secret_is_refused() -> None:
    with pytest.raises(Invalid):
        unseal(seal(), secret=b"t" * 32)


@given(st.data())
def test_changed_token_is_refused(data: st.DataObject) -> None:
    token = seal()
    place = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/= \n"))
    changed = token[:place] + letter + token[place + 1 :]
    if changed != token:
        with pytest.raises(Invalid):
            unseal(changed)


@given(st.text())
@example("")
@example("A")
@example("=")
@example("é")
@example("\ud800")
@example("A" * 64)
def test_garbage_is_no_token(token: str) -> None:
    with pytest.raises(Invalid) as refused:
        unseal(token)
    assert refused.value.paragraph == "1.0.3 Data 2.5; 2.0 4.2.4.3"


@pytest.mark.parametrize("tail", ["=", "==", "\n", " ", "A", "AAAA"])
def test_token_has_one_spelling(tail: str) -> None:
    with pytest.raises(Invalid):
        unseal(seal() + tail)


def test_audience_is_told_from_content() -> None:
    token = seal(StatementQuery(agent="x"), audience="a")
    with pytest.raises(Invalid):
        unseal(token, audience="a" + json.dumps("x"))
