"""JSON that does not fit a struct is told by its place and in words."""

import msgspec
import pytest

from lrs.xapi import misfit


class Inner(msgspec.Struct, forbid_unknown_fields=True):
    count: int | str
    names: list[str] = []


class Outer(msgspec.Struct, forbid_unknown_fields=True):
    inner: dict[str, Inner]
    begin: int = msgspec.field(default=0, name="from")


@pytest.mark.parametrize(
    ("sent", "pointer", "told"),
    [
        (b'{"inner": {}, "from": "x"}', "/config/from", "from: expected a whole number, got a text"),
        (b'{"inner": []}', "/config/inner", "inner: expected an object, got a list"),
        (b'{"inner": {"a": {"count": null}}}', "/config/inner/count", "expected a whole number or a text, got null"),
        (b'{"inner": {"a": {"count": 1, "names": ["x", 2]}}}', "/config/inner/names/1", "names: expected a text"),
        (b'{"inner": {"a": {"count": 1, "size": 2}}}', "/config/inner/size", "there is no 'size' in a thing"),
        (b"{}", "/config", "a thing needs 'inner'"),
        (b"[]", "/config", "a thing: expected an object, got a list"),
        (b"{", "/config", "a thing is JSON, and this is none"),
        (b'{"inner": {"\xff": 1}}', "/config", "a thing is JSON, and this is none"),
    ],
)
def test_what_does_not_fit_is_told_in_words(sent: bytes, pointer: str, told: str) -> None:
    with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)) as raised:
        msgspec.json.decode(sent, type=Outer)
    refused = misfit.refused(raised.value, "a thing", rule="thing", at="/config")
    assert (refused.pointer, refused.rule) == (pointer, "thing")
    assert told in refused.detail
    assert "`" not in refused.detail
