"""What was asked: the parameters of a question, parsed and checked. No I/O; the clock is an argument."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import msgspec

from lrs.errors import Invalid
from lrs.http import acceptable
from lrs.reference.reference import Reference
from lrs.xapi.parameters import Pairs
from projections.answers.asker import Asker

if TYPE_CHECKING:
    from projections.answers.question import Question

Format: TypeAlias = Literal["json", "jsonl", "csv", "parquet", "arrow"]

LIMIT: Final = 100
MOST: Final = 10_000
LONGEST: Final = 2_000
STANDARD: Final = ("person", "org", "cohort", "coach", "rubric", "criterion", "period")
ONCE: Final = ("as_of", "as_known_at", "method", "by", "purpose", "why", "limit", "cursor", "format", "store")
# `mixed` is of rows where the policy takes the others together.
PURPOSES: Final = ("formative", "evaluative", "unspecified", "mixed")
# JSON Lines are what `lrs export` writes besides, and not told over HTTP.
FORMATS: Final[Mapping[str, Format]] = {
    "application/json": "json",
    "text/csv": "csv",
    "application/vnd.apache.parquet": "parquet",
    "application/vnd.apache.arrow.stream": "arrow",
}


class Parameter(msgspec.Struct, frozen=True):
    """A parameter of one question, besides the standard ones: compared with `column` of its completed rows, unless
    that is None and its function reads it. `choices`, if any, are all it may be.
    """

    name: str
    sentence: str
    column: str | None = None
    choices: tuple[str, ...] = ()


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A question as asked. `values` are those of filters and of its own parameters, by name, in the order given.

    `as_of` is the day for which it holds, `today` that of the store, `known_at` the position up to which the log
    counts. `purposes` are those that may be shown, None for all. `limit` is None where all is wanted.
    """

    asker: Asker
    reference: Reference
    values: Mapping[str, tuple[str, ...]]
    as_of: date
    today: date
    known_at: int | None = None
    method: str | None = None
    by: tuple[str, ...] = ()
    purposes: frozenset[str] | None = None
    why: str = ""
    limit: int | None = LIMIT
    cursor: str | None = None
    format: Format = "json"

    @property
    def is_live(self) -> bool:
        """Whether the rows as they are now answer it; else they are computed from the facts of then."""
        return self.as_of >= self.today and self.known_at is None

    def value(self, name: str) -> str | None:
        """The only value of a parameter, None where it was not given; Invalid where it was given more than once."""
        values = self.values.get(name, ())
        if len(values) > 1:
            raise Invalid(f"the parameter {name!r} may be given once here", rule="parameter")
        return values[0] if values else None


def names(question: "Question") -> tuple[str, ...]:
    """Every parameter that a question knows, in the order in which they are told."""
    path = re.findall(r"\{(\w+)\}", question.path)
    standard = [name for name in STANDARD if name in question.filters and name not in path]
    own = [each.name for each in question.parameters]
    once = [name for name in ONCE if _takes(question, name)]
    return (*standard, *own, *once)


def parse(
    question: "Question", pairs: Pairs, path: Mapping[str, str], *, asker: Asker, reference: Reference, today: date,
    accept: str = "",
) -> Asked:  # fmt: skip
    """What these parameters ask; Invalid names the unknown one and those that there are, or the wrong value."""
    values = _values(question, pairs)
    once = {name: values.pop(name)[0] for name in ONCE if name in values}
    format_ = _format(once.get("format"), accept)
    return Asked(
        asker=asker,
        reference=reference,
        values={**values, **{name: (value,) for name, value in path.items()}},
        as_of=_day(once["as_of"]) if "as_of" in once else today,
        today=today,
        known_at=_whole("as_known_at", once["as_known_at"], 0) if "as_known_at" in once else None,
        method=once.get("method"),
        by=tuple(filter(None, once.get("by", "").split(","))),
        purposes=frozenset({once["purpose"]}) if "purpose" in once else None,
        why=once.get("why", "")[:200],
        limit=_limit(once.get("limit"), format_),
        cursor=once.get("cursor"),
        format=format_,
    )


def _takes(question: "Question", name: str) -> bool:
    if name == "method":
        return question.takes_method
    if name == "by":
        return question.summary is not None
    if name == "purpose":
        return question.purpose is not None or question.minds_purpose
    return True


def _values(question: "Question", pairs: Pairs) -> dict[str, tuple[str, ...]]:
    known = names(question)
    choices = {"purpose": PURPOSES, **{each.name: each.choices for each in question.parameters}}
    values: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        if name not in known:
            raise Invalid(f"there is no parameter {name!r} here; there are {', '.join(known)}", rule="parameter")
        if not value or len(value) > LONGEST or "\0" in value:
            raise Invalid(f"the parameter {name!r} needs a value of 1 to {LONGEST} characters", rule="parameter")
        if name in ONCE and name in values:
            raise Invalid(f"the parameter {name!r} may be given once", rule="parameter")
        if choices.get(name) and value not in choices[name]:
            raise Invalid(f"{name} is one of {', '.join(choices[name])}, not {value[:80]!r}", rule="parameter")
        values[name] = (*values.get(name, ()), value)
    return values


def _format(named: str | None, accept: str) -> Format:
    """The format that is named, else the first acceptable one; NotAcceptable where there is none."""
    if named is not None:
        for known in FORMATS.values():
            if named == known:
                return known
        raise Invalid(f"format is one of {', '.join(FORMATS.values())}, not {named[:80]!r}", rule="parameter")
    return acceptable.chosen(accept, FORMATS)


def _limit(text: str | None, format_: Format) -> int | None:
    if text is None:
        return LIMIT if format_ == "json" else None
    return min(_whole("limit", text, 1), MOST) if format_ == "json" else _whole("limit", text, 1)


def _whole(name: str, text: str, least: int) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", text) or int(text) < least:
        raise Invalid(f"{name} is a whole number from {least}, not {text[:80]!r}", rule="parameter")
    return int(text)


def _day(text: str) -> date:
    try:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid(f"as_of is a day such as 2026-01-31, not {text[:80]!r}", rule="parameter") from None


def same(pairs: Pairs) -> Sequence[tuple[str, str]]:
    """What two requests for pages of one answer have in common."""
    return sorted((name, value) for name, value in pairs if name not in ("cursor", "limit", "why"))
