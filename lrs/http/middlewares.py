"""What every request goes through: the version, the caller and, whatever happens, one answer in our form.

It is one middleware, since it is run for every request and its parts must come in just this order.
"""

import asyncio
import functools
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final, Protocol

import msgspec
from aiohttp import HttpVersion10, HttpVersion11, hdrs, web
from multidict import CIMultiDict, istr

from lrs import config, errors
from lrs.auth.caller import Caller
from lrs.errors import LrsError
from lrs.http import addresses, alternate, body, problems, responses
from lrs.http.cors import Origins
from lrs.http.deadlines import Deadlines
from lrs.http.keys import CALLER, CARRIED, CLOSE, FLOOR, VERSION
from lrs.http.rates import Rates
from lrs.http.readiness import Readiness
from lrs.telemetry import logs, metrics
from lrs.xapi import versions
from lrs.xapi.versions import Version

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

XAPI: Final = "/xAPI"
ABOUT: Final = "/xAPI/about"
STATEMENTS: Final = "/xAPI/statements"
# What is ours and not the standard's, and asks who is there.
CLOSED: Final = ("/analytics/", "/admin/", "/events/")
VERSION_HEADER: Final = istr("X-Experience-API-Version")
THROUGH_HEADER: Final = istr("X-Experience-API-Consistent-Through")
SPOKEN: Final = (HttpVersion11, HttpVersion10)
METHODS: Final = frozenset({"GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"})
READING: Final = ("GET", "HEAD")
# What every answer has, and what each answer of the standard has besides, ready to be copied.
EVERYWHERE: Final = CIMultiDict({"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Server": "Daybook"})
VARY: Final = {"Vary": "Authorization, Origin, X-Experience-API-Version"}
SPEAKING: Final = {each: CIMultiDict({**EVERYWHERE, **VARY, VERSION_HEADER: each.value}) for each in Version}
# Clients send the same few over and over.
_chosen = functools.lru_cache(maxsize=64)(versions.choose)


class NotAllowed(LrsError):
    """A method that a page outside of the standard's does not have."""

    status = 405
    title = "Method not allowed"


class Gate(Protocol):
    """Who knows the callers."""

    async def identify(self, request: web.Request) -> Caller:
        """Who asks; else Unauthorized."""


class Floors(Protocol):
    """Until when what is stored can be seen."""

    def last(self, store: int | None) -> datetime:
        """The last known floor of a store, or of all; asks nobody."""

    async def through(self, store: int) -> datetime:
        """The floor of a store, at most about a second old."""


class Front(msgspec.Struct, frozen=True, kw_only=True):
    """Where requests come in."""

    settings: config.Settings
    gate: Gate
    floors: Floors
    origins: Origins
    deadlines: Deadlines
    readiness: Readiness
    rates: Rates | None = None

    @web.middleware
    async def answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """The answer to a request: that of its handler, or the problem that came in between."""
        begun = time.perf_counter()
        task = self.deadlines.begin()
        request[CARRIED] = None
        request[CLOSE] = False
        try:
            answer = await self._serve(request, handler)
        except (Exception, asyncio.CancelledError) as error:
            answer = self._refuse(request, error)
        finally:
            self.deadlines.end(task)
        if not (request.content.is_eof() or request[CLOSE]):
            await body.drain(request)
        if request.path.startswith(STATEMENTS) and THROUGH_HEADER not in answer.headers:
            answer.headers[THROUGH_HEADER] = responses.instant(await self._through(request, answer))
        self._complete(request, answer)
        self._count(request, answer, begun)
        return answer

    async def _serve(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if len(self.deadlines) > self.settings.in_flight:
            metrics.REFUSED_LOAD.add("in flight")
            raise errors.Unavailable("too many requests at once: send the same again, later")
        _check_message(request)
        if not request.path.startswith(XAPI):
            if request.path.startswith(CLOSED):
                await self._admit(request)
            return await handler(request)
        if request.method == "OPTIONS":
            return self.origins.preflight(request.headers.get("Origin"))
        asked = request
        if "method=" in request.raw_path and alternate.is_used(request):
            asked = await alternate.unfold(request)
            handler = (await request.app.router.resolve(asked)).handler
        asked[VERSION] = request[VERSION] = self._version(asked)
        if _is_closed(request):
            caller = request[CALLER] = await self._admit(asked)
            if asked.method in READING and asked.path.startswith(STATEMENTS):
                # Before the look and not after it: what is stored in between is not in the answer.
                request[FLOOR] = await self._floor(caller.store)
        return await handler(asked)

    async def _admit(self, request: web.Request) -> Caller:
        """Whoever asks, now found on the request; else Unauthorized, or TooMany."""
        _once(request, hdrs.AUTHORIZATION)
        caller = request[CALLER] = await self.gate.identify(request)
        if self.rates is not None:
            self.rates.use(caller.key)
        return caller

    def _version(self, request: web.Request) -> Version:
        """The version that the request chose. (1.0.3 Communication 3.3; 2.0 4.1.7)"""
        version = _chosen(_once(request, VERSION_HEADER))
        if version is not None:
            return version
        if not _is_closed(request):
            return self._assumed()
        raise errors.Invalid(
            f"the header {VERSION_HEADER} is missing: send 1.0.3 or 2.0.0",
            rule="every request names its version",
            paragraph="1.0.3 Communication 3.3; 2.0 4.1.7",
        )

    def _refuse(self, request: web.Request, error: BaseException) -> web.Response:
        """The answer that tells of an error; what nobody foresaw is logged, and told in general words."""
        instance = problems.instance()
        ours = _ours(error, self.deadlines, request)
        if ours is None:
            logs.error("unforeseen error", cause=error, instance=instance, method=request.method, path=request.path)
            ours = problems.Broken(problems.GENERIC)
        if ours.status == 503:
            logs.warning("unavailable", instance=instance, path=request.path, reason=ours.detail)
        return problems.answer(ours, instance=instance, accept=request.headers.get("Accept", ""))

    async def _through(self, request: web.Request, answer: web.StreamResponse) -> datetime:
        """The floor for an answer whose handler gave none; clients poll for it, so that an old one is a long wait."""
        if CALLER not in request:
            return self.floors.last(None)
        if FLOOR in request:
            return request[FLOOR]
        store = request[CALLER].store
        return await self._floor(store) if answer.status < 500 else self.floors.last(store)

    async def _floor(self, store: int) -> datetime:
        """The floor of a store as it is, or as it was last known where the database cannot be asked."""
        try:
            return await self.floors.through(store)
        except LrsError:
            return self.floors.last(store)

    def _complete(self, request: web.Request, answer: web.StreamResponse) -> None:
        """Put in what every answer has, errors too."""
        headers = answer.headers
        if request.path.startswith(XAPI):
            headers.update(SPEAKING[self._spoken(request)])
            origin = request.headers.get(hdrs.ORIGIN)
            if origin is not None:
                self.origins.mark(headers, origin)
        else:
            headers.update(EVERYWHERE)
        if request[CLOSE] or self.readiness.is_leaving:
            answer.force_close()

    def _spoken(self, request: web.Request) -> Version:
        """The version of the answer: that of the request as far as it can be told."""
        if VERSION in request:
            return request[VERSION]
        try:
            return versions.choose(request.headers.get(VERSION_HEADER)) or self._assumed()
        except errors.Invalid:
            return self._assumed()

    def _assumed(self) -> Version:
        return Version(self.settings.xapi_assumed_version)

    def _count(self, request: web.Request, answer: web.StreamResponse, begun: float) -> None:
        seconds = time.perf_counter() - begun
        method = request.method if request.method in METHODS else "other"
        resource = _resource(request)
        metrics.REQUESTS.add(resource, method, str(answer.status))
        metrics.SECONDS.observe(seconds, resource, method)
        if self.settings.access_log:
            logs.info(
                "request",
                method=method,
                path=request.path,
                status=answer.status,
                milliseconds=round(seconds * 1000, 2),
                credential=request[CALLER].key if CALLER in request else None,
            )


def _is_closed(request: web.Request) -> bool:
    """Whether credentials and a version are needed: everywhere but in About. (1.0.3 Communication 2.8; 2.0 4.1.6.7)"""
    return request.path != ABOUT


def _check_message(request: web.Request) -> None:
    """Invalid for what the parser lets through and could be two things. (RFC 9112 2.3, 6.1)"""
    if request.version not in SPOKEN:
        request[CLOSE] = True
        raise errors.Invalid("this server speaks HTTP/1.1", rule="http")
    coding = request.headers.get(hdrs.TRANSFER_ENCODING)
    if coding is not None and (coding.lower() != "chunked" or request.version != HttpVersion11):
        request[CLOSE] = True
        raise errors.Invalid("a Transfer-Encoding is `chunked`, and there is none in HTTP/1.0", rule="http")


def _once(request: web.Request, name: str) -> str | None:
    """The value of a header; Invalid where it is given twice, since a proxy may have looked at the other one."""
    values = request.headers.getall(name, ())
    if len(values) > 1:
        raise errors.Invalid(f"the header {name} is given {len(values)} times", rule="http")
    return values[0] if values else None


def _resource(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return "none" if resource is None else resource.canonical


def _ours(error: BaseException, deadlines: Deadlines, request: web.Request) -> LrsError | None:
    """An error as one of ours, None where it is a defect; a connection that is gone or closing is nobody's."""
    if isinstance(error, LrsError):
        return error if error.status != 500 else None
    if isinstance(error, web.HTTPNotFound):
        return errors.NotFound(addresses.words(request))
    if isinstance(error, web.HTTPMethodNotAllowed):
        # The standard's list of statuses has no 405. (1.0.3 Communication 3.2; 2.0 4.1.5)
        if request.path.startswith(XAPI):
            return errors.Invalid(f"this resource has no {request.method[:20]!r}", rule="method")
        return NotAllowed(
            f"this page has no {request.method[:20]!r}; it has {', '.join(sorted(error.allowed_methods))}"
        )
    if isinstance(error, asyncio.CancelledError) and deadlines.is_overdue():
        return errors.Unavailable("this took too long: send the same again, with the same ids")
    if isinstance(error, asyncio.CancelledError | ConnectionError | web.HTTPException):
        raise error
    return None
