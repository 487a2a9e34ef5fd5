"""Makes stores, as events of the system's log."""

import secrets
import uuid

import orjson

from lrs.events import Draft, Kind
from lrs.log.append import Log
from lrs.log.group import Keys
from lrs.log.store import Created, Store
from lrs.log.stores import SYSTEM, Stores

SECRET = 32


async def create(log: Log, stores: Stores, name: str) -> Store:
    """A new store with an empty log; Conflict where the name is taken or is none."""
    draft = Draft(
        kind=Kind.STORE_CHANGED,
        subject=uuid.uuid4(),
        payload=orjson.dumps({"name": name}),
        filled=b"{}",
        detail=Created(name=name, secret=secrets.token_bytes(SECRET)),
    )
    await log.append(SYSTEM, keys=Keys(), decide=lambda known: (draft,), credential=None)
    return await stores.by_name(name)
