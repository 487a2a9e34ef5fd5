"""`lrs reference`: calendar, identities, alignments, assignments, mapping and policy; and what all imports share."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final, cast

import click
import orjson

from lrs import main
from lrs.cli import near, options
from lrs.config import Settings
from lrs.errors import LrsError
from lrs.log import read
from lrs.recording.reference import Outcome, References, Wanted
from lrs.reference import incoming
from lrs.reference.applied import KINDS, Kind
from lrs.reference.difference import WHATS, counts
from lrs.reference.flaws import Flawed
from lrs.reference.incoming import Given
from lrs.resources import admin_reference

# Of a folder, no more is read.
FILE_BYTES: Final = 256 * 1024 * 1024
SHOWN: Final = 200
FLAWS: Final = 50

dry_run = click.option("--dry-run", is_flag=True, help="Only print the difference that it would make.")
effective_from = click.option(
    "--effective-from", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD",
    help="The day from which it holds (today, or what a policy says).",
)  # fmt: skip


@click.group(cls=near.Group)
def reference() -> None:
    """Reference data besides roster and rubrics: breaks, identifiers, alignments, who coaches whom, rules."""


@reference.command(
    name="import",
    epilog="Examples: lrs reference import calendar.csv; lrs reference import --kind policy --dry-run ours.yaml",
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--kind", type=click.Choice(KINDS), help="What it is; else its name or its content tells.")
@effective_from
@dry_run
@options.store
@options.as_json
@options.database
def import_(
    file: Path, kind: str | None, effective_from: datetime | None, dry_run: bool, store_name: str, as_json: bool,
    database_url: str | None, data_dir: Path | None,
) -> None:  # fmt: skip
    """Apply FILE: calendar, identities, alignments or assignments (CSV), mapping or policy (YAML or JSON).

    What it says takes the place of what the last file of its kind said; a policy holds from its day on. The same file
    again does nothing.
    """
    given = taken(file)
    wanted = _wanted(given, cast(Kind, kind) if kind else incoming.kind_of(given), effective_from)
    settings = options.settings(database_url=database_url, data_dir=data_dir)
    show(apply(settings, store_name, wanted, dry_run=dry_run), dry_run=dry_run, as_json=as_json)


def taken(path: Path) -> Given:
    """What lies at a path: a file, a zip, or the CSV files of a folder."""
    if not path.is_dir():
        return Given.of(path.name, _content(path))
    files = {each.name: _content(each) for each in sorted(path.iterdir()) if each.suffix.lower() == ".csv"}
    return Given(source=path.resolve().name, files=files)


def _content(path: Path) -> bytes:
    if path.stat().st_size > FILE_BYTES:
        raise click.ClickException(f"{path} is larger than {FILE_BYTES:,} bytes")
    return path.read_bytes()


def apply_file(
    path: Path, kind: Kind, since: datetime | None, *, store_name: str, settings: Settings, dry_run: bool
) -> Outcome:  # fmt: skip
    """Apply what lies at a path as reference data of a kind."""
    return apply(settings, store_name, _wanted(taken(path), kind, since), dry_run=dry_run)


def _wanted(given: Given, kind: Kind, since: datetime | None) -> Wanted:
    day: date = datetime.now(UTC).date()
    return Wanted(kind=kind, given=given, day=day, effective_from=since.date() if since else None)


def apply(settings: Settings, store_name: str, wanted: Wanted, *, dry_run: bool) -> Outcome:
    """Apply reference data to a store; where a file has faults, they are printed and the command ends with 1."""

    async def work(core: main.Core) -> Outcome:
        by_default = store_name == main.DEFAULT_STORE
        store = await (main.default_store(core) if by_default else core.stores.by_name(store_name))
        references = References(core.log, read.Reader(core.reads))
        return await references.apply(store.id, wanted, by=None, dry_run=dry_run)

    try:
        return options.run(settings, work)
    except Flawed as error:
        for flaw in error.flaws[:FLAWS]:
            click.echo(str(flaw), err=True)
        more = f" (the first {FLAWS} are shown)" if len(error.flaws) > FLAWS else ""
        raise click.ClickException(
            f"{wanted.given.source} has {_many(len(error.flaws), 'fault')}{more}; nothing was applied"
        ) from error  # fmt: skip
    except LrsError as error:
        raise click.ClickException(f"{wanted.given.source}: {error.detail}") from error


def show(outcome: Outcome, *, dry_run: bool, as_json: bool) -> None:
    """Print what became of an application: its changes, then how many there were of each kind."""
    if as_json:
        click.echo(orjson.dumps(admin_reference.told(outcome, dry_run=dry_run)).decode())
        return
    for change in outcome.changes[:SHOWN]:
        click.echo(str(change))
    if len(outcome.changes) > SHOWN:
        click.echo(f"… and {len(outcome.changes) - SHOWN:,} more")
    for part, found in counts(outcome.changes).items():
        click.echo(f"{part}: {_summed(cast(Mapping[str, Any], found))}")
    click.echo(_end(outcome, dry_run=dry_run))


def _summed(found: Mapping[str, int]) -> str:
    return ", ".join(f"{found[what]:,} {what}" for what in WHATS if what in found)


def _end(outcome: Outcome, *, dry_run: bool) -> str:
    if outcome.is_known:
        return f"{outcome.source} is what was applied last: nothing to do"
    if dry_run:
        return f"{outcome.source} would hold from {outcome.effective_from}; nothing was applied"
    return f"{outcome.source} holds from {outcome.effective_from}, by event {outcome.position}"


def _many(number: int, of: str) -> str:
    return f"{number:,} {of}" if number == 1 else f"{number:,} {of}s"
