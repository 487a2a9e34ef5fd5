"""Hearing of changed credentials as they are committed, on a connection of its own that must prove that it lives."""

import asyncio
import time
from typing import Final

import asyncpg

from lrs.auth.credentials import SQL, Credentials
from lrs.telemetry import logs, metrics

CHANNEL: Final = "lrs_credentials"
BEAT_SECONDS: Final = 0.5
PATIENCE_SECONDS: Final = 1.0
RETRY_SECONDS: Final = 0.5


class Listener:
    """Keeps `credentials` as the database has them, for as long as it runs."""

    def __init__(self, dsn: str, credentials: Credentials, *, role: str | None = None) -> None:
        self._dsn = dsn
        self._credentials = credentials
        self._settings = {"application_name": "daybook credentials"} | ({} if role is None else {"role": role})
        self._heard = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to listen, now and again whenever the connection was lost."""
        self._task = asyncio.get_running_loop().create_task(self._listen(), name="credentials")

    async def stop(self) -> None:
        """Listen no more; from now on every request asks the database."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _listen(self) -> None:
        while True:
            try:
                await self._follow()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                logs.warning("cannot hear of changed credentials", reason=type(error).__name__)
            except Exception as error:
                logs.error("cannot hear of changed credentials", cause=error)
            finally:
                self._credentials.distrust()
                metrics.LISTENING.set(0)
            await asyncio.sleep(RETRY_SECONDS)

    async def _follow(self) -> None:
        connection = await asyncpg.connect(
            self._dsn, timeout=2, command_timeout=PATIENCE_SECONDS, server_settings=self._settings
        )
        try:
            await connection.add_listener(CHANNEL, self._hear)
            # Only now, so that no change falls between what is read and what is heard.
            await self._credentials.load(connection)
            while True:
                await self._beat(connection)
        finally:
            connection.terminate()

    async def _beat(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        asked = time.monotonic()
        await SQL.fetchval(connection, "beat")
        self._credentials.trust(asked)
        metrics.LISTENING.set(1)
        await self._credentials.load_changed(connection)
        self._heard.clear()
        try:
            async with asyncio.timeout(BEAT_SECONDS):
                await self._heard.wait()
        except TimeoutError:
            return

    def _hear(self, connection: object, pid: int, channel: str, payload: object) -> None:
        self._credentials.drop(str(payload))
        self._heard.set()
