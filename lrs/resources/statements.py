"""The Statement Resource. (1.0.3 Communication 2.1; 2.0 4.1.6.1)"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec
from aiohttp import hdrs, web

from lrs.auth.caller import Caller
from lrs.errors import Invalid, NotFound
from lrs.http import body, params, responses
from lrs.http.keys import CALLER, SETTINGS, VERSION
from lrs.http.middlewares import STATEMENTS, THROUGH_HEADER
from lrs.readers import StoredStatement
from lrs.recording.statements import Recorded
from lrs.resources import attachments
from lrs.resources.keys import (
    IDS,
    NOW,
    QUARANTINE,
    READ_ACTIVITIES,
    READ_BLOBS,
    READ_STATEMENTS,
    RECORD_STATEMENTS,
)
from lrs.telemetry import metrics
from lrs.xapi import formats, parameters, query
from lrs.xapi import statements as xapi
from lrs.xapi.query import Format, SingleQuery, StatementQuery

MORE: Final = "more"


async def put(request: web.Request) -> web.Response:
    """Store one statement under the id that the query names. (1.0.3 Communication 2.1.1; 2.0 4.1.6.1)"""
    request[CALLER].must("statements/write")
    given = parameters.read(
        params.read(request), ("statementId",), version=request[VERSION], limits=request.app[SETTINGS].limits
    )
    recorded = await _record(request, given.needed_uuid("statementId"))
    answer = responses.no_content()
    answer.headers[THROUGH_HEADER] = responses.instant(recorded.through)
    return answer


async def post(request: web.Request) -> web.Response:
    """Store one statement or a list of them; the ids are the answer. (1.0.3 Communication 2.1.2; 2.0 4.1.6.1)"""
    request[CALLER].must("statements/write")
    if given := params.read(request):
        parameters.read(given, (), version=request[VERSION], limits=request.app[SETTINGS].limits)
    recorded = await _record(request, None)
    answer = responses.json(recorded.ids)
    answer.headers[THROUGH_HEADER] = responses.instant(recorded.through)
    return answer


async def get(request: web.Request) -> web.Response:
    """One statement by its id, or a page of those that match. (1.0.3 Communication 2.1.3; 2.0 4.1.6.1)"""
    caller = request[CALLER].must("statements/read", "statements/read/mine")
    asked = _asked(request, caller)
    if isinstance(asked, SingleQuery):
        return await _one(request, asked, caller)
    return await _page(request, asked, caller)


async def _record(request: web.Request, statement_id: UUID | None) -> Recorded:
    caller = request[CALLER]
    version = request[VERSION]
    content = await body.read(request)
    app = request.app
    try:
        receipt = xapi.receive(
            content,
            request.headers.get(hdrs.CONTENT_TYPE, ""),
            version=version,
            ids=app[IDS],
            limits=app[SETTINGS].limits,
            statement_id=statement_id,
        )
    except Invalid as error:
        _quarantine(request, content, error)
        raise
    recorded = await app[RECORD_STATEMENTS].record(receipt, version=version, by=caller, size=len(content))
    metrics.STATEMENTS.add(by=len(recorded.ids))
    return recorded


def _quarantine(request: web.Request, content: bytes, error: Invalid) -> None:
    """Keep what was refused, so that it can be mended and sent again."""
    request.app[QUARANTINE].keep(
        store=request[CALLER].store,
        credential=request[CALLER].key,
        version=request[VERSION].value,
        body=content,
        content_type=request.headers.get(hdrs.CONTENT_TYPE, ""),
        error=error,
    )
    metrics.QUARANTINED.add()


def _asked(request: web.Request, caller: Caller) -> StatementQuery | SingleQuery:
    pairs = params.read(request)
    tokens = [value for name, value in pairs if name == MORE]
    if len(tokens) != 1:
        return _parsed(request, pairs)
    sealed = query.open(tokens[0], secret=caller.store_secret, audience=_audience(caller), now=int(request.app[NOW]()))
    rest = [pair for pair in pairs if pair[0] != MORE]
    return query.repeated(sealed, _parsed(request, rest)) if rest else sealed


def _parsed(request: web.Request, pairs: parameters.Pairs) -> StatementQuery | SingleQuery:
    settings = request.app[SETTINGS]
    return query.statements(pairs, version=request[VERSION], limits=settings.limits, max_limit=settings.page_size)


async def _one(request: web.Request, asked: SingleQuery, caller: Caller) -> web.Response:
    found = await request.app[READ_STATEMENTS].get(caller.store, asked.id, voided=asked.voided, mine=caller.mine)
    if found is None:
        raise NotFound(f"there is no {'voided ' if asked.voided else ''}statement {asked.id} that you may see")
    written = await _written(request, [found], asked.format, caller)
    return _answer(request, written[0], [found], asked.attachments, responses.last_modified(found.stored))


async def _page(request: web.Request, asked: StatementQuery, caller: Caller) -> web.Response:
    page = await request.app[READ_STATEMENTS].find(caller.store, asked, mine=caller.mine)
    content = formats.result(
        await _written(request, page.statements, asked.format, caller),
        "" if page.next_position is None else _more(request, asked, page.next_position, caller),
    )
    headers: dict[str, str] = {THROUGH_HEADER: responses.instant(page.through)}
    if page.statements:
        headers |= responses.last_modified(max(each.stored for each in page.statements))
    return _answer(request, content, page.statements, asked.attachments, headers)


def _answer(
    request: web.Request, content: bytes, found: Sequence[StoredStatement], attached: bool, headers: dict[str, str]
) -> web.Response:
    if not attached:
        return responses.encoded(content, headers=headers)
    return attachments.answer(
        content,
        [each.payload for each in found],
        store=request[CALLER].store,
        blobs=request.app[READ_BLOBS],
        headers=headers,
    )


async def _written(
    request: web.Request, found: Sequence[StoredStatement], format: Format, caller: Caller
) -> Sequence[bytes]:
    """The statements in the format asked for."""
    if format is Format.EXACT:
        return [formats.exact(each.payload, each.filled, each.stored) for each in found]
    if format is Format.IDS:
        return [formats.ids(each.payload, each.filled, each.stored) for each in found]
    definitions = await _definitions(request, found, caller)
    spoken = request.headers.get("Accept-Language")
    return [
        formats.canonical(each.payload, each.filled, each.stored, definitions=definitions, languages=spoken)
        for each in found
    ]


async def _definitions(request: web.Request, found: Sequence[StoredStatement], caller: Caller) -> dict[str, bytes]:
    """The canonical definitions of the activities in statements; those of others' are not for one who reads mine."""
    if caller.mine is not None:
        return {}
    activities = {each for statement in found for each in formats.activities(statement.payload)}
    seen = await request.app[READ_ACTIVITIES].definitions(caller.store, activities)
    return {activity: formats.merge_definitions(each) for activity, each in seen.items()}


def _more(request: web.Request, asked: StatementQuery, position: int, caller: Caller) -> str:
    """Where the next page is: a path of this server. (1.0.3 Data 2.5; 2.0 4.2.4.1)"""
    token = query.seal(
        msgspec.structs.replace(asked, position=position),
        secret=caller.store_secret,
        audience=_audience(caller),
        expires=int(request.app[NOW]()) + request.app[SETTINGS].more_seconds,
    )
    return f"{STATEMENTS}?{MORE}={token}"


def _audience(caller: Caller) -> str:
    return f"{caller.store} {caller.key}"
