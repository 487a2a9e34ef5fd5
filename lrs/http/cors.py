"""Which pages may call the LRS from a browser: an allow-list, each origin by its exact spelling, never all of them.

Credentials travel in the Authorization header, which a script sets by itself, so the credentials flag is never set.
"""

import re
from collections.abc import Collection
from typing import Final

from aiohttp import web
from multidict import CIMultiDict

LOOPBACK: Final = re.compile(r"https?://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?")
PREFLIGHT: Final = {
    "Access-Control-Allow-Methods": "GET, HEAD, PUT, POST, DELETE",
    "Access-Control-Allow-Headers": "Accept, Accept-Language, Authorization, Content-Type, Content-Encoding, If-Match, "
    "If-None-Match, X-Experience-API-Version",
    "Access-Control-Max-Age": "600",
}
EXPOSED: Final = "ETag, Last-Modified, Retry-After, X-Experience-API-Version, X-Experience-API-Consistent-Through"


class Origins:
    """The origins that are allowed; with `loopback`, also those of this machine, at any port."""

    def __init__(self, allowed: Collection[str], *, loopback: bool) -> None:
        self._allowed = frozenset(allowed)
        self._loopback = loopback

    def allows(self, origin: str) -> bool:
        """Whether a page of `origin` may read our answers."""
        return origin in self._allowed or (self._loopback and LOOPBACK.fullmatch(origin) is not None)

    def preflight(self, origin: str | None) -> web.Response:
        """The answer to OPTIONS, which browsers send without credentials."""
        allowed = origin is not None and self.allows(origin)
        return web.Response(status=204, headers=PREFLIGHT if allowed else {"Allow": "GET, HEAD, PUT, POST, DELETE"})

    def mark(self, headers: CIMultiDict[str], origin: str | None) -> None:
        """Say in an answer to `origin` that its page may read it."""
        if origin is not None and self.allows(origin):
            headers["Access-Control-Allow-Origin"] = origin
            headers["Access-Control-Expose-Headers"] = EXPOSED
