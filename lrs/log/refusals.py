"""Refused statements as they are kept. They are no events and take no position."""

import msgspec

from lrs.storage import pool as storage
from lrs.storage import sqlfile
from lrs.storage.pool import Pool

SQL = sqlfile.load(__package__, "refusals.sql")


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """A body that was refused, from whom, as what, and why: reason, JSON Pointer, rule."""

    store: int
    credential: str
    version: str
    content_type: str
    body: bytes
    reason: str
    pointer: str | None
    rule: str | None


async def keep(pool: Pool, refusal: Refusal, *, days: int, size: int) -> None:
    """Keep a refusal, and of its credential no more than `size` bytes, none older than `days`."""
    async with storage.connection(pool) as connection:
        await SQL.execute(
            connection,
            "keep",
            store=refusal.store,
            credential=refusal.credential,
            version=refusal.version,
            content_type=_text(refusal.content_type),
            body=refusal.body,
            reason=_text(refusal.reason),
            pointer=None if refusal.pointer is None else _text(refusal.pointer),
            rule=refusal.rule,
        )
        await SQL.execute(
            connection, "prune", store=refusal.store, credential=refusal.credential, days=days, bytes=size
        )


def _text(value: str) -> str:
    """PostgreSQL's text holds no U+0000, and no half of a surrogate pair."""
    return value.replace("\0", "\N{SYMBOL FOR NULL}").encode("utf-8", "replace").decode()
