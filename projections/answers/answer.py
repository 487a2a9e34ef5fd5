"""From a request to its answer: who asks, what, how far it holds, page by page, kept in the audit, in its format."""

import tempfile
from collections.abc import AsyncIterator, Hashable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import IO, Any, Final
from urllib.parse import quote, urlencode

import msgspec
import orjson
from aiohttp import web

from lrs.errors import Forbidden, Invalid
from lrs.events import Look
from lrs.http import params, responses
from lrs.http.keys import CALLER, DEADLINES
from lrs.storage import pool as storage
from projections.analytic.standing import Through
from projections.answers import asked as asking
from projections.answers import cursor, formats, sight
from projections.answers.asked import Asked
from projections.answers.asker import Asker
from projections.answers.cursor import Place
from projections.answers.data import Data, Moment, restored
from projections.answers.ground import GROUND, Ground
from projections.answers.pages import Page, Pages
from projections.answers.question import Question
from projections.answers.sight import Sight
from projections.answers.summaries import Sums

ROOT: Final = "/analytics/v1/"
CHUNK: Final = 5_000
IN_MEMORY: Final = 8 * 2**20
SENT: Final = 256 * 1024
TYPES: Final = {format_: type_ for type_, format_ in asking.FORMATS.items()}


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A question that is being answered, within its transaction."""

    question: Question
    asked: Asked
    seen: Sight
    data: Data
    through: Through

    @property
    def is_sum(self) -> bool:
        """Whether sums are told in place of rows."""
        return bool(self.asked.by) or not self.seen.grants


async def answer(request: web.Request, question: Question) -> web.Response:
    """The answer to a question; whose data it shows is kept before it is sent."""
    ground = request.app[GROUND]
    asked = await _asked(request, question, ground)
    seen = sight.of(question, asked)
    asked = msgspec.structs.replace(asked, purposes=_purposes(question, asked, seen))
    async with _found(ground, question, asked, seen) as found:
        if found.is_sum:
            return await _sums(found, ground)
        if asked.format == "json":
            return await _json(request, found, ground)
        return await _file(request, found, ground)


async def _asked(request: web.Request, question: Question, ground: Ground) -> Asked:
    asker = Asker.of(request[CALLER])
    reference = await ground.references.of(asker.store)
    now = datetime.fromtimestamp(ground.now(), UTC)
    asked = asking.parse(
        question, params.read(request), request.match_info, asker=asker, reference=reference,
        today=reference.local_date(now, None), accept=request.headers.get("Accept", ""),
    )  # fmt: skip
    if asked.known_at is None:
        return asked
    return msgspec.structs.replace(asked, reference=await ground.references.as_known(asker.store, asked.known_at))


@asynccontextmanager
async def _found(ground: Ground, question: Question, asked: Asked, seen: Sight) -> AsyncIterator[Found]:
    """What may be read, all of it as of one moment of the database, and how far it holds."""
    day = asked.as_of if asked.as_of < asked.today else None
    moment = None if asked.is_live else Moment(as_of=day, known_at=asked.known_at)
    if moment is not None and ground.past is None:
        raise Invalid("this server cannot tell of the past: ask without as_of and as_known_at", rule="parameter")
    async with (
        storage.connection(ground.pool) as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        store = asked.asker.store
        through = await ground.marks.through(connection, store, question.projections)
        if asked.reference.through > through.position:
            # Who may see what goes by what is known now; what is told, by what the rows were made of.
            then_known = await ground.references.as_known(store, through.position)
            asked = msgspec.structs.replace(asked, reference=then_known)
        then = ground.past.at(connection, store, asked.reference, moment) if ground.past and moment else None
        data = Data(connection, store, ground.tables, then, through.position)
        yield Found(question=question, asked=asked, seen=seen, data=data, through=through)


async def _json(request: web.Request, found: Found, ground: Ground) -> web.Response:
    """One page."""
    asked = found.asked
    pages = Pages(found.question, asked, found.seen, found.data)
    page = await pages.page(_after(request, found), asked.limit or asking.LIMIT)
    await _keep(request, found, ground, page.people, len(page.rows))
    return _page(found, formats.json_rows(page.rows), _more(request, found, page))


async def _sums(found: Found, ground: Ground) -> web.Response:
    sums = Sums(found.question, found.asked, found.seen, found.data) if found.question.summary else None
    if sums is None:
        raise Forbidden("this is not told in sums: ask for what has them, or in another role")
    # What one sees who sees sums alone is the same for all who do.
    store, position = found.asked.asker.store, found.through.position
    told = await ground.marks.told(found.data.connection, store, position)
    rows = await (sums.rows() if found.seen.grants else ground.kept.rows(_stands_on(found, told), sums.rows))
    if found.asked.format == "json":
        return _page(found, formats.json_rows(rows), None)
    with tempfile.TemporaryFile() as file:
        writer = _Writer(found, sums.columns, file)
        writer.rows(rows)
        writer.end()
        file.seek(0)
        return web.Response(body=file.read(), headers=_headers(found))


def _stands_on(found: Found, told: int) -> Hashable:
    """All that the sums of those who see sums alone depend on; `told` is the last event that rows can depend on."""
    asked = found.asked
    return (
        asked.asker.store, found.question.path, asked.by, tuple(sorted(asked.values.items())), asked.method,
        asked.as_of, asked.today, asked.known_at, asked.purposes, told, asked.reference.through,
    )  # fmt: skip


async def _file(request: web.Request, found: Found, ground: Ground) -> web.Response:
    """Everything, written page by page to a file, and sent from there once it is kept who looked at it."""
    pages = Pages(found.question, found.asked, found.seen, found.data)
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed by whoever sends it
    writer = _Writer(found, pages.columns, file)
    after, people, count, left = _after(request, found), frozenset[str](), 0, found.asked.limit
    while left is None or left > 0:
        page = await pages.page(after, CHUNK if left is None else min(CHUNK, left))
        writer.rows(page.rows)
        people |= page.people
        count += len(page.rows)
        after = page.next
        if after is None:
            break
        left = None if left is None else left - len(page.rows)
        request.app[DEADLINES].begin()
    writer.end()
    await _keep(request, found, ground, people, count)
    file.seek(0)
    return web.Response(body=_sent(file), headers=_headers(found))


class _Writer:
    """Writes rows into a file, in the format asked for."""

    def __init__(self, found: Found, columns: tuple[Any, ...], file: IO[bytes]) -> None:
        self._columns = columns
        self._file = file
        kind = found.asked.format
        said = {name: str(value) for name, value in _said(found).items()}
        if kind == "csv":
            self._columnar = None
            file.write(formats.csv_head(columns))
        else:
            from projections.answers import columnar

            self._columnar = columnar.Columnar(columns, said, is_parquet=kind == "parquet")

    def rows(self, rows: Any) -> None:  # noqa: ANN401 - rows are dicts
        """Add rows."""
        written = formats.csv_rows(self._columns, rows) if self._columnar is None else self._columnar.rows(rows)
        self._file.write(written)

    def end(self) -> None:
        """Write what ends the file."""
        if self._columnar is not None:
            self._file.write(self._columnar.end())


async def _sent(file: Any) -> AsyncIterator[bytes]:  # noqa: ANN401 - a file in memory or on disk
    with file:
        while part := file.read(SENT):
            yield part


async def _keep(request: web.Request, found: Found, ground: Ground, people: frozenset[str], rows: int) -> None:
    """Keep whose data is shown, if it is anybody's."""
    if not people:
        return
    asked = found.asked
    look = Look(
        who=asked.asker.name,
        roles=tuple(sorted(asked.asker.roles)),
        endpoint=found.question.path,
        filter=urlencode([(name, value) for name, values in sorted(asked.values.items()) for value in values]),
        people=tuple(sorted(people)),
        rows=rows,
        why=asked.why,
        format=asked.format,
    )
    await ground.audit.looked(asked.asker.store, look)


def _page(found: Found, rows: bytes, more: str | None) -> web.Response:
    said = orjson.dumps({**_said(found), "more": more}, option=orjson.OPT_UTC_Z)
    return responses.encoded(b'{"rows":' + rows + b"," + said[1:])


def _said(found: Found) -> dict[str, Any]:
    return {
        "through_position": found.through.position,
        "through_stored": None if found.through.stored is None else responses.timestamp(found.through.stored),
        "as_of": found.asked.as_of.isoformat(),
    }


def _headers(found: Found) -> Mapping[str, str]:
    kind = found.asked.format
    suffix = "arrows" if kind == "arrow" else kind
    name = found.question.path.replace("/", "-").replace("{", "").replace("}", "")
    content_type = "text/csv; charset=utf-8; header=present" if kind == "csv" else TYPES[kind]
    said = {f"Daybook-{name.title().replace('_', '-')}": str(value) for name, value in _said(found).items()}
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
    return restored(place.key, [types[name] for name in found.question.key])


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


def _purposes(question: Question, asked: Asked, seen: Sight) -> frozenset[str] | None:
    """The purposes that may be shown where the question's own function minds them: those of every grant."""
    wanted = asked.purposes
    for grant in [each for each, _ in seen.grants] + ([seen.summary] if seen.summary else []):
        if grant.purposes is not None and question.minds_purpose:
            wanted = grant.purposes if wanted is None else wanted & grant.purposes
        if grant.purposes is not None and not question.minds_purpose and question.purpose is None:
            raise LookupError(f"{question.path} minds no purpose, and a grant of it does")
    return wanted
