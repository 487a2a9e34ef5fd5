import json
import re
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.xapi import schema, values
from lrs.xapi.versions import Version

PATTERNS = {
    name: value
    for name, value in vars(values).items()
    if name.isupper() and isinstance(value, str) and value.startswith("^")
}


@pytest.mark.parametrize(
    "text",
    [
        "P4W",
        "PT1.5S",
        "PT1,5S",
        "P1D",
        "P1DT12H36M0.12567S",
        "P1Y2M3DT4H5M6S",
        "P1M",
        "PT1M",
        "P1Y1D",
        "PT0S",
        "P0.5D",
    ],
)
def test_durations_are_taken(text: str) -> None:
    assert values.is_duration(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "P",
        "PT",
        "P4W1D",
        "P1DT",
        "P1.5DT1H",
        "PT5S1M",
        "-P1D",
        "P-1D",
        "1D",
        "P1D\n",
        "P1S",
        "p1d",
        "PA1H0M0S",
        "P0001-01-01T00:00:00",
        "P١D",
    ],
)
def test_other_durations_are_refused(text: str) -> None:
    assert not values.is_duration(text)


@pytest.mark.parametrize(
    "text",
    [
        "2015-11-18T12:17:00Z",
        "2015-11-18T12:17:00.123456789+14:00",
        "2015-11-18t12:17:00z",
        "2016-02-29T00:00:00Z",
        "1990-12-31T23:59:60Z",
        "1990-12-31T15:59:60.5-08:00",
        "2100-01-01T00:00:00Z",
    ],
)
@pytest.mark.parametrize("loose", [True, False])
def test_rfc_3339_is_taken_by_both(text: str, *, loose: bool) -> None:
    assert values.is_timestamp(text, loose=loose)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2015-11-18",
        "01/011/2015",
        "2015-02-30T00:00:00Z",
        "2015-02-29T00:00:00Z",
        "2015-04-31T00:00:00Z",
        "2015-13-01T00:00:00Z",
        "2015-11-18T24:00:00Z",
        "2015-11-18T23:60:00Z",
        "2015-11-18T12:17:60Z",
        "1990-12-30T23:59:60Z",
        "1990-12-31T23:59:60+01:00",
        "2015-11-18T12:17:00-00:00",
        "2015-11-18T12:17:00-0000",
        "2015-11-18T12:17:00-00",
        "2015-11-18T12:17:00+24:00",
        "2015-11-18T12:17:00.Z",
        "2015-11-18 12:17:00Z",
        "2015-11-18T12:17:00Z\n",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:00-00:01",
        "9999-12-31T23:59:60Z",
        "٢٠15-11-18T12:17:00Z",
    ],
)
@pytest.mark.parametrize("loose", [True, False])
def test_what_is_no_time_is_refused_by_both(text: str, *, loose: bool) -> None:
    assert not values.is_timestamp(text, loose=loose)


@pytest.mark.parametrize(
    "text", ["2015-11-18T12:17", "2015-11-18T12:17:00", "2015-11-18T12:17:00+0100", "2015-11-18T12:17:00,5+01"]
)
def test_iso_8601_is_taken_loosely_alone(text: str) -> None:
    assert values.is_timestamp(text, loose=True)
    assert not values.is_timestamp(text)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2023-05-04T12:00:00-05:00", "2023-05-04T17:00:00Z"),
        ("2023-12-31T23:30:00.1234567890+00:00", "2023-12-31T23:30:00.1234567890Z"),
        ("1990-12-31T15:59:60.25-08:00", "1990-12-31T23:59:60.25Z"),
        ("0999-01-01T00:00Z", "0999-01-01T00:00:00Z"),
    ],
)
def test_utc_keeps_every_digit(text: str, utc: str) -> None:
    assert values.in_utc(text) == utc


@given(st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1)), st.integers(-1439, 1439))  # noqa: DTZ001 - zones follow
def test_instant_is_what_datetime_says(naive: datetime, minutes: int) -> None:
    offset = timedelta(minutes=minutes)
    sign = "-" if minutes < 0 else "+"
    text = f"{naive.year:04}-{naive:%m-%dT%H:%M:%S.%f}{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
    assert values.is_timestamp(text)
    assert values.instant(text) == naive.replace(tzinfo=UTC) - offset
    assert values.instant(values.in_utc(text)) == values.instant(text)


@given(st.dates(), st.from_regex(r"\A[0-9]{4}-[01][0-9]-[0-3][0-9]\Z"))
def test_a_date_is_what_the_calendar_has(day: date, text: str) -> None:
    try:
        real = datetime.fromisoformat(text).year in range(2, 9999)
    except ValueError:
        real = False
    assert values.is_timestamp(f"{text}T12:00:00Z") == real or text[:4] in {"0001", "9999"}
    assert values.is_timestamp(f"{day.isoformat()}T12:00:00Z")


@pytest.mark.parametrize(
    "text", ["http://a", "urn:uuid:x", "a:", "tag:x,2026:y", "http://example.org/ä?q=%20#f", "HTTP://A"]
)
def test_iris_have_a_scheme(text: str) -> None:
    assert values.is_iri(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "/a",
        "a b:c",
        "1a:b",
        "ab=c://x",
        "http://a b",
        "http://a\n",
        "http://<a>",
        "http://a%2",
        "http://a\x7f",
        ":a",
    ],
)
def test_what_is_no_iri_is_refused(text: str) -> None:
    assert not values.is_iri(text)


@pytest.mark.parametrize("text", ["6690E6C9-3ef0-4ed3-8b37-7f3964730bee", "00000000-0000-0000-0000-000000000000"])
def test_uuids_have_their_standard_form(text: str) -> None:
    assert str(values.uuid(text)) == text.lower()


@given(st.uuids(), st.booleans())
def test_known_uuids_are_the_same(key: UUID, upper: bool) -> None:
    text = str(key).upper() if upper else str(key)
    assert values.known_uuid(text) == key == values.uuid(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "6690e6c93ef04ed38b377f3964730bee",
        "{6690e6c9-3ef0-4ed3-8b37-7f3964730bee}",
        "urn:uuid:6690e6c9-3ef0-4ed3-8b37-7f3964730bee",
        "6690e6c9-3ef0-4ed3-8b37-7f3964730bee\n",
        "MA97B177-9383-4934-8543-0F91A7A02836",
        "AA97B177-9383-4934-8543-0F91A7A028368",
    ],
)
def test_other_forms_of_uuids_are_refused(text: str) -> None:
    assert values.uuid(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "en",
        "en-US",
        "zh-Hant",
        "sr-Cyrl-RS",
        "es-419",
        "zh-cmn-Hans-CN",
        "de-CH-1901",
        "sl-rozaj-biske",
        "en-a-bbb-x-a-ccc",
        "x-whatever",
        "i-klingon",
        "EN-GB-OED",
        "und",
        "sgn-BE-FR",
    ],
)
def test_languages_are_known_by_the_lengths_of_their_tokens(text: str) -> None:
    assert values.compiled(values.LANGUAGE).match(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "e",
        "something",
        "s-something",
        "en-something-AU",
        "zh-something-ccc",
        "en_US",
        "en-",
        "a12345",
        "en\n",
        "en-a",
        "i-nope",
        "日本",
    ],
)
def test_other_languages_are_refused(text: str) -> None:
    assert not values.compiled(values.LANGUAGE).match(text)


@pytest.mark.parametrize("text", ["mailto:ann@example.org", "mailto:a+b@c", "mailto:ä@ö.org", "mailto:a%40b@c.d"])
def test_mboxes_are_mailto_iris(text: str) -> None:
    assert values.compiled(values.MAILTO).match(text)


@pytest.mark.parametrize(
    "text",
    [
        "ann@example.org",
        "mailto:ann",
        "MAILTO:a@b",
        "mailto:@b",
        "mailto:a@",
        "mailto:a@b@c",
        "mailto:a b@c",
        "mailto:a@b?subject=x",
        "mailto:a@b\n",
    ],
)
def test_other_mboxes_are_refused(text: str) -> None:
    assert not values.compiled(values.MAILTO).match(text)


@pytest.mark.parametrize(
    "text",
    ["text/plain", "text/plain; charset=ascii", 'a/b;c="d\\"e";f=g', "application/vnd.x+json ;a=b", "image/svg+xml;"],
)
def test_content_types_may_have_parameters(text: str) -> None:
    assert values.compiled(values.MEDIA_TYPE).match(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "text",
        "text/",
        "/plain",
        "text/plain\r\nX: y",
        "text/plain; a=b\n",
        "text/plain, text/html",
        "text plain/x",
        'a/b;c="\r\n"',
    ],
)
def test_other_content_types_are_refused(text: str) -> None:
    assert not values.compiled(values.MEDIA_TYPE).match(text)


def test_durations_are_cut_to_hundredths() -> None:
    assert values.hundredths("PT1.239S") == values.hundredths("PT1.23S") == (("S", Decimal("1.23")),)
    assert values.hundredths("P1M") != values.hundredths("PT1M")
    assert values.hundredths("P0Y1DT0.001S") == values.hundredths("P1D")


@pytest.mark.parametrize(
    ("version", "names"),
    [(Version.V1_0_3, ("TIMESTAMP_1", "VERSION_1")), (Version.V2_0_0, ("TIMESTAMP_2", "VERSION_2"))],
)
def test_schemas_have_these_patterns(version: Version, names: tuple[str, str]) -> None:
    text = json.dumps(schema.files(version))
    used = {json.loads(each) for each in re.findall(r'"pattern": ("(?:[^"\\]|\\.)*")', text)}
    assert used == {PATTERNS[name] for name in PATTERNS if not name[-1].isdigit() or name in names or "SHA" in name}


@pytest.mark.parametrize("name", PATTERNS)
@pytest.mark.parametrize(
    "attack",
    [
        "a",
        "1",
        "a:",
        "-a",
        "P1",
        "1.",
        "; ",
        "a=b;",
        "mailto:a",
        "%41",
        "en-aaaaa",
        "x-a",
        "2015-11-18T12:17:00.1",
        "\t",
        '"\\',
    ],
)
def test_patterns_are_linear(name: str, attack: str) -> None:
    for begin in ("", "a/b", "http:", "mailto:", "en", "P", "2015-11-18T12:17:00."):
        text = begin + attack * (100_000 // len(attack)) + "\0"
        start = time.process_time()
        values.compiled(PATTERNS[name]).match(text)
        assert time.process_time() - start < 5  # what is not linear takes minutes
