"""The About Resource, for everybody. (1.0.3 Communication 2.8; 2.0 4.1.6.7)"""

from typing import Final

import msgspec
from aiohttp import web

from lrs.http import params, responses
from lrs.http.keys import SETTINGS, VERSION
from lrs.xapi import parameters
from lrs.xapi.versions import Version

LIMITS: Final = "urn:x-daybook:limits"


async def get(request: web.Request) -> web.Response:
    """The versions that are spoken here, and how large requests may be."""
    limits = request.app[SETTINGS].limits
    parameters.read(params.read(request), (), version=request[VERSION], limits=limits)
    versions = [version.value for version in Version]
    return responses.json({"version": versions, "extensions": {LIMITS: msgspec.to_builtins(limits)}})
