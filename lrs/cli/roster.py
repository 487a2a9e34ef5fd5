"""`lrs roster`: people, organisations, cohorts, caseloads and terms."""

from datetime import datetime
from pathlib import Path

import click

from lrs.cli import near, options, reference


@click.group(cls=near.Group)
def roster() -> None:
    """People, organisations, cohorts, caseloads and terms, as OneRoster has them."""


@roster.command(
    name="import", epilog="Examples: lrs roster import --dry-run export.zip; lrs roster import /srv/sis/nightly"
)
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@reference.effective_from
@reference.dry_run
@options.store
@options.as_json
@options.database
def import_(
    path: Path, effective_from: datetime | None, dry_run: bool, store_name: str, as_json: bool,
    database_url: str | None, data_dir: Path | None,
) -> None:  # fmt: skip
    """Apply the OneRoster CSV export in PATH, a folder or zip: version 1.1 or 1.2, bulk or delta.

    Who is no more in a bulk file, or `tobedeleted` in a delta, leaves on that day; what she did stays. Classes are
    cohorts, or what their column metadata.pd.kind says: cohort, caseload, or nothing.
    """
    settings = options.settings(database_url=database_url, data_dir=data_dir)
    outcome = reference.apply_file(
        path, "roster", effective_from, store_name=store_name, settings=settings, dry_run=dry_run
    )  # fmt: skip
    reference.show(outcome, dry_run=dry_run, as_json=as_json)
