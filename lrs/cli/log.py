"""`lrs log`: the event log itself."""

from pathlib import Path

import click

from lrs import main
from lrs.cli import near, options
from lrs.log import read
from lrs.xapi import formats


@click.group(cls=near.Group)
def log() -> None:
    """The event log, which only grows."""


@log.command(epilog="Example: lrs log head --store default --json")
@options.store
@options.as_json
@options.database
def head(store_name: str, as_json: bool, database_url: str | None, data_dir: Path | None) -> None:
    """Show where the log of a store ends: its last position, the hash of the leaf there, and the floor.

    No later event will have a time at or below the floor.
    """

    async def work(core: main.Core) -> tuple[object, ...]:
        store = await core.stores.by_name(store_name)
        end = await read.Reader(core.reads).head(store.id)
        leaf = None if end.leaf is None else end.leaf.hex()
        return store.name, str(store.uuid), store.epoch, end.position, formats.instant(end.floor), leaf

    row = options.run(options.settings(database_url=database_url, data_dir=data_dir), work)
    options.table(("store", "uuid", "epoch", "position", "floor", "leaf"), [row], as_json=as_json)
