"""The Activity Profile Resource. (1.0.3 Communication 2.7; 2.0 4.1.6.6)"""

from typing import Final

from lrs.resources.documents import Handlers
from lrs.xapi.documents import Resource

HANDLERS: Final = Handlers(Resource.ACTIVITY_PROFILE, "profile")
