"""`lrs load`: statements from files, straight into the log."""

import gzip
import hashlib
import secrets
import sys
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final, cast

import click
import msgspec
import orjson

from lrs import main
from lrs.auth import scopes
from lrs.cli import options
from lrs.cli.progress import Progress
from lrs.cli.refused import Refused
from lrs.config import Settings
from lrs.errors import Forbidden, Invalid, LrsError
from lrs.log import read
from lrs.log.loads import Counts, File
from lrs.log.store import Store
from lrs.recording.elements import Cutter, Element, Mark
from lrs.recording.judging import Judge, Source
from lrs.recording.loading import Loading, Target
from lrs.recording.statements import Authority
from lrs.xapi.versions import Version

STDIN: Final = "-"
BLOCK: Final = 64 * 1024
GZIP: Final = b"\x1f\x8b"


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for on the command line."""

    files: Sequence[str]
    store: str
    credential: str | None
    version: Version
    report: Path | None


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one file; `seconds` and `read` are those of this run, the counts those of the whole load."""

    file: str
    counts: Counts
    seconds: float
    read: int
    report: str | None


@click.command(
    epilog="Examples: lrs load --credential 5f2b8c history.jsonl.gz;"
    " lrs load --keep-stored --store archive export-2024.json export-2025.json"
)
@click.argument(
    "files", nargs=-1, required=True, metavar="FILE...|-",
    type=click.Path(exists=True, dir_okay=False, readable=True, allow_dash=True),
)  # fmt: skip
@click.option("--credential", metavar="KEY", help="Whose authority the statements get; its secret is not needed.")
@click.option("--keep-stored", is_flag=True, help="Take over each statement's own stored and authority instead.")
@click.option(
    "--xapi-version", "version", type=click.Choice([each.value for each in Version]), default=Version.V1_0_3.value,
    show_default=True, help="Rules for statements that name no version.",
)  # fmt: skip
@click.option(
    "--report", type=click.Path(dir_okay=False, path_type=Path),
    help="Where to tell of refused statements (FILE.refused.jsonl).",
)  # fmt: skip
@options.store
@options.as_json
@options.database
def load(
    files: tuple[str, ...], credential: str | None, keep_stored: bool, version: str, report: Path | None,
    store_name: str, as_json: bool, database_url: str | None, data_dir: Path | None,
) -> None:  # fmt: skip
    """Load statements from FILEs, or standard input (-), straight into the log.

    A file is JSON Lines, JSON arrays, or pages that another LRS gave ({"statements": [...]}); gzip is seen through.
    A statement that is refused stops no other: a report, in JSON Lines, says which it is and why, and the command
    ends with 1. One that is stored already is passed over.

    If a load is cut short, run the same command again: it goes on where it was (but not from standard input). A
    statement without an id gets one that is the same each time for the same file.

    The statements' own stored and authority stay in what is kept as received, and are not shown. --keep-stored takes
    them over. This needs a store that has no other records, not even a credential yet (make those afterwards), and
    files in the order of stored.
    """
    if (credential is None) != keep_stored:
        raise click.UsageError("give either --credential KEY or --keep-stored: who vouches for these statements?")
    if len(files) > 1 and report is not None:
        raise click.UsageError("--report is for one file: without it, each file has its own")
    settings = options.settings(database_url=database_url, data_dir=data_dir)
    wanted = Wanted(
        files=files, store=store_name, credential=credential, version=Version(version), report=report,
    )  # fmt: skip
    try:
        loaded = options.run(settings, lambda core: _load(core, settings, wanted))
    except KeyboardInterrupt:
        raise click.ClickException("stopped; run the same command again, and it goes on from there") from None
    _tell(loaded, as_json=as_json)


async def _load(core: main.Core, settings: Settings, wanted: Wanted) -> list[Loaded]:
    by_default = wanted.store == main.DEFAULT_STORE
    store = await (main.default_store(core) if by_default else core.stores.by_name(wanted.store))
    authority = None
    if wanted.credential is None:
        await core.loads.hold(store)
    else:
        authority = await _authority(core, store, wanted.credential)
    return [await _load_file(core, settings, wanted, store, authority, name) for name in wanted.files]


async def _authority(core: main.Core, store: Store, key: str) -> Authority:
    credential = await core.issuing.get(key)
    if credential.store != store.id:
        raise Forbidden(f"the credential {key} is none of the store {store.name}: name its store with --store")
    if not credential.state.is_live(datetime.now(UTC)):
        raise Forbidden(f"the credential {key} is revoked or expired: `lrs credential list` shows those that are live")
    return Authority.of(credential.caller().must(scopes.STATEMENTS_WRITE))


async def _load_file(
    core: main.Core, settings: Settings, wanted: Wanted, store: Store, authority: Authority | None, name: str
) -> Loaded:  # fmt: skip
    with _opened(name) as (raw, digest):
        file = File(store=store.id, digest=digest, credential=wanted.credential, version=wanted.version.value)
        begun = await core.loads.begin(file, str(Mark()))
        mark = Mark.parse(begun.previous)
        report = Refused(_report_path(name, wanted), mark)
        progress = Progress(name)
        source = Source(digest=digest, version=wanted.version, authority=authority, limits=settings.limits)
        end = await read.Reader(core.reads).head(store.id)
        loading = Loading(
            core.log,
            core.loads,
            begun,
            Judge(source, lambda: datetime.now(UTC)),
            Target(store=store.id, credential=wanted.credential, last=end.floor),
            _Reporting(report, progress, raw, begun.counts),
        )
        try:
            counts = await loading.run(_elements(raw, Cutter(longest=settings.limits.json_bytes, mark=mark), mark))
        except LrsError as error:
            raise click.ClickException(f"{name}: {error.detail}") from error
        finally:
            progress.end()
            report.close()
    told = str(report.path) if counts.refused else None
    return Loaded(
        file=name, counts=counts, seconds=progress.seconds, read=counts.read - begun.counts.read, report=told
    )  # fmt: skip


def _report_path(name: str, wanted: Wanted) -> Path:
    return wanted.report or Path(f"{'stdin' if name == STDIN else name}.refused.jsonl")


@contextmanager
def _opened(name: str) -> Iterator[tuple[BinaryIO, bytes]]:
    """The file and its SHA-256; for standard input, which nobody can read twice, one that never comes again."""
    if name == STDIN:
        yield sys.stdin.buffer, secrets.token_bytes(32)
        return
    with Path(name).open("rb") as raw:
        digest = hashlib.file_digest(raw, "sha256").digest()
        raw.seek(0)
        yield raw, digest


def _elements(raw: BinaryIO, cutter: Cutter, mark: Mark) -> Iterator[Element]:
    """The elements of a file behind `mark`; Invalid where the file is damaged."""
    try:
        content = cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if _is_gzip(raw) else raw
        if mark.offset:
            content.seek(mark.offset)
        while block := content.read(BLOCK):
            yield from cutter.feed(block)
    except (OSError, EOFError, zlib.error) as error:
        raise Invalid(f"the file cannot be read to its end: {error}; what came before is stored") from error
    yield from cutter.finish()


def _is_gzip(raw: BinaryIO) -> bool:
    peek = getattr(raw, "peek", None)
    return peek is not None and peek(2)[:2] == GZIP


class _Reporting:
    """Tells of a load, in its report and on the terminal."""

    def __init__(self, report: Refused, progress: Progress, raw: BinaryIO, before: Counts) -> None:
        self.refused = report.add
        self._progress = progress
        self._raw = raw
        self._before = before.read
        self._size = 0 if raw is sys.stdin.buffer else Path(raw.name).stat().st_size

    def reached(self, mark: Mark, counts: Counts) -> None:
        """Show how far it is."""
        part = self._raw.tell() / self._size if self._size else None
        speed = (counts.read - self._before) / max(self._progress.seconds, 0.1)
        self._progress.show(part, f"{counts.read:,} statements, {counts.refused:,} refused, {speed:,.0f}/s")


def _tell(loaded: Sequence[Loaded], *, as_json: bool) -> None:
    """The summary on standard output; where anything was refused, one line more on standard error, and exit 1."""
    if as_json:
        click.echo(orjson.dumps([_row(each) for each in loaded]).decode())
    else:
        for each in loaded:
            click.echo(_line(each))
    refused = sum(each.counts.refused for each in loaded)
    if refused:
        reports = ", ".join(each.report for each in loaded if each.report)
        raise click.ClickException(f"refused: {refused:,}; {reports} says which and why")


def _row(each: Loaded) -> dict[str, object]:
    counts = msgspec.structs.asdict(each.counts)
    return {"file": each.file, **counts, "seconds": round(each.seconds, 3), "report": each.report}


def _line(each: Loaded) -> str:
    counts = each.counts
    bare = f" ({counts.without_data:,} without the data of an attachment)" if counts.without_data else ""
    resumed = f", of them {each.read:,} in this run" if each.read != counts.read else ""
    speed = f"{each.read / each.seconds:,.0f}/s" if each.seconds else ""
    return (
        f"{each.file}: {counts.loaded:,} loaded, {counts.known:,} known already, {counts.refused:,} refused"
        f"{bare}{resumed}; {each.seconds:.1f} s, {speed}"
    )
