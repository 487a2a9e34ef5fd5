"""From a request to its caller."""

from typing import Protocol

from aiohttp import web

from lrs.auth import basic
from lrs.auth.caller import Caller
from lrs.auth.throttle import Throttle
from lrs.errors import Unauthorized
from lrs.telemetry import metrics


class Verifier(Protocol):
    """Who knows credentials."""

    async def verify(self, key: str, secret: str) -> Caller:
        """Who has this key and secret; else Unauthorized."""


class Gate:
    """Lets in those whom a verifier knows. (1.0.3 Communication 4.0)"""

    def __init__(self, verifier: Verifier, throttle: Throttle) -> None:
        self._verifier = verifier
        self._throttle = throttle

    async def identify(self, request: web.Request) -> Caller:
        """The caller of a request; Unauthorized, or TooMany after too many wrong secrets."""
        key, secret = basic.parse(request.headers.get("Authorization"))
        address = request.remote or ""
        self._throttle.check(address, key)
        try:
            return await self._verifier.verify(key, secret)
        except Unauthorized:
            self._throttle.count(address, key)
            metrics.SIGN_INS_FAILED.add()
            raise
