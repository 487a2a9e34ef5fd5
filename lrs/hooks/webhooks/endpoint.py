"""The other end of a webhook: sends one request at a time to it, and reads no more of the answer than is of use."""

import asyncio
import os
import ssl
import time
from typing import Final

import aiohttp
import msgspec
from aiohttp.abc import AbstractResolver

import lrs
from lrs.errors import Invalid
from lrs.hooks import answered, targets
from lrs.hooks.targets import Allow

TOTAL_SECONDS: Final = 10.0
CONNECT_SECONDS: Final = 3.0
# Its status has told all that matters; what else it says is waited for no longer than this.
BODY_SECONDS: Final = 1.0
READ_BYTES: Final = 65_536
KEPT_BYTES: Final = 2_048
AGENT: Final = f"Daybook/{lrs.__version__}"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a request that began at `at` (POSIX seconds): a status, or the error that there was none by.

    `response` is the beginning of the body; `retry_after` seconds, at most an hour.
    """

    at: float
    milliseconds: int
    status: int | None = None
    error: str | None = None
    response: bytes = b""
    retry_after: float | None = None

    @property
    def is_success(self) -> bool:
        """Whether the message arrived."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def words(self) -> str:
        """The error, or the status in words."""
        if self.error is not None:
            return self.error
        if self.status is not None and 300 <= self.status < 400:
            return f"answered {self.status}: redirects are not followed, set the URL that it leads to"
        return f"answered {self.status}"


class Endpoint:
    """An URL that is sent to over connections of its own, `limit` at once; nothing follows redirects or proxies."""

    def __init__(
        self,
        url: str,
        allow: Allow,
        *,
        ca_file: str = "",
        limit: int = 1,
        resolver: AbstractResolver | None = None,
        seconds: float = TOTAL_SECONDS,
    ) -> None:
        self.url = url
        self._allow = allow
        self._ca_file = ca_file
        self._limit = limit
        self._resolver = resolver
        self._timeout = aiohttp.ClientTimeout(total=seconds, sock_connect=min(CONNECT_SECONDS, seconds))
        self._session: aiohttp.ClientSession | None = None

    async def post(self, body: bytes, headers: dict[str, str]) -> Answer:
        """Send one message; what came of it. It never raises, save when it is cancelled."""
        begun, at = time.monotonic(), time.time()
        try:
            target = targets.check(self.url, self._allow)
            async with self._opened().post(
                target, data=body, headers=headers, allow_redirects=False, timeout=self._timeout
            ) as answer:
                response = await _head(answer)
                status, after = answer.status, answered.retry_after(answer.headers.get("Retry-After"), at)
        except TimeoutError:
            return Answer(at=at, milliseconds=_since(begun), error="no answer in time")
        except (aiohttp.ClientError, OSError, ValueError, Invalid) as error:
            return Answer(at=at, milliseconds=_since(begun), error=_words(error))
        return Answer(at=at, milliseconds=_since(begun), status=status, response=response, retry_after=after)

    async def aclose(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=targets.connector(
                    self._allow, resolver=self._resolver, ca_file=self._ca_file, limit=self._limit
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={
                    "User-Agent": AGENT,
                    "Content-Type": "application/json",
                    "Accept": "*/*",
                    "Accept-Encoding": "identity",
                },
                auto_decompress=False,
                trust_env=False,
                read_bufsize=READ_BYTES // 2,
            )
        return self._session


async def _head(answer: aiohttp.ClientResponse) -> bytes:
    """The beginning of the body; the connection is closed where there is more than we read."""
    blocks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while size < READ_BYTES and (block := await answer.content.read(READ_BYTES - size)):
                blocks.append(block)
                size += len(block)
    except (TimeoutError, aiohttp.ClientError, OSError):
        answer.close()
    if size >= READ_BYTES:
        answer.close()
    return b"".join(blocks)[:KEPT_BYTES]


def _words(error: Exception) -> str:
    words = str(error) or type(error).__name__
    if isinstance(error, aiohttp.ClientConnectorError):
        words = _connecting(error.os_error)
    return answered.plain(words)[:500]


def _connecting(error: OSError) -> str:
    """Why there is no connection; the number of a look-up that failed is negative, a barred address has none."""
    if error.errno is not None and error.errno > 0 and not isinstance(error, ssl.SSLError):
        return f"cannot connect: {os.strerror(error.errno)}"
    return error.strerror or str(error) or "the connection was ended within the TLS handshake"


def _since(begun: float) -> int:
    return round((time.monotonic() - begun) * 1000)
