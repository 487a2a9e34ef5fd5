"""`lrs store`: the tenants of a server."""

from pathlib import Path

import click

from lrs import main
from lrs.cli import near, options
from lrs.log.stores import SYSTEM
from lrs.recording import stores


@click.group(cls=near.Group)
def store() -> None:
    """Stores: each has records, credentials and a log of its own."""


@store.command(epilog="Example: lrs store create district-7")
@click.argument("name")
@options.database
def create(name: str, database_url: str | None, data_dir: Path | None) -> None:
    """Make a store called NAME: a lower-case letter, then up to 62 of a-z, 0-9, _ and -."""

    async def work(core: main.Core) -> None:
        await stores.create(core.log, core.stores, name)

    options.run(options.settings(database_url=database_url, data_dir=data_dir), work, then=main.make_analysts)
    click.echo(f"made {name}; give it a credential with: lrs credential create --store {name}")


@store.command(name="list", epilog="Example: lrs store list --json")
@options.as_json
@options.database
def list_(as_json: bool, database_url: str | None, data_dir: Path | None) -> None:
    """List the stores."""

    async def work(core: main.Core) -> list[tuple[object, ...]]:
        known = await core.stores.all()
        return [(each.name, str(each.uuid), each.epoch) for each in known.values() if each.id != SYSTEM]

    rows = options.run(options.settings(database_url=database_url, data_dir=data_dir), work)
    options.table(("name", "uuid", "epoch"), rows, as_json=as_json)
