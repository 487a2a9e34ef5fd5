"""Ends the sessions of followers that stand still in the middle of a statement, with the locks that others wait for.

A process that is frozen within a COPY (SIGSTOP, a paused machine) leaves a session that PostgreSQL ends by none of its
timeouts: it waits for the client's data. Whoever else follows sees it wait, look after look, and ends it. A session
that is idle within its transaction is ended by PostgreSQL itself.
"""

import asyncio
from datetime import datetime
from typing import Final

from lrs.errors import LrsError
from lrs.storage import pool as storage
from lrs.storage import sqlfile
from lrs.storage.pool import Pool
from lrs.telemetry import logs

SQL: Final = sqlfile.load(__package__, "frozen.sql")
# The application_name of followers' sessions: no other session is ever ended.
NAME: Final = "daybook followers"
# Looks in a row, so that a process that was asleep itself does not take its own sleep for another's.
LOOKS: Final = 10
LOOK_SECONDS: Final = 1.0


class Frozen:
    """Sessions under `name` of the log-in of `pool` that were seen to wait for their client, and how often in a row."""

    def __init__(self, pool: Pool, *, name: str = NAME, looks: int = LOOKS) -> None:
        self._pool = pool
        self._name = name
        self._looks = looks
        self._seen: dict[tuple[int, datetime], int] = {}

    async def look(self) -> list[int]:
        """Look once; the process ids of the sessions that were ended, as they waited at every one of the last looks."""
        async with storage.transaction(self._pool) as tx:
            await SQL.execute(tx, "by_itself")
            found = [(row["pid"], row["state_change"]) for row in await SQL.fetch(tx, "waiting", name=self._name)]
            self._seen = {each: self._seen.get(each, 0) + 1 for each in found}
            stuck = [each for each, looks in self._seen.items() if looks >= self._looks]
            return [
                pid
                for pid, since in stuck
                if await SQL.fetchval(tx, "end", name=self._name, pid=pid, state_change=since)
            ]


async def watch(pool: Pool) -> None:
    """Look every second until cancelled."""
    frozen = Frozen(pool)
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        try:
            for pid in await frozen.look():
                logs.warning("the session of a frozen follower was ended", pid=pid)
        except LrsError as error:
            logs.warning("frozen followers could not be looked for", reason=error.detail)
