"""What is found on an application and on a request, by typed keys."""

from datetime import datetime
from typing import Final

import msgspec
from aiohttp import web

from lrs import config
from lrs.auth.caller import Caller
from lrs.http.deadlines import Deadlines
from lrs.xapi.parameters import Pairs
from lrs.xapi.versions import Version


class Carried(msgspec.Struct, frozen=True):
    """Body and parameters of a request that came as a form: nothing of them is left to read."""

    body: bytes
    parameters: Pairs


SETTINGS: Final = web.AppKey("settings", config.Settings)
DEADLINES: Final = web.AppKey("deadlines", Deadlines)

CALLER: Final = web.RequestKey("caller", Caller)
VERSION: Final = web.RequestKey("version", Version)
# What the alternate request syntax carried, None for every other request. It is always set, for asking whether a key is
# there costs more than the rest of what is done with it.
CARRIED: Final = web.RequestKey[Carried | None]("carried", Carried)
# Whether nothing sensible can follow on the connection, such as after a body whose rest never came. Always set.
CLOSE: Final = web.RequestKey("close", bool)
# What Consistent-Through may claim for an answer that looked things up without saying how late: the floor before that.
FLOOR: Final = web.RequestKey("floor", datetime)
