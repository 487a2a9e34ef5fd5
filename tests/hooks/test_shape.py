"""What does not fit the form of a configuration is told with its place, and what is allowed there."""

from typing import Any

import pytest

from lrs.errors import Invalid
from lrs.hooks import shape

URL = {"url": "https://example.org"}
PULL = {**URL, "key": "k", "credential": "c"}
QUESTION = {**URL, "path": "support", "at": "07:00", "as": {"role": "director"}}


@pytest.mark.parametrize(
    ("name", "given", "pointer", "told"),
    [
        ("webhook", {**URL, "batch": 0}, "/batch", "a whole number from 1 to 500, not 0"),
        ("webhook", {**URL, "ordered": "no"}, "/ordered", 'true or false, not "no"'),
        ("webhook", {**URL, "batsh": 1}, "", "did you mean batch? There are url, filter"),
        ("webhook", {}, "", "url is missing: a text of 1 to 2048 characters. Where messages are POSTed to"),
        ("webhook", [], "", "webhook is an object, not []"),
        ("webhook", {**URL, "filter": {"agents": [1]}}, "/filter/agents/0", "a value of agents is a text"),
        ("webhook", {**URL, "filter": {"verb": []}}, "/filter", "did you mean verbs?"),
        ("webhook", {**URL, "a/b": 1}, "", "there is no 'a/b' here; there are url"),
        ("pull", {**PULL, "overlap": -1}, "/overlap", "a number from 0 to 86400, not -1. How far a sweep goes back"),
        ("pull", {**PULL, "overlap": -1}, "/overlap", "in seconds"),
        ("pull", {**PULL, "since": "now"}, "/since", "a text such as 2026-01-31T12:00:00Z, not"),
        ("pull", {**PULL, "version": "3"}, "/version", 'one of 1.0.3, 2.0.0, not "3"'),
        ("question", {**QUESTION, "at": "7"}, "/at", "a text such as 07:00"),
        ("question", {**QUESTION, "as": {"role": "king"}}, "/as/role", "one of educator, coach"),
        ("question", {**QUESTION, "parameters": {"status": []}}, "/parameters/status", "a list of 1 to 200 values"),
    ],
)
def test_what_does_not_fit_is_told_with_what_would(name: str, given: Any, pointer: str, told: str) -> None:
    with pytest.raises(Invalid) as refused:
        shape.check(name, given)
    assert (refused.value.pointer, refused.value.rule) == (pointer, "hook.config")
    assert told in refused.value.detail


def test_what_fits_is_let_through() -> None:
    for name, given in (("webhook", URL), ("pull", PULL), ("question", QUESTION)):
        shape.check(name, given)
