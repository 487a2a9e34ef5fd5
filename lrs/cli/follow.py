"""`lrs follow`: the followers alone, in a process or on a machine of their own."""

import asyncio
import contextlib
import signal
from pathlib import Path

import click

from lrs import main
from lrs.cli import garbage, hugepages, options, worker
from lrs.config import Settings
from lrs.errors import Conflict


@click.command(epilog="Example: lrs follow --database-url postgresql://lrs@db/lrs")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "--source",
    type=click.Choice(["log", "kafka"]),
    help="Where facts are followed: the log, or Kafka, several processes at once. Else LRS_FOLLOW_SOURCE.",
)
@options.database
def follow(names: tuple[str, ...], source: str | None, database_url: str | None, data_dir: Path | None) -> None:
    """Keep facts, projections and hooks after the log, until SIGTERM or Ctrl-C: all of them, or those of NAME.

    Any number of processes may do so. One follows a store's log, and one computes each projection of it. From Kafka,
    all of them share the facts: start as many as there are partitions at most.
    """
    settings = options.settings(database_url=database_url, data_dir=data_dir, follow_source=source)
    known = main.follower_names()
    if unknown := sorted(set(names) - set(known)):
        raise Conflict(f"there is no follower {unknown[0]!r}: there are {', '.join(known)}")
    with main.database(settings) as where:
        worker.loop()(_follow(settings, where, names))


async def _follow(settings: Settings, where: main.Database, names: tuple[str, ...]) -> None:
    if where.is_embedded:
        await main.migrate_up(where)
    computed = {each.name for each in main.projections()}
    alone = bool(names) and computed.issuperset(names)
    async with garbage.holding(alone=alone), hugepages.asked(), main.followers(settings, where, names) as running:
        await _until_asked(running)


async def _until_asked(running: main.Followers) -> None:
    following = asyncio.ensure_future(running.run())
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, following.cancel)
    click.echo("following")
    with contextlib.suppress(asyncio.CancelledError):
        await following
