"""The Activities Resource. (1.0.3 Communication 2.5; 2.0 4.1.6.4)"""

from collections.abc import Sequence

from aiohttp import web

from lrs.http import params, responses
from lrs.http.keys import CALLER, SETTINGS, VERSION
from lrs.resources.keys import READ_ACTIVITIES
from lrs.xapi import formats, parameters


async def get(request: web.Request) -> web.Response:
    """The Activity of an id, known or not; its definition is told to those who may read all statements."""
    caller = request[CALLER].must("statements/read/mine", "profile", "define")
    given = parameters.read(
        params.read(request), ("activityId",), version=request[VERSION], limits=request.app[SETTINGS].limits
    )
    given.needed("activityId")
    activity = given.iri("activityId") or ""
    known: Sequence[bytes] = ()
    if caller.mine is None:
        known = (await request.app[READ_ACTIVITIES].definitions(caller.store, [activity])).get(activity, ())
    return responses.encoded(formats.activity(activity, known))
