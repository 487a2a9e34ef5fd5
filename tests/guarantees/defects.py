"""The server with a defect planted from outside, to see whether the checkers can fail.

    python -m tests.guarantees.defects N6 serve --port 8080 ...

is `lrs serve` with the defect N6 in every worker. The product has no switch for any of this.
"""

import asyncio
import random
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from aiohttp import web

from lrs.auth.caller import Caller
from lrs.cli import main as command
from lrs.cli import worker
from lrs.events import Draft, Event
from lrs.log import writing
from lrs.log.append import Log
from lrs.log.group import Head, Keys, Known
from lrs.log.transaction import Attempt, Transactions
from lrs.readers import Page
from lrs.recording.documents import Documents
from lrs.resources import events
from lrs.storage import pool as storage
from lrs.storage.pool import Connection
from lrs.xapi import documents
from lrs.xapi.documents import Key
from lrs.xapi.query import StatementQuery
from projections.statements.reader import Reader

# What a test has to make before positions are drawn from it.
SEQUENCE: Final = "create sequence if not exists log.drawn; grant usage on sequence log.drawn to lrs_app"
DRAWN: Final = (
    "select (nextval('log.drawn') - 1) * 1000 as position, floor, clock_timestamp() as clock"
    " from log.heads where store = $1"
)
MOVED: Final = (
    "update log.heads set position = $4, floor = $5, held = held and $6"
    " where store = $1 and $2::bigint is not null and $3::timestamptz is not null returning store"
)
COMMIT_LATE: Final = 0.03
RUNNING: Final[set[asyncio.Task[None]]] = set()


def plain_sequence() -> None:
    """N2: positions are drawn from a sequence, without the lock of the head."""

    async def lock(self: Transactions, connection: Connection, store: int) -> Head:
        row = await connection.fetchrow(DRAWN, store)
        assert row is not None
        await asyncio.sleep(random.uniform(0, 0.005))
        return Head(position=row["position"], floor=row["floor"], clock=row["clock"])

    async def once(self: Transactions, attempt: Attempt, connection: Connection, tail: object) -> Any:
        await self._locked(attempt, connection, None)
        return attempt.result()

    Transactions._lock = lock  # type: ignore[method-assign]
    Transactions._once = once  # type: ignore[method-assign]
    writing.ADVANCE = msgspec.structs.replace(writing.ADVANCE, text=MOVED)  # type: ignore[misc]


def checked_before() -> None:
    """N4: the precondition of a document is judged in a transaction of its own, before the one that writes."""

    async def change_later(
        self: Documents, key: Key, change: Callable[[Event | None], Draft | None], *, size: int, by: Caller
    ) -> None:
        subject = documents.subject(key, by.store_secret)
        keys = Keys(documents=(subject,))
        seen: dict[Any, Event] = {}

        def look(known: Known) -> Sequence[Draft]:
            seen.update(known)
            return ()

        log: Log = self._log
        await log.append(by.store, keys=keys, decide=look, credential=by.key, size=size)
        draft = change(seen.get(subject))
        drafts = () if draft is None else (draft,)
        await log.append(by.store, keys=keys, decide=lambda known: drafts, credential=by.key, size=size)

    Documents._change = change_later  # type: ignore[method-assign]


def acknowledged_early() -> None:
    """N6: a request is answered before the COMMIT of its transaction."""

    async def once(self: Transactions, attempt: Attempt, connection: Connection, tail: object) -> Any:
        ran: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        task = asyncio.ensure_future(_commit_late(self, attempt, ran))
        RUNNING.add(task)
        task.add_done_callback(RUNNING.discard)
        await ran
        return attempt.result()

    Transactions._once = once  # type: ignore[method-assign]


async def _commit_late(self: Transactions, attempt: Attempt, ran: "asyncio.Future[None]") -> None:
    try:
        async with storage.transaction(self._pool) as connection:
            head = await self._lock(connection, attempt.store.id)
            await attempt.run(connection, head, time.monotonic(), alone=False, locked=True)
            ran.set_result(None)
            await asyncio.sleep(COMMIT_LATE)
    except BaseException as error:
        if not ran.done():
            ran.set_exception(error)


def consistent_now() -> None:
    """N9: X-Experience-API-Consistent-Through is the time of the answer."""
    honest = Reader.find

    async def find(self: Reader, store: int, query: StatementQuery, *, mine: str | None) -> Page:
        page = await honest(self, store, query, mine=mine)
        return msgspec.structs.replace(page, through=datetime.now(UTC))

    Reader.find = find  # type: ignore[method-assign]


def one_too_far() -> None:
    """N13: what lies behind a position is read from one further on, wherever somebody resumes."""
    honest = events._after

    def after(request: web.Request, once: Mapping[str, str], form: events.Form) -> int | None:
        found = honest(request, once, form)
        return found + 1 if found else found

    events._after = after


DEFECTS: Final[Mapping[str, Callable[[], None]]] = {
    "N2": plain_sequence,
    "N4": checked_before,
    "N6": acknowledged_early,
    "N9": consistent_now,
    "N13": one_too_far,
}


def main(arguments: Sequence[str]) -> None:
    """Go on as the command that follows; the workers that it starts have the defect that is named first."""
    name, *rest = arguments
    if rest == ["worker"]:
        DEFECTS[name]()
        sys.exit(worker.run())
    honest = asyncio.create_subprocess_exec

    async def spawn(program: str, *_: str, **options: Any) -> asyncio.subprocess.Process:
        return await honest(program, "-m", "tests.guarantees.defects", name, "worker", **options)

    asyncio.create_subprocess_exec = spawn  # type: ignore[assignment]
    command(rest)


if __name__ == "__main__":
    main(sys.argv[1:])
