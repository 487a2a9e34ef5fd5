"""Another LRS, as its client sees it: statements are sent, found by their id, and read page by page.

Nothing that it answers is believed: what is too long is cut off, no redirect is followed, and `more` must lead to the
host that was asked. (1.0.3 Communication 1.5, 2.1; 2.0 4.1.3, 4.1.6.1)
"""

import asyncio
import base64
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final
from urllib.parse import urlencode, urljoin
from uuid import UUID

import aiohttp
import msgspec
import yarl

from lrs.errors import Invalid, LrsError, TooLarge
from lrs.hooks import answered
from lrs.xapi.versions import Version

SECONDS: Final = 60.0
CONNECT_SECONDS: Final = 10.0
SILENT_SECONDS: Final = 30.0
WORDS_BYTES: Final = 64 * 1024
WORDS: Final = 600
PAGE_BYTES: Final = 100 * 1024 * 1024
# The body is at fault, not the moment: what is sent again as it is will be refused again.
REFUSALS: Final = frozenset((400, 409, 413, 415, 422))
THROUGH: Final = "X-Experience-API-Consistent-Through"

Query = Mapping[str, str]


class Away(LrsError):
    """The other LRS takes or gives nothing now; `seconds` is when it asks to be tried again, None where it does not.

    `status` of the answer is in `answered`, 0 where there was none.
    """

    status = 502
    title = "The other LRS is away"

    def __init__(self, detail: str, *, seconds: float | None = None, answered: int = 0) -> None:
        super().__init__(detail)
        self.seconds = seconds
        self.answered = answered


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Where another LRS is (`url` without `/statements`), in which version it is spoken to, and as whom."""

    url: str
    version: Version
    key: str

    @property
    def statements(self) -> str:
        """The Statement Resource."""
        return f"{self.url.rstrip('/')}/statements"


class Answer(msgspec.Struct, frozen=True):
    """An answer, read to its end or as far as was asked."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """The other LRS does not want what was sent: its status, and its words."""

    answered: int
    words: str


class Remote:
    """One other LRS, over connections that `connect` makes; `secret` is asked for at the first use.

    `page_bytes` is how much one page may be, `seconds` how long an answer may take.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        secret: Callable[[], Awaitable[str]],
        connect: Callable[[], aiohttp.BaseConnector],
        *,
        page_bytes: int = PAGE_BYTES,
        seconds: float = SECONDS,
    ) -> None:
        self.endpoint = endpoint
        self._secret = secret
        self._connect = connect
        self._page_bytes = page_bytes
        self._timeout = aiohttp.ClientTimeout(
            total=seconds, sock_connect=min(CONNECT_SECONDS, seconds), sock_read=min(SILENT_SECONDS, seconds)
        )
        self._session: aiohttp.ClientSession | None = None
        self._hidden: Sequence[str] = ()

    async def close(self) -> None:
        """Let go of the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _open(self) -> aiohttp.ClientSession:
        """The session, which proves who we are."""
        if self._session is None:
            secret = await self._secret()
            proof = base64.b64encode(f"{self.endpoint.key}:{secret}".encode()).decode()
            headers = {
                "Authorization": f"Basic {proof}",
                "X-Experience-API-Version": self.endpoint.version.value,
                "Accept-Encoding": "identity",
                "User-Agent": "daybook-lrs",
            }
            self._hidden = [each for each in (proof, secret) if each]
            self._session = aiohttp.ClientSession(
                connector=self._connect(), headers=headers, cookie_jar=aiohttp.DummyCookieJar()
            )
        return self._session

    def _hide(self, text: str) -> str:
        """The text without what opens the other LRS, should it have come back."""
        for secret in self._hidden:
            text = text.replace(secret, "…")
        return text

    async def send(self, body: bytes, content_type: str) -> Refused | None:
        """POST statements; None where they were taken. Away where it may be tried again as it is."""
        answer = await self._ask(
            "POST", self.endpoint.statements, {"Content-Type": content_type}, body=body, most=WORDS_BYTES
        )
        if answer.status in {200, 204}:
            return None
        if answer.status in REFUSALS:
            return Refused(answered=answer.status, words=self._words(answer))
        raise self._away(answer)

    async def find(self, statement_id: UUID) -> tuple[bytes, bool] | None:
        """The statement of that id as JSON, and whether it is voided there; None where there is none."""
        for name in ("statementId", "voidedStatementId"):
            url = f"{self.endpoint.statements}?{urlencode({name: str(statement_id), 'attachments': 'false'})}"
            answer = await self._ask("GET", url, {}, most=self._page_bytes)
            if answer.status == 200:
                return answer.body, name != "statementId"
            if answer.status != 404:
                raise self._away(answer)
        return None

    async def is_well(self) -> bool:
        """Whether it answers a simple question, be it that we may not ask."""
        try:
            answer = await self._ask("GET", f"{self.endpoint.statements}?limit=1", {}, most=self._page_bytes)
        except Away:
            return False
        return answer.status < 500

    async def reach(self) -> None:
        """Read one statement; Away or Invalid where that cannot be."""
        await self.page(self.first({"limit": "1"}))

    def first(self, query: Query) -> str:
        """The URL of the first page of what matches."""
        return f"{self.endpoint.statements}?{urlencode(query)}"

    def following(self, more: str) -> str:
        """The URL of a `more`, which must lead to the very host that was asked; else Invalid."""
        try:
            url = urljoin(self.endpoint.statements, more)
            # Read by the library that will connect, so that no two readings of it can differ.
            there, here = yarl.URL(url), yarl.URL(self.endpoint.statements)
            same = _place(there) == _place(here)
        except ValueError:
            url, same = "", False
        if not same:
            raise Invalid(
                "the other LRS gives a `more` that leads elsewhere, which is not followed: "
                f"{answered.plain(more)[:200]}",
                rule="`more` is relative to the LRS",
                paragraph="1.0.3 Data 2.5; 2.0 4.2.4.1",
            )
        return url

    async def page(self, url: str) -> Answer:
        """The page at an URL; Invalid where it is none any more, Away where it may be asked for again.

        TooLarge where it is longer than a page may be: ask for fewer statements then.
        """
        self.following(url)
        answer = await self._ask("GET", url, {"Accept": "multipart/mixed, application/json"}, most=self._page_bytes + 1)
        if answer.status == 200:
            if len(answer.body) > self._page_bytes:
                raise TooLarge(f"a page of the other LRS has more than {self._page_bytes} bytes")
            return answer
        if answer.status in {400, 404, 410}:
            raise Invalid(f"the other LRS answered {answer.status}: {self._words(answer)}")
        raise self._away(answer)

    async def _ask(
        self, method: str, url: str, headers: Mapping[str, str], *, body: bytes | None = None, most: int
    ) -> Answer:
        session = await self._open()
        try:
            async with session.request(
                method, url, data=body, headers=headers, allow_redirects=False, timeout=self._timeout
            ) as answer:
                read = await _head(answer.content, most)
                if len(read) >= most:
                    answer.close()
                return Answer(answer.status, answer.headers, read)
        except (aiohttp.ClientError, OSError, TimeoutError, asyncio.IncompleteReadError, ValueError) as error:
            words = self._hide(answered.plain(str(error))) or "no answer in time"
            raise Away(f"the other LRS cannot be reached: {type(error).__name__}: {words[:WORDS]}") from error

    def _words(self, answer: Answer) -> str:
        return self._hide(answered.plain(answer.body[: 8 * WORDS].decode(errors="replace")))[:WORDS].strip()

    def _away(self, answer: Answer) -> Away:
        hint = {
            401: "its credentials are wrong: give the key and secret of that LRS",
            403: "its credentials may not do this there",
            404: "there is no Statement Resource: is the URL right?",
        }.get(
            answer.status, "a redirect is not followed: give the URL it leads to" if answer.status // 100 == 3 else ""
        )
        words = "; ".join(filter(None, (hint, self._words(answer))))
        return Away(
            f"the other LRS answered {answer.status}: {words}",
            seconds=answered.retry_after(answer.headers.get("Retry-After"), time.time()),
            answered=answer.status,
        )


def _place(url: yarl.URL) -> tuple[object, ...]:
    return url.scheme, url.host, url.port, url.user, url.password


async def _head(content: aiohttp.StreamReader, most: int) -> bytes:
    """At most so many bytes of what comes."""
    blocks: list[bytes] = []
    size = 0
    while size < most and (block := await content.read(most - size)):
        blocks.append(block)
        size += len(block)
    return b"".join(blocks)
