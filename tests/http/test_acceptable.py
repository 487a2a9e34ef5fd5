"""The form of an answer, by what a client says that it takes."""

import pytest

from lrs.errors import NotAcceptable
from lrs.http import acceptable

TYPES = {"application/json": "json", "text/csv": "csv"}


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", "json"),
        ("*/*", "json"),
        ("text/html, application/xml;q=0.9, */*;q=0.8", "json"),
        ("application/*", "json"),
        ("text/csv;q=0.5", "csv"),
        ("image/png, TEXT/CSV", "csv"),
        ("text/*", "csv"),
        ("application/problem+json", "json"),
    ],
)
def test_the_first_that_is_there(accept: str, form: str) -> None:
    assert acceptable.chosen(accept, TYPES) == form


def test_what_is_not_there_is_refused_with_what_is() -> None:
    with pytest.raises(NotAcceptable, match=r"application/json, text/csv, and not as 'text/html'"):
        acceptable.chosen("text/html", TYPES)
