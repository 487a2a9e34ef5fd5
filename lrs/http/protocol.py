"""aiohttp's connection with our time limits, and with our words where a request cannot even be parsed."""

import asyncio
import socket
from typing import Final

from aiohttp import HttpVersion10, HttpVersion11, hdrs, helpers, web

from lrs import config
from lrs.errors import Invalid, LrsError
from lrs.http import problems
from lrs.telemetry import logs

# What a client takes in at one go needs no limit of time.
SMALL_BYTES: Final = 64 * 1024
# Bodies are read by us; what is left is more than we take, and a moment lets the answer arrive before the end.
LINGER_SECONDS: Final = 1.0
# A message limit above any header, so that the standard's long `agent` parameters fit.
LINE_BYTES: Final = 64 * 1024


class Protocol(web.RequestHandler):
    """One connection: headers must end in time, answers must be taken, malformed requests get a plain 400."""

    __slots__ = ("_headers_due", "_idle", "_settings")

    def __init__(self, server: web.Server, settings: config.Settings, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(
            server,
            loop=loop,
            keepalive_timeout=settings.keepalive_seconds,
            access_log=None,  # type: ignore[arg-type]
            max_line_size=LINE_BYTES,
            max_field_size=LINE_BYTES,
            auto_decompress=False,
            lingering_time=LINGER_SECONDS,
        )
        self._settings = settings
        self._headers_due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a connection, which may be idle for as long as between two requests."""
        super().connection_made(transport)
        self._idle = self._loop.call_later(self._settings.keepalive_seconds, self.force_close)

    def data_received(self, data: bytes) -> None:
        """Take in what came; if it left a request without the end of its headers, that must follow in time."""
        self._idle.cancel()
        super().data_received(data)
        waits = not self._waiter.done() if self._waiter is not None else self._request_count == 0
        if waits and self._headers_due is None:
            self._headers_due = self._loop.call_later(self._settings.header_seconds, self.force_close)
        elif not waits:
            self._stop_waiting()

    def resume_reading(self, resume_parser: bool = True) -> None:
        """Read on where reading was paused; aiohttp says so after every body, and would run its parser for nothing."""
        if self._reading_paused:
            super().resume_reading(resume_parser)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Forget the connection."""
        self._idle.cancel()
        self._stop_waiting()
        super().connection_lost(exc)

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Send the answer; a client that does not take a large one at our least rate loses the connection."""
        if request.version != HttpVersion11 and request.version != HttpVersion10:
            # It is refused, and not in a version that is not spoken here.
            request._cache["version"] = HttpVersion11
        if type(resp) is not web.Response and isinstance(resp, web.HTTPException):
            # Raised before our middleware could see the request, such as 417.
            resp.headers["X-Experience-API-Version"] = self._settings.xapi_assumed_version
        body = resp.body if isinstance(resp, web.Response) else None
        size = len(body) if isinstance(body, bytes) else 0
        if size <= SMALL_BYTES:
            if isinstance(body, bytes) and size and self._is_usual(request, resp):
                return resp, await _send(request, resp, body)
            return await super().finish_response(request, resp, start_time)
        try:
            async with asyncio.timeout(self._settings.answer_seconds + size / self._settings.body_rate):
                return await super().finish_response(request, resp, start_time)
        except TimeoutError:
            self.force_close()
            return resp, True

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer to what is no HTTP, in our form and without the parser's words; the connection ends."""
        if request.writer.output_size > 0:
            raise ConnectionError("half of an answer is sent already")
        instance = problems.instance()
        if status == 400:
            logs.debug("malformed request", instance=instance, reason=type(exc).__name__)
            error: LrsError = Invalid("this is not a well-formed HTTP request", rule="http")
        elif isinstance(exc, ConnectionError):
            # Nobody is there to be answered.
            logs.debug("the client went away", instance=instance)
            error = Invalid("the request did not come whole", rule="http")
        else:
            logs.error("unforeseen error outside of a handler", cause=exc, instance=instance)
            error = problems.Broken(problems.GENERIC)
        answer = problems.answer(error, instance=instance)
        answer.headers["X-Experience-API-Version"] = self._settings.xapi_assumed_version
        answer.force_close()
        return answer

    def _is_usual(self, request: web.BaseRequest, resp: web.StreamResponse) -> bool:
        """Whether an answer with a body of bytes has nothing about it that aiohttp would have to see to."""
        return (
            type(resp) is web.Response
            and resp.status == 200
            and resp.keep_alive is None
            and not (resp.prepared or resp.chunked or resp.compression or resp._cookies)
            and request.version == HttpVersion11
            and request.method in ("POST", "GET")
            and request.keep_alive
            and not self._upgraded
        )

    def _stop_waiting(self) -> None:
        if self._headers_due is not None:
            self._headers_due.cancel()
            self._headers_due = None


async def _send(request: web.BaseRequest, resp: web.StreamResponse, body: bytes) -> bool:
    """Write a usual answer at one go, without all that aiohttp asks of any; whether the client is gone."""
    headers = resp.headers
    headers[hdrs.CONTENT_LENGTH] = str(len(body))
    headers.setdefault(hdrs.CONTENT_TYPE, "application/octet-stream")
    headers[hdrs.DATE] = helpers.rfc822_formatted_time()
    resp._keep_alive = True
    resp._eof_sent = True
    writer = request.writer
    try:
        await writer.write_headers("HTTP/1.1 200 OK", headers)
        await writer.write_eof(body)
    except ConnectionError:
        return True
    return False


async def listen(runner: web.AppRunner, sock: socket.socket, settings: config.Settings) -> asyncio.Server:
    """Serve the application of `runner`, which is set up, on a bound socket."""
    server = runner.server
    if server is None:
        raise RuntimeError("the runner must be set up first")
    loop = asyncio.get_running_loop()
    return await loop.create_server(lambda: Protocol(server, settings, loop), sock=sock, backlog=1024)
