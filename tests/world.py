"""A store with its log and readers on a test's database, and statements in the words of a test."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import msgspec
import orjson

from lrs.auth.caller import Caller
from lrs.hooks import registry
from lrs.log import blobs, read
from lrs.log.append import Log
from lrs.log.floor import Floors
from lrs.log.store import Store
from lrs.log.stores import Stores
from lrs.recording import stores as recording
from lrs.recording.documents import Documents
from lrs.recording.statements import Recorded, Statements
from lrs.storage.pool import Pool
from lrs.xapi.limits import Limits
from lrs.xapi.query import StatementQuery
from lrs.xapi.statements import receive
from lrs.xapi.versions import Version
from projections.activities import inline as activities
from projections.activities import reader as activity_reader
from projections.documents import inline as documents
from projections.documents import reader as document_reader
from projections.people import inline as people
from projections.people import reader as people_reader
from projections.statements import inline as statements
from projections.statements import reader as statement_reader

MBOX = "mailto:ada@example.org"
VERB = "http://adlnet.gov/expapi/verbs/experienced"
VOIDED = "http://adlnet.gov/expapi/verbs/voided"
ACTIVITY = "https://example.org/unit/1"


def statement(**changes: Any) -> dict[str, Any]:
    """The smallest statement, changed."""
    return {"actor": {"mbox": MBOX}, "verb": {"id": VERB}, "object": {"id": ACTIVITY}} | changes


def refers(target: UUID, **changes: Any) -> dict[str, Any]:
    """A statement about another one."""
    return statement(
        **{
            "id": str(uuid4()),
            "actor": {"mbox": "mailto:eve@example.org"},
            "verb": {"id": "https://example.org/verbs/confirmed"},
            "object": {"objectType": "StatementRef", "id": str(target)},
        }
        | changes
    )


def voids(target: UUID, **changes: Any) -> dict[str, Any]:
    """A statement that voids another one."""
    return refers(target, verb={"id": VOIDED}, **changes)


class World(msgspec.Struct, kw_only=True):
    """Everything between a handler and the database, for one store."""

    pool: Pool
    stores: Stores
    store: Store
    floors: Floors
    log: Log
    caller: Caller

    @property
    def statements(self) -> statement_reader.Reader:
        return statement_reader.Reader(self.pool, self.pool, self.stores, self.floors)

    @property
    def documents(self) -> document_reader.Reader:
        return document_reader.Reader(self.pool)

    @property
    def people(self) -> people_reader.Reader:
        return people_reader.Reader(self.pool, self.stores)

    @property
    def activities(self) -> activity_reader.Reader:
        return activity_reader.Reader(self.pool, self.stores)

    @property
    def blobs(self) -> blobs.Reader:
        return blobs.Reader(self.pool)

    @property
    def events(self) -> read.Reader:
        return read.Reader(self.pool)

    @property
    def changes(self) -> Documents:
        return Documents(self.log, Limits())

    async def send(
        self, *sent: dict[str, Any], by: Caller | None = None, version: Version = Version.V1_0_3
    ) -> Recorded:
        """Record statements as a POST does."""
        body = orjson.dumps(sent[0] if len(sent) == 1 else list(sent))
        receipt = receive(body, "application/json", version=version, ids=uuid4)
        return await Statements(self.log).record(receipt, version=version, by=by or self.caller)

    async def find(self, *, mine: str | None = None, **query: Any) -> Sequence[UUID]:
        """The ids that a query gives, over all its pages."""
        wanted = StatementQuery(**query)
        found: list[UUID] = []
        while True:
            page = await self.statements.find(self.store.id, wanted, mine=mine)
            for each in page.statements:
                named = orjson.loads(each.filled) | orjson.loads(each.payload)
                found.append(UUID(named["id"]))
            if page.next_position is None:
                return found
            wanted = msgspec.structs.replace(wanted, position=page.next_position)

    def credential(self, key: str, *scopes: str) -> Caller:
        """Another caller of the store."""
        return msgspec.structs.replace(
            self.caller,
            key=key,
            scopes=frozenset(scopes or ("all",)),
            authority=orjson.dumps({"account": {"homePage": "https://lrs.example.org", "name": key}}),
            authority_ifi=f"account:https://lrs.example.org|{key}",
        )


async def make(pool: Pool, name: str = "school") -> World:
    """A world with an empty store."""
    stores = Stores(pool)
    log = Log(
        pool,
        stores,
        [stores, statements.Inline(), documents.Inline(), people.Inline(), activities.Inline(), registry.Inline()],
    )
    store = await recording.create(log, stores, name)
    caller = Caller(
        store=store.id,
        key="key",
        scopes=frozenset({"all"}),
        authority=b'{"account":{"homePage":"https://lrs.example.org","name":"key"}}',
        authority_ifi="account:https://lrs.example.org|key",
        store_secret=store.secret,
    )
    return World(pool=pool, stores=stores, store=store, floors=Floors(pool), log=log, caller=caller)
