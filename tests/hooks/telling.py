"""Events as followers are told of them, without a database."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import orjson

from lrs.events import Kind
from lrs.log.read import Told
from lrs.log.store import Store
from tests.world import statement

STORE = Store(id=1, name="default", uuid=UUID("7d0c1f52-6a0e-4d7a-9d5f-0a6a2f1f7b11"), epoch=1, secret=b"of the tests")
STORED = datetime(2026, 1, 31, 12, tzinfo=UTC)
AUTHORITY = {"account": {"homePage": "http://localhost", "name": "tests"}}


def told(kind: Kind, payload: Any, filled: Any = None, *, position: int = 1) -> Told:
    """An event of that kind."""
    return Told(position, kind, STORED, uuid4(), orjson.dumps(payload), orjson.dumps(filled or {}))


def stated(*, position: int = 1, **changes: Any) -> Told:
    """The event of the smallest statement, changed."""
    sent = statement(**changes)
    filled = {"authority": AUTHORITY, "id": str(uuid4()), "version": "2.0.0", "timestamp": "2026-01-31T12:00:00Z"}
    return told(Kind.STATEMENT_STORED, sent, filled, position=position)
