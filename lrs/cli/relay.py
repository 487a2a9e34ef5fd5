"""`lrs relay`: how far the log is relayed to Kafka, and relaying it again."""

from pathlib import Path

import click

from lrs import main
from lrs.cli import near, options
from lrs.config import Settings
from lrs.hooks.kafka import replaying
from lrs.hooks.kafka.replaying import Standing


@click.group(cls=near.Group)
def relay() -> None:
    """The log in Kafka: a topic for each store. `lrs serve` relays where LRS_KAFKA_SERVERS is set, or `lrs follow`."""


@relay.command(name="list", epilog="Example: lrs relay list --json")
@options.as_json
@options.database
def list_(as_json: bool, database_url: str | None, data_dir: Path | None) -> None:
    """Show of each store its topic, how far it is relayed, and how much was too large."""
    settings = _settings(database_url, data_dir)

    async def work(core: main.Core) -> list[Standing]:
        return await replaying.every(settings, core.reads, core.stores)

    heads = ("store", "topic", "position", "head", "seconds", "parked")
    rows = [(each.store, each.topic, each.position, each.head, each.seconds, each.parked)
            for each in options.run(settings, work)]  # fmt: skip
    options.table(heads, list(rows), as_json=as_json)


@relay.command(epilog="Example: lrs relay replay --from 1")
@click.option("--from", "position", type=click.IntRange(1), required=True, metavar="POSITION", help="The first event.")
@options.store
@options.database
def replay(position: int, store_name: str, database_url: str | None, data_dir: Path | None) -> None:
    """Relay the events of a store again from POSITION on: after brokers came back empty, or took too little.

    Those who read the topic see them under the same ids.
    """

    async def work(core: main.Core) -> None:
        await replaying.replay(core.reads, await core.stores.by_name(store_name), position)

    options.run(_settings(database_url, data_dir), work)
    click.echo(f"kafka: store {store_name} is relayed again from {position} on")


def _settings(database_url: str | None, data_dir: Path | None) -> Settings:
    """The settings; a word on standard error where they name no brokers, since then nothing is relayed from here."""
    settings = options.settings(database_url=database_url, data_dir=data_dir)
    if not settings.kafka_servers:
        click.echo(
            "LRS_KAFKA_SERVERS is not set here: `lrs serve` and `lrs follow` relay nothing unless it names brokers,"
            " such as LRS_KAFKA_SERVERS=broker-1:9092,broker-2:9092",
            err=True,
        )
    return settings
