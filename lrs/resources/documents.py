"""What the three document resources share: they differ in their parameters and scopes alone.

(1.0.3 Communication 2.2; 2.0 4.1.6.2, 4.1.6.5, 4.1.6.6)
"""

import re
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec
from aiohttp import web

from lrs.errors import Invalid, NotFound, TooLarge
from lrs.http import body, params, responses
from lrs.http.keys import CALLER, SETTINGS, VERSION
from lrs.recording.documents import Conditions
from lrs.resources.keys import READ_DOCUMENTS, RECORD_DOCUMENTS
from lrs.xapi import documents
from lrs.xapi.documents import Content, Context, Key, Listing, Resource

Handler = Callable[[web.Request], Awaitable[web.Response]]

ANY_TYPE: Final = "application/octet-stream"
# It is sent back as a header: printable, and a type. (RFC 9110 8.3)
TYPE: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+/[!#$%&'*+.^_`|~0-9A-Za-z-]+[ \t]*(;[\t\x20-\x7e]*)?")


class Handlers(msgspec.Struct, frozen=True):
    """The handlers of one document resource, which asks for `scope`; to read, `all/read` will do."""

    resource: Resource
    scope: str

    async def get(self, request: web.Request) -> web.Response:
        """A document, or the ids of those in a context."""
        caller = request[CALLER].must(self.scope, "all/read")
        target = self._target(request)
        if isinstance(target, Listing):
            context = documents.context(target.context, caller.store_secret)
            ids = await request.app[READ_DOCUMENTS].ids(caller.store, context, since=target.since)
            return responses.json(list(ids))
        found = await request.app[READ_DOCUMENTS].get(
            caller.store, documents.subject(_key(target), caller.store_secret)
        )
        if found is None:
            raise NotFound("there is no document of this id")
        headers = {"ETag": found.etag, **responses.last_modified(found.updated)}
        return responses.uploaded(found.content, content_type=found.content_type, headers=headers)

    async def put(self, request: web.Request) -> web.Response:
        """Store a document in place of what was there."""
        caller = request[CALLER].must(self.scope)
        key = _key(self._target(request))
        content = await _content(request)
        await request.app[RECORD_DOCUMENTS].put(key, content, _conditions(request), by=caller)
        return responses.no_content()

    async def post(self, request: web.Request) -> web.Response:
        """Merge a document into what was there."""
        caller = request[CALLER].must(self.scope)
        key = _key(self._target(request))
        content = await _content(request)
        await request.app[RECORD_DOCUMENTS].post(key, content, _conditions(request), by=caller)
        return responses.no_content()

    async def delete(self, request: web.Request) -> web.Response:
        """Delete a document, or every one of a State."""
        caller = request[CALLER].must(self.scope)
        target = self._target(request)
        if isinstance(target, Context):
            await request.app[RECORD_DOCUMENTS].clear(target, by=caller)
        else:
            await request.app[RECORD_DOCUMENTS].delete(_key(target), _conditions(request), by=caller)
        return responses.no_content()

    def _target(self, request: web.Request) -> Key | Listing | Context:
        return documents.target(
            request.method,
            self.resource,
            params.read(request),
            version=request[VERSION],
            limits=request.app[SETTINGS].limits,
        )


def _key(target: Key | Listing | Context) -> Key:
    if not isinstance(target, Key):
        raise TypeError("a document was to be named")
    return target


def _conditions(request: web.Request) -> Conditions:
    return Conditions(
        version=request[VERSION], if_match=_tags(request, "If-Match"), if_none_match=_tags(request, "If-None-Match")
    )


def _tags(request: web.Request, name: str) -> str | None:
    """A header whose lines make one list. (RFC 9110 5.3)"""
    lines = request.headers.getall(name, ())
    return ", ".join(lines) if lines else None


async def _content(request: web.Request) -> Content:
    content_type = request.headers.get("Content-Type", ANY_TYPE)
    if not TYPE.fullmatch(content_type):
        raise Invalid("the Content-Type is none", rule="content-type")
    content = await body.read(request)
    limit = request.app[SETTINGS].limit_document_bytes
    if len(content) > limit:
        raise TooLarge(f"a document may have {limit} bytes (LRS_LIMIT_DOCUMENT_BYTES)", rule="document-size")
    return Content(body=content, content_type=content_type)
