"""Records documents: preconditions and the change they guard are one decision. (1.0.3 Communication 3.1; 2.0 4.1.4)"""

from collections.abc import Callable, Sequence

import msgspec
import orjson

from lrs.auth.caller import Caller
from lrs.events import DocumentDetail, Draft, Event, Kind
from lrs.log.append import Log
from lrs.log.group import Keys, Known
from lrs.xapi import documents
from lrs.xapi.documents import Content, Context, Key
from lrs.xapi.limits import Limits
from lrs.xapi.versions import Version


class Conditions(msgspec.Struct, frozen=True, kw_only=True):
    """The version by whose rules a change is judged, and the precondition headers that came with it."""

    version: Version
    if_match: str | None = None
    if_none_match: str | None = None

    def check(self, method: str, key: Key, current: str | None) -> None:
        """Whether the change may be made to the document with ETag `current`; see `xapi.documents.check`."""
        documents.check(
            method,
            key.context.resource,
            version=self.version,
            if_match=self.if_match,
            if_none_match=self.if_none_match,
            current=current,
        )


class Documents:
    """Documents for any store."""

    def __init__(self, log: Log, limits: Limits) -> None:
        self._log = log
        self._limits = limits

    async def put(self, key: Key, content: Content, conditions: Conditions, *, by: Caller) -> None:
        """Store `content` under `key`; Conflict or PreconditionFailed where the document is not as it should be."""

        def change(current: Event | None) -> Draft:
            conditions.check("PUT", key, _etag(current))
            return _stored(key, content, by)

        await self._change(key, change, size=len(content.body), by=by)

    async def post(self, key: Key, content: Content, conditions: Conditions, *, by: Caller) -> None:
        """Merge `content` into the document under `key`, or store it where there is none."""

        def change(current: Event | None) -> Draft:
            conditions.check("POST", key, _etag(current))
            body = documents.posted(content, _content(current), version=conditions.version, limits=self._limits)
            return _stored(key, Content(body=body, content_type=content.content_type), by)

        await self._change(key, change, size=len(content.body), by=by)

    async def delete(self, key: Key, conditions: Conditions, *, by: Caller) -> None:
        """Delete the document under `key`, if there is one."""

        def change(current: Event | None) -> Draft | None:
            conditions.check("DELETE", key, _etag(current))
            return None if _detail(current) is None else _deleted(key.id, key.context, by)

        await self._change(key, change, size=0, by=by)

    async def clear(self, context: Context, *, by: Caller) -> None:
        """Delete every document of a State."""
        name = documents.context(context, by.store_secret)

        def decide(known: Known) -> Sequence[Draft]:
            details = [_detail(event) for event in known.values() if name in event.contexts]
            return [_deleted(detail.id, context, by) for detail in details if detail is not None]

        await self._log.append(by.store, keys=Keys(contexts=(name,)), decide=decide, credential=by.key)

    async def _change(self, key: Key, change: Callable[[Event | None], Draft | None], *, size: int, by: Caller) -> None:
        subject = documents.subject(key, by.store_secret)

        def decide(known: Known) -> Sequence[Draft]:
            draft = change(known.get(subject))
            return () if draft is None else (draft,)

        await self._log.append(by.store, keys=Keys(documents=(subject,)), decide=decide, credential=by.key, size=size)


def _detail(event: Event | None) -> DocumentDetail | None:
    """What is said of the document, None where there is none or it was deleted."""
    if event is None or not isinstance(event.detail, DocumentDetail) or event.detail.deleted:
        return None
    return event.detail


def _etag(event: Event | None) -> str | None:
    detail = _detail(event)
    return None if detail is None else detail.etag


def _content(event: Event | None) -> Content | None:
    detail = _detail(event)
    return None if event is None or detail is None else Content(body=event.payload, content_type=detail.content_type)


def _stored(key: Key, content: Content, by: Caller) -> Draft:
    return _draft(
        Kind.DOCUMENT_STORED,
        key,
        content,
        DocumentDetail(id=key.id, content_type=content.content_type, etag=documents.etag(content.body), deleted=False),
        by,
    )


def _deleted(document_id: str, context: Context, by: Caller) -> Draft:
    key = Key(context=context, id=document_id)
    nothing = Content(body=b"", content_type="")
    return _draft(
        Kind.DOCUMENT_DELETED, key, nothing, DocumentDetail(id=document_id, content_type="", etag="", deleted=True), by
    )


def _draft(kind: Kind, key: Key, content: Content, detail: DocumentDetail, by: Caller) -> Draft:
    return Draft(
        kind=kind,
        subject=documents.subject(key, by.store_secret),
        payload=content.body,
        filled=_filled(key, content.content_type),
        contexts=documents.contexts(key, by.store_secret),
        detail=detail,
    )


def _filled(key: Key, content_type: str) -> bytes:
    """Which document it is, in words: it lies beside the payload and goes with it."""
    context = key.context
    named = {
        "resource": context.resource.value,
        "activityId": context.activity,
        "agent": context.agent,
        "registration": context.registration,
        "id": key.id,
        "contentType": content_type,
    }
    return orjson.dumps({name: value for name, value in named.items() if value is not None})
