"""What the resources are given by `main`, by typed keys of the application."""

from collections.abc import Callable
from typing import Final
from uuid import UUID

from aiohttp import web

from lrs import readers
from lrs.auth.users import Users
from lrs.hooks.feed import Feed
from lrs.hooks.operating import Operating
from lrs.http.behind import Behind
from lrs.http.middlewares import Gate
from lrs.http.readiness import Readiness
from lrs.log.stores import Stores
from lrs.recording import documents, statements
from lrs.recording.looks import Sittings
from lrs.recording.quarantine import Quarantine
from lrs.recording.reference import References
from lrs.telemetry import metrics

RECORD_STATEMENTS: Final = web.AppKey("record_statements", statements.Statements)
RECORD_DOCUMENTS: Final = web.AppKey("record_documents", documents.Documents)
QUARANTINE: Final = web.AppKey("quarantine", Quarantine)
READ_STATEMENTS: Final = web.AppKey[readers.Statements]("read_statements")
READ_DOCUMENTS: Final = web.AppKey[readers.Documents]("read_documents")
READ_PEOPLE: Final = web.AppKey[readers.People]("read_people")
READ_ACTIVITIES: Final = web.AppKey[readers.Activities]("read_activities")
READ_BLOBS: Final = web.AppKey[readers.Blobs]("read_blobs")
REFERENCES: Final = web.AppKey("references", References)
FEED: Final = web.AppKey("feed", Feed)
SITTINGS: Final = web.AppKey("sittings", Sittings)
STORES: Final = web.AppKey("stores", Stores)
GATE: Final = web.AppKey[Gate]("gate")
USERS: Final = web.AppKey("users", Users)
HOOKS: Final = web.AppKey("hooks", Operating)
IDS: Final = web.AppKey[Callable[[], UUID]]("ids")
NOW: Final = web.AppKey[Callable[[], float]]("now")
BEHIND: Final = web.AppKey("behind", Behind)
READINESS: Final = web.AppKey("readiness", Readiness)
FIGURES: Final = web.AppKey[Callable[[], metrics.Snapshot]]("figures")
