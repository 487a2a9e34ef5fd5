"""Values of a statement in the forms of fields: texts, words, flags, times, scores."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final

from lrs.reference.kinds import Field, Form
from lrs.xapi import values
from projections.facts import view as views
from projections.facts.getters import Convert

REMEMBERED: Final = 1 << 12
LONGEST: Final = 64


def of(field: Field) -> Convert:
    """What gives a value in the form of a field; None where it has not that form."""
    return _FORMS.get(field.form) or (_word(field.words) if field.words else text)


def text(value: object) -> str | None:
    """A text that can be looked up; numbers are written out."""
    if isinstance(value, str):
        if 0 < len(value) <= views.LONGEST and "\0" not in value:
            return value
        return views.bounded(value) if value else None
    if isinstance(value, bool) or (number := views.number(value)) is None:
        return None
    return f"{number:.15g}"


def score(value: object) -> Mapping[str, float] | None:
    """The finite numbers of a score."""
    if not isinstance(value, dict):
        return None
    found: dict[str, float] = {}
    for key in ("raw", "min", "max", "scaled"):
        if key in value and (number := views.number(value[key])) is not None:
            found[key] = number
    return found or None


def instant(at: datetime | None) -> str | None:
    """A time as RFC 3339 in UTC."""
    return None if at is None else at.isoformat().replace("+00:00", "Z")


def _time(value: object) -> str | None:
    if not isinstance(value, str):
        return None
    return _instant(value) if len(value) <= LONGEST else instant(values.moment(value))


@lru_cache(REMEMBERED)
def _instant(text: str) -> str | None:
    """What is planned is told by all who were there."""
    return instant(values.moment(text))


def _word(words: Sequence[str]) -> Convert:
    return lambda value: value if isinstance(value, str) and value in words else None


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


_FORMS: Final[Mapping[Form, Convert]] = {
    Form.UUID: views.reference_to, Form.TIME: _time, Form.FLAG: _flag, Form.SCORE: score,
}  # fmt: skip
