"""From a request to its caller."""

from typing import Final, Protocol

from aiohttp import hdrs, web

from lrs.auth import basic
from lrs.auth.caller import Caller
from lrs.auth.remembered import Given, Remembered
from lrs.auth.throttle import Throttle
from lrs.errors import Unauthorized
from lrs.telemetry import metrics

# Where credentials alone are known, and users are not.
XAPI: Final = "/xAPI"


class Verifier(Protocol):
    """Who knows credentials."""

    def digest(self, secret: str) -> bytes:
        """What `prove` wants of a secret."""

    async def prove(self, key: str, digest: bytes) -> Caller:
        """Who has this key and the secret of that digest, now; else Unauthorized."""


class People(Protocol):
    """Who knows users."""

    async def prove(self, name: str, digest: bytes, *, store: str | None) -> Caller:
        """Who has this name and the password of that digest, in the store of that name; else Unauthorized."""

    async def check(self, caller: Caller, store: str) -> None:
        """Forbidden unless the caller's store has that name."""


class Gate:
    """Lets in those whom a verifier knows, and outside of the standard's resources users too.

    (1.0.3 Communication 4.0)
    """

    def __init__(self, verifier: Verifier, throttle: Throttle, people: People | None = None) -> None:
        self._verifier = verifier
        self._people = people
        self._throttle = throttle
        self._remembered = Remembered()

    async def identify(self, request: web.Request) -> Caller:
        """The caller of a request; Unauthorized, or TooMany after too many wrong secrets."""
        header = request.headers.get(hdrs.AUTHORIZATION)
        given = None if header is None else self._remembered.get(header)
        if given is None:
            return await self._learn(request, header)
        return await self._prove(request, given)

    async def _learn(self, request: web.Request, header: str | None) -> Caller:
        """The same, of a header that has not been right before; if it is, it will be known."""
        key, secret = basic.parse(header)
        given = Given(key, self._verifier.digest(secret))
        caller = await self._prove(request, given)
        if header is not None:
            self._remembered.add(header, given)
        return caller

    async def _prove(self, request: web.Request, given: Given) -> Caller:
        if self._throttle.is_counting:
            self._throttle.check(request.remote or "", given.key)
        try:
            return await self._who(request, given)
        except Unauthorized:
            self._throttle.count(request.remote or "", given.key)
            metrics.SIGN_INS_FAILED.add()
            raise

    async def _who(self, request: web.Request, given: Given) -> Caller:
        if self._people is None or request.path.startswith(XAPI):
            return await self._verifier.prove(given.key, given.digest)
        store = request.query.get("store")
        try:
            caller = await self._verifier.prove(given.key, given.digest)
        except Unauthorized:
            return await self._people.prove(given.key, given.digest, store=store)
        if store is not None:
            await self._people.check(caller, store)
        return caller
