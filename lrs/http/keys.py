"""What is found on an application and on a request, by typed keys."""

from typing import Final

from aiohttp import web

from lrs import config
from lrs.auth.caller import Caller
from lrs.http.deadlines import Deadlines
from lrs.xapi.parameters import Pairs
from lrs.xapi.versions import Version

SETTINGS: Final = web.AppKey("settings", config.Settings)
DEADLINES: Final = web.AppKey("deadlines", Deadlines)

CALLER: Final = web.RequestKey("caller", Caller)
VERSION: Final = web.RequestKey("version", Version)
# Where the alternate request syntax carried the body, it is here, with nothing left to read.
BODY: Final = web.RequestKey("body", bytes)
# And here are its parameters, in place of a query.
PARAMETERS: Final = web.RequestKey[Pairs]("parameters", tuple)
# Set where nothing sensible can follow on the connection, such as the rest of a body that never came.
CLOSE: Final = web.RequestKey("close", bool)
