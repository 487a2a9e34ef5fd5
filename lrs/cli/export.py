"""`lrs export`: what a store holds, streamed to standard output or a file. Before anything is, it is kept who asked."""

import sys
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final, ParamSpec, TypeVar
from urllib.parse import urlencode

import click
import msgspec

from lrs import main
from lrs.cli import flat, options, output, questions
from lrs.cli.progress import Progress
from lrs.config import Settings
from lrs.errors import Invalid
from lrs.events import Kind, Look
from lrs.log import read
from lrs.log.read import Record
from lrs.log.store import Store
from lrs.readers import StoredStatement
from lrs.recording.looks import Looks
from lrs.xapi import formats, query
from lrs.xapi.query import StatementQuery
from lrs.xapi.versions import Version
from projections.answers.files import Writer
from projections.answers.question import Column, Row
from projections.facts.references import References
from projections.statements import reader

P = ParamSpec("P")
T = TypeVar("T")

# A page is as many rows as are likely to fill this, for a statement may have 1 kB or 10 MB.
PAGE_BYTES: Final = 8 * 1024 * 1024
PAGE_ROWS: Final = 1_000
FIRST_ROWS: Final = 50

FILTERS: Final = (
    click.option("--agent", metavar="JSON", help="Whom a statement is about: an Agent or identified Group."),
    click.option("--verb", metavar="IRI", help="The verb's id."),
    click.option("--activity", metavar="IRI", help="The activity's id."),
    click.option("--registration", metavar="UUID", help="The registration."),
    click.option("--related-agents", is_flag=True, help="--agent may stand anywhere in a statement."),
    click.option("--related-activities", is_flag=True, help="--activity may stand anywhere in a statement."),
    click.option("--since", metavar="TIME", help="Stored after this time."),
    click.option("--until", metavar="TIME", help="Stored at this time or before."),
)
form = click.option(
    "--format", "form", type=click.Choice(["jsonl", "csv", "parquet", "arrow"]), default="jsonl", show_default=True,
    help="JSON Lines have everything as it came; of a table, columns hold what is asked for most.",
)  # fmt: skip
why = click.option("--why", default="", metavar="WORDS", help="To what end, for the record of who looked.")


class Pages:
    """How many rows to ask for next, so that a page needs about the same memory whatever is in it."""

    def __init__(self) -> None:
        self.rows = FIRST_ROWS

    def saw(self, rows: int, size: int) -> None:
        """A page had so many rows and bytes."""
        if rows:
            self.rows = max(1, min(PAGE_ROWS, PAGE_BYTES * rows // max(size, 1)))


def filters(command: Callable[P, T]) -> Callable[P, T]:
    """The filters of GET /statements."""
    for option in reversed(FILTERS):
        command = option(command)
    return command


@click.group(cls=questions.Questions, epilog="Example: lrs export coaching/pairs --org S-12 --by plan_id --format csv")
def export() -> None:
    """What a store holds, on standard output or as a file: statements, events, and the answers of the analytics."""


@export.command(
    epilog="Example: lrs export statements --verb http://adlnet.gov/expapi/verbs/completed"
    " --since 2026-01-01T00:00:00Z > completed.jsonl"
)
@form
@filters
@click.option("--voided", is_flag=True, help="Voided statements too; goes with --since and --until alone.")
@why
@output.out
@options.store
@options.database
def statements(
    form: str, voided: bool, why: str, out: Path | None, store_name: str, database_url: str | None,
    data_dir: Path | None, **given: str | bool | None,
) -> None:  # fmt: skip
    """Export statements, exactly as a GET gives them, in the order in which they were stored.

    The filters are those of GET /statements. What is stored while the export runs is not in it. The export is recorded
    for the person that --agent means, else for everybody in the roster.
    """
    settings = options.settings(database_url=database_url, data_dir=data_dir)
    wanted = _query(given, settings)
    if voided and (wanted.agent or wanted.verb or wanted.activity or wanted.registration):
        raise click.UsageError("--voided goes with --since and --until alone: no filter finds a voided statement")

    async def work(core: main.Core) -> int:
        store = await core.stores.by_name(store_name)
        asked = {**given, "voided": voided}
        with output.opened(out, form) as file:
            await _keep(core, store, "export statements", asked, why, form, wanted)
            found = _every_statement(core, store.id, wanted) if voided else _statements(core, store.id, wanted)
            if form == "jsonl":
                return await _write((_exact(each) async for each in found), file)
            return await _tabulate((flat.statement(each) async for each in found), flat.STATEMENTS, form, file)

    click.echo(f"{options.run(settings, work):,} statements", err=True)


@export.command(epilog="Example: lrs export events --after 41000 > events.jsonl")
@form
@click.option(
    "--after", type=click.IntRange(0), default=0, show_default=True, metavar="POSITION", help="From the next."
)
@click.option("--through", type=click.IntRange(1), metavar="POSITION", help="Up to this one (the end of the log).")
@why
@output.out
@options.store
@options.database
def events(
    form: str, after: int, through: int | None, why: str, out: Path | None, store_name: str, database_url: str | None,
    data_dir: Path | None,
) -> None:  # fmt: skip
    """Export the events of the log by position, with what the audit needs to prove them.

    A payload that is JSON in one line stands there byte for byte, any other in base64, and null where it was erased.
    Commitment, leaf and salt are hexadecimal. What is appended while the export runs is not in it. The export is
    recorded for everybody in the roster.
    """

    async def work(core: main.Core) -> int:
        store = await core.stores.by_name(store_name)
        log = read.Reader(core.reads)
        end = (await log.head(store.id)).position
        with output.opened(out, form) as file:
            asked = {"after": str(after), "through": through and str(through)}
            await _keep(core, store, "export events", asked, why, form)
            records = _records(log, store.id, after, min(end, through or end))
            if form == "jsonl":
                return await _write((_event(each) async for each in records), file)
            return await _tabulate((flat.event(each) async for each in records), flat.EVENTS, form, file)

    settings = options.settings(database_url=database_url, data_dir=data_dir)
    click.echo(f"{options.run(settings, work):,} events", err=True)


def _query(given: Mapping[str, str | bool | None], settings: Settings) -> StatementQuery:
    """The query that the filters mean; wrong usage where one is none."""
    texts = {name: str(value).lower() if isinstance(value, bool) else value for name, value in given.items()}
    pairs = [(name, text) for name, text in texts.items() if text is not None] + [("ascending", "true")]
    try:
        wanted = query.statements(pairs, version=Version.V2_0_0, limits=settings.limits, max_limit=PAGE_ROWS)
    except Invalid as error:
        raise click.UsageError(error.line.replace("the parameter ", "--")) from error
    assert isinstance(wanted, StatementQuery)
    return wanted


async def _statements(core: main.Core, store: int, wanted: StatementQuery) -> AsyncIterator[StoredStatement]:
    """All that a query finds, up to where the log ends now."""
    end = (await read.Reader(core.reads).head(store)).position
    statements = reader.Reader(core.reads, core.searches, core.stores, core.floors)
    pages = Pages()
    position: int | None = None
    while True:
        page = await statements.find(
            store, msgspec.structs.replace(wanted, limit=pages.rows, position=position), mine=None
        )
        for each in page.statements:
            if each.position > end:
                return
            yield each
        if page.next_position is None:
            return
        pages.saw(len(page.statements), sum(len(each.payload) for each in page.statements))
        position = page.next_position


async def _every_statement(core: main.Core, store: int, wanted: StatementQuery) -> AsyncIterator[StoredStatement]:
    """Every statement of a time, the voided ones too."""
    log = read.Reader(core.reads)
    async for each in _records(log, store, 0, (await log.head(store)).position):
        if each.kind is not Kind.STATEMENT_STORED or each.payload is None or each.filled is None:
            continue
        if (wanted.since is None or each.stored > wanted.since) and (
            wanted.until is None or each.stored <= wanted.until
        ):
            yield StoredStatement(
                position=each.position, stored=each.stored, payload=each.payload, filled=each.filled
            )  # fmt: skip


async def _records(log: read.Reader, store: int, after: int, through: int) -> AsyncIterator[Record]:
    pages = Pages()
    while after < through:
        records = await log.after(store, after, limit=min(pages.rows, through - after))
        for record in records:
            yield record
        if not records:
            return
        pages.saw(len(records), sum(len(each.payload or b"") for each in records))
        after = records[-1].position


async def _keep(
    core: main.Core, store: Store, what: str, given: Mapping[str, object], why: str, form: str,
    wanted: StatementQuery | None = None,
) -> None:  # fmt: skip
    """Keep that this is exported; the event itself comes after the end of what is."""
    reference = await References(core.reads).latest(store.id)
    people = set(reference.people)
    if wanted is not None and wanted.agent is not None:
        people = {reference.person(wanted.agent, datetime.now(UTC).date())}
    pairs = [(name, str(value).lower() if value is True else value) for name, value in given.items() if value]
    look = Look(
        who=questions.operator(), roles=(), endpoint=what, filter=urlencode(pairs), people=tuple(sorted(people)),
        rows=None, why=why, format=form,
    )  # fmt: skip
    await Looks(core.log).looked(store.id, look)


async def _write(lines: AsyncIterator[bytes], file: BinaryIO) -> int:
    """Write lines to the file; how many there were."""
    progress = Progress("export")
    count = 0
    try:
        async for line in lines:
            file.write(line + b"\n")
            count += 1
            if count % PAGE_ROWS == 0 and not sys.stdout.isatty():
                progress.show(None, f"{count:,}")
    finally:
        progress.end()
    return count


async def _tabulate(rows: AsyncIterator[Row], columns: tuple[Column, ...], form: str, file: BinaryIO) -> int:
    """Write rows to the file as a table, some at a time; how many there were."""
    progress = Progress("export")
    writer = Writer(form, columns, {}, file)
    count, page = 0, list[Row]()
    try:
        async for row in rows:
            page.append(row)
            if len(page) == PAGE_ROWS:
                writer.rows(page)
                count, page = count + len(page), []
                progress.show(None, f"{count:,}")
        writer.rows(page)
        writer.end()
    finally:
        progress.end()
    return count + len(page)


def _exact(statement: StoredStatement) -> bytes:
    """A statement in one line: it may have come with line ends between its values, never within a string."""
    written = formats.exact(statement.payload, statement.filled, statement.stored)
    return written.replace(b"\n", b" ").replace(b"\r", b" ")


def _event(record: Record) -> bytes:
    told: dict[str, object] = {
        "position": record.position,
        "kind": record.kind.label,
        "stored": formats.instant(record.stored),
        "credential": record.credential,
        "subject": str(record.subject),
        "filled": None if record.filled is None else msgspec.Raw(record.filled),
        **_payload(record.payload),
        "commitment": record.commitment.hex(),
        "leaf": record.leaf.hex(),
        "salt": None if record.salt is None else record.salt.hex(),
    }
    return msgspec.json.encode(told)


def _payload(payload: bytes | None) -> Mapping[str, object]:
    """JSON byte for byte as it came; else, as it may be anything or have line ends, `payload_base64`."""
    if payload is None:
        return {"payload": None}
    try:
        msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {"payload_base64": payload}
    if payload != payload.strip() or b"\n" in payload or b"\r" in payload:
        return {"payload_base64": payload}
    return {"payload": msgspec.Raw(payload)}
