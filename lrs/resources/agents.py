"""The Agents Resource. (1.0.3 Communication 2.4; 2.0 4.1.6.3)"""

from aiohttp import web

from lrs.http import params, responses
from lrs.http.keys import CALLER, SETTINGS, VERSION
from lrs.resources.keys import READ_PEOPLE
from lrs.xapi import actors, formats, parameters


async def get(request: web.Request) -> web.Response:
    """The Person for an Agent, known or not; names seen are told to those who may read all statements."""
    caller = request[CALLER].must("statements/read/mine", "profile")
    given = parameters.read(
        params.read(request), ("agent",), version=request[VERSION], limits=request.app[SETTINGS].limits
    )
    agent = given.actor()
    ifi = actors.ifi(agent)
    names = await request.app[READ_PEOPLE].names(caller.store, ifi) if ifi and caller.mine is None else ()
    return responses.encoded(formats.person(agent, names))
