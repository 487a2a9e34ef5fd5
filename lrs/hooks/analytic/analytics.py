"""Hooks on the analytics: changed rows as they change, and standing questions, asked at a time of day.

Both see what a role sees that was fixed when they were set up. What may be seen, and the answers, are the analytics'
own: `main` hands them down as the Protocols of this module.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from lrs.auth import people
from lrs.errors import Invalid
from lrs.hooks import targets
from lrs.hooks.sorts import Begin, Sort
from lrs.hooks.targets import Allow
from lrs.hooks.webhooks import signatures
from lrs.hooks.webhooks.webhooks import SIGNING, Sending, check_secret
from lrs.log.store import Store
from lrs.storage.pool import Connection

ROWS: Final = "rows"
QUESTION: Final = "question"


class As(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """In whose view a hook sees: a role, whom of the roster it is, and the organisations given to it."""

    role: str
    person: str | None = None
    orgs: tuple[str, ...] = ()


class Rows(Sending, frozen=True, kw_only=True, omit_defaults=True, rename={"view": "as"}):
    """Which changed rows are sent: of a projection, of these tables (none: all), persons, organisations and cohorts.

    `state` names columns, and values of which a row has one before or after the change.
    """

    projection: str
    view: As
    tables: tuple[str, ...] = ()
    person: tuple[str, ...] = ()
    org: tuple[str, ...] = ()
    cohort: tuple[str, ...] = ()
    state: Mapping[str, tuple[str, ...]] = {}


class Question(Sending, frozen=True, kw_only=True, omit_defaults=True, rename={"view": "as"}):
    """Which question is asked, by its path and parameters, when (HH:MM), and in which zone: by default the store's.

    What was not in the last answer is new: rows by their key, and by the columns of `state` besides. Of the `first`
    answer all is new, or nothing.
    """

    path: str
    at: str
    view: As
    parameters: Mapping[str, tuple[str, ...]] = {}
    timezone: str | None = None
    state: tuple[str, ...] = ()
    first: Literal["all", "nothing"] = "all"


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A change by its number, as it is told in the types of JSON; None where it is not."""

    number: int
    told: Mapping[str, Any] | None


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """An answer: how far it holds, and its rows as JSON with what identifies each."""

    as_of: str
    position: int
    rows: Sequence[tuple[UUID, bytes]]


class Declared(Protocol):
    """What is known of the analytics when a hook is made."""

    def check_rows(self, config: Rows) -> None:
        """Invalid where these rows cannot be asked for."""

    def check_question(self, config: Question) -> None:
        """Invalid where this question cannot be asked."""

    async def want(self, tx: Connection, store: int, projection: str) -> int:
        """Have the changes of a projection recorded; the number of the last one."""


class Analytics(Declared, Protocol):
    """What hooks ask of the analytics, in the view of whom they were set up for. Errors are those of the API."""

    async def beyond(self, store: Store, projection: str, number: int) -> bool:
        """Whether there are changes behind a number."""

    async def changes(self, store: Store, hook: UUID, config: Rows, number: int, limit: int) -> Sequence[Shown]:
        """Changes behind a number."""

    async def answer(self, store: Store, hook: UUID, config: Question) -> Found:
        """The answer to a question as of now."""

    async def zone(self, store: Store, now: datetime) -> ZoneInfo:
        """The zone that the store's policy says."""


def sorts(allow: Allow, checks: Declared, begin_rows: Begin, begin_question: Begin) -> tuple[Sort, Sort]:
    """Both as the registry knows them; what begins with a hook is done when it is made."""

    async def check_rows(config: Rows) -> None:
        _check(config.view)
        checks.check_rows(config)
        await targets.verify(config.url, allow)

    async def check_question(config: Question) -> None:
        _check(config.view)
        if config.timezone is not None:
            _zone(config.timezone)
        checks.check_question(config)
        await targets.verify(config.url, allow)

    made = {SIGNING: signatures.generate}
    return (
        Sort(name=ROWS, config=Rows, check=check_rows, secrets=(SIGNING,), made=made, check_secret=check_secret,
             begin=begin_rows, follows=False),
        Sort(name=QUESTION, config=Question, check=check_question, secrets=(SIGNING,), made=made,
             check_secret=check_secret, begin=begin_question, follows=False),
    )  # fmt: skip


def _check(view: As) -> None:
    if view.role in people.PERSONAL and not view.person:
        raise Invalid(f"in the view of which {view.role}? Name the person of the roster", pointer="/as/person",
                      rule="hook.config")  # fmt: skip


def _zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid(
            "a zone is an IANA name such as America/Chicago", pointer="/timezone", rule="hook.config"
        ) from None
