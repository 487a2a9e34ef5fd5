"""`lrs rubric`: what evidence is measured by."""

from datetime import datetime
from pathlib import Path

import click

from lrs.cli import near, options, reference


@click.group(cls=near.Group)
def rubric() -> None:
    """Rubrics, with criteria and levels, as CASE has them."""


@rubric.command(name="import", epilog="Example: lrs rubric import --effective-from 2025-08-01 framework.json")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@reference.effective_from
@reference.dry_run
@options.store
@options.as_json
@options.database
def import_(
    file: Path, effective_from: datetime | None, dry_run: bool, store_name: str, as_json: bool,
    database_url: str | None, data_dir: Path | None,
) -> None:  # fmt: skip
    """Apply the CASE package in FILE (CFPackage, JSON, 1.0 or 1.1).

    Another version of a rubric holds from its day on; the former is kept for what was measured by it.
    """
    settings = options.settings(database_url=database_url, data_dir=data_dir)
    outcome = reference.apply_file(
        file, "rubric", effective_from, store_name=store_name, settings=settings, dry_run=dry_run
    )  # fmt: skip
    reference.show(outcome, dry_run=dry_run, as_json=as_json)
