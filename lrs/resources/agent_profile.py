"""The Agent Profile Resource. (1.0.3 Communication 2.6; 2.0 4.1.6.5)"""

from typing import Final

from lrs.resources.documents import Handlers
from lrs.xapi.documents import Resource

HANDLERS: Final = Handlers(Resource.AGENT_PROFILE, "profile")
