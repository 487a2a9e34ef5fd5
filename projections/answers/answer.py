"""From a request to its answer: who asks, what, page by page or as a file, kept in the audit before it is sent."""

import tempfile
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode

import orjson
from aiohttp import web

from lrs.http import params, responses
from lrs.http.keys import CALLER, DEADLINES
from projections.answers import asked as asking
from projections.answers import cursor, files, formats
from projections.answers import found as finding
from projections.answers.asker import Asker
from projections.answers.cursor import Place
from projections.answers.data import restored
from projections.answers.found import Found
from projections.answers.ground import GROUND, Ground
from projections.answers.pages import Page
from projections.answers.question import Question

ROOT: Final = "/analytics/v1/"
IN_MEMORY: Final = 8 * 2**20
SENT: Final = 256 * 1024
TYPES: Final = {format_: type_ for type_, format_ in asking.FORMATS.items()}


async def answer(request: web.Request, question: Question) -> web.Response:
    """The answer to a question; whose data it shows is kept before it is sent."""
    ground = request.app[GROUND]
    asked = await finding.ask(
        ground,
        question,
        params.read(request),
        request.match_info,
        asker=Asker.of(request[CALLER]),
        accept=request.headers.get("Accept", ""),
    )
    anew = "no-cache" in request.headers.get("Cache-Control", "").lower()
    # What goes on is not cut short: it would begin from the start again when it is asked again.
    async with finding.find(ground, question, asked, tick=request.app[DEADLINES].begin, anew=anew) as found:
        if asked.format != "json":
            return await _file(request, found, ground)
        if found.is_sum:
            _, rows = await finding.sums(found, ground)
            finding.check(found, len(rows))
            return _page(found, formats.json_rows(rows), None)
        return await _json(request, found, ground)


async def _json(request: web.Request, found: Found, ground: Ground) -> web.Response:
    """One page."""
    asked = found.asked
    pages = await finding.pages(found, ground)
    page = await pages.page(_after(request, found), asked.limit or asking.LIMIT)
    if asked.cursor is None and page.next is None:
        finding.check(found, len(page.rows))
    await finding.keep(found, ground, page.people, len(page.rows))
    return _page(found, formats.json_rows(page.rows), _more(request, found, page))


async def _file(request: web.Request, found: Found, ground: Ground) -> web.Response:
    """Everything, sent from a file once it is kept who looked at it."""
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed by whoever sends it
    try:
        await files.write(found, ground, file, after=_after(request, found), tick=request.app[DEADLINES].begin)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return web.Response(body=_sent(file), headers=_headers(found))


async def _sent(file: Any) -> AsyncIterator[bytes]:  # noqa: ANN401 - a file in memory or on disk
    with file:
        while part := file.read(SENT):
            yield part


def _page(found: Found, rows: bytes, more: str | None) -> web.Response:
    said = orjson.dumps({**found.said(), "more": more}, option=orjson.OPT_UTC_Z)
    return responses.encoded(b'{"rows":' + rows + b"," + said[1:])


def _headers(found: Found) -> Mapping[str, str]:
    kind = found.asked.format
    suffix = "arrows" if kind == "arrow" else kind
    name = found.question.path.replace("/", "-").replace("{", "").replace("}", "")
    content_type = "text/csv; charset=utf-8; header=present" if kind == "csv" else TYPES[kind]
    said = {f"Daybook-{name.title().replace('_', '-')}": str(value) for name, value in found.said().items()}
    return {
        "Content-Type": content_type, "Content-Disposition": f'attachment; filename="{name}.{suffix}"', **said
    }  # fmt: skip


def _after(request: web.Request, found: Found) -> tuple[Any, ...] | None:
    asked = found.asked
    if asked.cursor is None:
        return None
    place = cursor.open(
        asked.cursor, path=request.path, pairs=params.read(request), asker=asked.asker.name, secret=asked.asker.secret
    )
    cursor.check(place, key=found.question.key, is_live=asked.is_live, as_of=asked.as_of)
    types = {column.name: column.type for column in found.question.columns}
    return restored(place.key, [types[name] for name in found.question.key[: len(place.key)]])


def _more(request: web.Request, found: Found, page: Page) -> str | None:
    """Where the next page is: a path of this server, None after the last one."""
    if page.next is None:
        return None
    asked = found.asked
    pairs = params.read(request)
    place = Place(tuple(map(str, page.next)), asked.as_of, asked.is_live)
    token = cursor.seal(place, path=request.path, pairs=pairs, asker=asked.asker.name, secret=asked.asker.secret)
    rest = [(name, value) for name, value in pairs if name != "cursor"]
    return f"{quote(request.path)}?{urlencode([*rest, ('cursor', token)])}"
