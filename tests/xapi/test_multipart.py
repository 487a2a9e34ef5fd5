import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.errors import Invalid, TooLarge
from lrs.xapi import multipart
from lrs.xapi.limits import DEFAULT, Limits
from lrs.xapi.versions import Version
from tests.factories import BOUNDARY, joined, part

TYPE = f"multipart/mixed; boundary={BOUNDARY}"
FIRST = b"Content-Type: application/json\r\n\r\n{}"
LINE = f"--{BOUNDARY}".encode()


def content(body: bytes, content_type: str = TYPE, limits: Limits = DEFAULT) -> multipart.Content:
    return multipart.content(body, content_type, version=Version.V2_0_0, limits=limits)


@pytest.mark.parametrize(
    "text",
    [
        "application/json",
        "APPLICATION/JSON",
        "application/json;charset=UTF-8",
        'application/json; charset="utf-8";',
        "application/json ; a=b; c=d",
    ],
)
def test_json_is_known_in_every_case(text: str) -> None:
    assert content(b"{}", text) == multipart.Content(b"{}", ())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "json",
        "text/plain",
        "multipart/form-data; boundary=a",
        "application/json, text/plain",
        "application/json; charset=utf-16",
        "application/json; charset=utf-8; charset=utf-8",
        "application/json; a",
        "application/json x",
        "multipart/mixed",
        "multipart/mixed; boundary=",
        'multipart/mixed; boundary=""',
        "multipart/mixed; boundary=" + "a" * 71,
        'multipart/mixed; boundary="a "',
        "multipart/mixed; boundary=ä",
        "multipart/mixed; boundary=a; boundary=b",
    ],
)
def test_other_content_types_are_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        content(b"--a\r\n" + FIRST + b"\r\n--a--", text)
    assert (refused.value.paragraph or "").startswith("2.0 4.1")


@pytest.mark.parametrize(
    "text",
    [
        "multipart/mixed; boundary=a=_b",
        "Multipart/Mixed;BOUNDARY=a=_b",
        'multipart/mixed; type="application/json"; boundary="a=_b"',
        'multipart/mixed; boundary="a\\=_b" ;x=y',
    ],
)
def test_boundaries_are_found_however_written(text: str) -> None:
    assert content(b"--a=_b\r\n" + FIRST + b"\r\n--a=_b--\r\n", text).json == b"{}"


def test_parts_follow_the_statements() -> None:
    got = content(joined([FIRST, part(b"one\r\n"), part(b"", X_Other="a:b")]))
    assert [each.content for each in got.parts] == [b"one\r\n", b""]
    assert got.parts[1].headers["x-other"] == "a:b"


@pytest.mark.parametrize(
    "body",
    [
        b"\r\n" + LINE + b"\r\n" + FIRST + b"\r\n" + LINE + b"--",
        b"a preamble\r\n" + LINE + b"  \r\nCONTENT-TYPE:application/json\r\n\r\n{}\r\n" + LINE + b"-- \r\nan epilogue",
        LINE + b"\nContent-Type:application/json\n\n{}\n" + LINE + b"--\n",
        LINE + b"\r\nContent-Type: application/json\t \r\nX-Empty:\r\n\r\n{}\r\n" + LINE + b"--\r\n",
        b"\n" + LINE + b"\r\n" + FIRST + b"\r\n" + LINE + b"--",
    ],
)
def test_what_clients_do_is_taken(body: bytes) -> None:
    assert content(body).json == b"{}"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        LINE,
        LINE + b"--",
        LINE + b"\r\n",
        LINE + b"\r\n" + FIRST,
        LINE + b"\r\n" + FIRST + b"\r\n" + LINE,
        LINE + b"\r\n" + FIRST + b"\r\n" + LINE + b"x--",
        LINE + b"\r\n" + FIRST + b"\r\n " + LINE + b"--",
        LINE + b"\r\n{}\r\n" + LINE + b"--",
        LINE + b"\r\n\r\n{}\r\n" + LINE + b"--",
        joined([b"Content-Type: text/plain\r\n\r\n{}"]),
        joined([b"Content-Type: application/json; charset=latin-1\r\n\r\n{}"]),
        joined([b"Content-Type : application/json\r\n\r\n{}"]),
        joined([b"Content-Type: application/json\r\n folded: x\r\n\r\n{}"]),
        joined([b"Content-Type: application/json\r\nno colon\r\n\r\n{}"]),
        joined([b"Content-Type: application/json\r\nX: a\rb\r\n\r\n{}"]),
        joined([b"Content-Type: application/json\r\nX: a\0b\r\n\r\n{}"]),
        joined([b"Content-Type: application/json\r\nContent-Type: application/json\r\n\r\n{}"]),
        joined([b"Content-Type: application/json\r\nX: " + b"a" * 8192 + b"\r\n\r\n{}"]),
        joined([FIRST, b"no empty line"]),
    ],
)
def test_what_is_no_multipart_is_refused(body: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        content(body)
    assert refused.value.detail.isprintable()


def test_data_may_look_like_a_boundary() -> None:
    data = b"-" + LINE + b"\r\n" + LINE + b"x\r\n-" + LINE + b"\n" + LINE + b"--"
    assert content(joined([FIRST, part(data)])).parts[0].content == data


@given(
    st.lists(st.binary() | st.sampled_from([b"\r\n", b"\n", b"--", LINE, b"\r", b"\r\n--"]), max_size=8).map(b"".join)
)
def test_data_is_kept_byte_for_byte(data: bytes) -> None:
    if b"\r\n" + LINE not in b"\r\n" + data:
        assert content(joined([FIRST, part(data)])).parts[0].content == data


@given(st.binary())
def test_rubbish_is_refused_or_read(body: bytes) -> None:
    for sent in (body, LINE + body, LINE + b"\r\n" + body + b"\r\n" + LINE + b"--", joined([FIRST, body])):
        try:
            content(sent)
        except Invalid:
            continue


def test_the_number_of_parts_is_limited() -> None:
    limits = Limits(batch=3)
    assert len(content(joined([FIRST] + [part(b"x")] * 3), limits=limits).parts) == 3
    with pytest.raises(TooLarge):
        content(joined([FIRST] + [part(b"x")] * 4), limits=limits)


@pytest.mark.parametrize("body", [LINE + b"\r\n", LINE, b"\r\n", b"--", LINE + b"\r\n\r\n", b"\n" + LINE])
def test_a_flood_is_soon_refused(body: bytes) -> None:
    start = time.process_time()
    with pytest.raises((Invalid, TooLarge)):
        content(body * (2_000_000 // len(body)))
    assert time.process_time() - start < 20  # what is not linear takes minutes


@pytest.mark.parametrize(
    "text", [";" * 8000, "; " * 4000, ";" + " " * 8000, '; a="' + "\\" * 8000, "; a=" * 2000, " " * 8000]
)
def test_content_types_are_read_in_linear_time(text: str) -> None:
    start = time.process_time()
    multipart.media_type("a/b" + text + "\0")
    assert time.process_time() - start < 5  # likewise


@given(st.text())
def test_any_content_type_is_read_or_none(text: str) -> None:
    found = multipart.media_type(text)
    assert found is None or "/" in found.name
