"""Keeps who looked at whose records: one event for each query of personal data, on disk before it is answered."""

import uuid

import msgspec

from lrs.events import Draft, Kind, Look
from lrs.log.append import Log
from lrs.log.group import Keys


class Looks:
    """Records looks in the log of the store whose records they were."""

    def __init__(self, log: Log) -> None:
        self._log = log

    async def looked(self, store: int, look: Look) -> None:
        """`RecordsRead`, or of a file `RecordsExported`; Unavailable where it cannot be kept: then show nothing."""
        kind = Kind.RECORDS_READ if look.format == "json" else Kind.RECORDS_EXPORTED
        draft = Draft(kind=kind, subject=uuid.uuid4(), payload=msgspec.json.encode(look), filled=b"{}", detail=look)
        await self._log.append(store, keys=Keys(), decide=lambda known: [draft], credential=look.who)
