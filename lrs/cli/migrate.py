"""`lrs migrate`: the schema of the database, brought up to date."""

import asyncio
from pathlib import Path

import click

from lrs import main
from lrs.cli import options


@click.command(epilog="Example: lrs migrate --database-url postgresql://owner@db/lrs")
@options.database
def migrate(database_url: str | None, data_dir: Path | None) -> None:
    """Bring the database schema up to date."""
    with main.database(options.settings(database_url=database_url, data_dir=data_dir)) as where:
        steps = asyncio.run(main.migrate_up(where))
    for step in steps:
        click.echo(f"applied {step}")
    if not steps:
        click.echo("nothing to do")
