"""`lrs projection`: how far projections are, and building, checking and mending them."""

import functools
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import click

from lrs import main
from lrs.cli import garbage, near, options, worker
from lrs.errors import Conflict, Invalid
from lrs.log import read
from lrs.relay import parked as parking
from projections.analytic import replaying, standing
from projections.analytic.building import Building

T = TypeVar("T")


@click.group(cls=near.Group)
def projection() -> None:
    """The facts, and the projections that are computed from them."""


@projection.command(name="list", epilog="Example: lrs projection list --json")
@options.as_json
@options.database
def list_(as_json: bool, database_url: str | None, data_dir: Path | None) -> None:
    """Show of each projection and store how far it holds, how much is marked, and how many rows there are."""

    async def work(core: main.Core) -> list[standing.Standing]:
        return await standing.every(core.reads, await core.stores.all(), main.projections())

    found = options.run(options.settings(database_url=database_url, data_dir=data_dir), work)
    heads = ("projection", "version", "store", "through", "head", "seconds", "marked", "parked", "rows")
    rows = [
        (each.name, each.version, each.store, each.through, each.head, round(each.seconds, 1), each.marked, each.parked,
         each.rows)
        for each in found
    ]  # fmt: skip
    options.table(heads, list(rows), as_json=as_json)


@projection.command(epilog="Example: lrs projection parked --json")
@options.as_json
@options.database
def parked(as_json: bool, database_url: str | None, data_dir: Path | None) -> None:
    """Show what could not be handled and was set aside, with its error."""

    async def work(core: main.Core) -> list[tuple[object, ...]]:
        stores = await core.stores.all()
        return [
            (each.follower, stores[each.store].name, each.position, each.key, each.at.isoformat(), each.error)
            for each in await parking.every(core.reads)
        ]

    rows = options.run(options.settings(database_url=database_url, data_dir=data_dir), work)
    options.table(("projection", "store", "position", "key", "at", "error"), rows, as_json=as_json)


@projection.command(epilog="Example: lrs projection rebuild facts")
@click.argument("name")
@options.database
def rebuild(name: str, database_url: str | None, data_dir: Path | None) -> None:
    """Build NAME anew beside the live one, which goes on answering, then switch.

    `facts` builds all, to the end of the log, however far the live ones are: after an upgrade they may begin anew.
    Cut short, it changes nothing: run it again. It acts as the owner of the tables, as `lrs migrate` does.
    """
    _build(name, database_url, data_dir, Building.switch)
    click.echo(f"{name}: rebuilt")


@projection.command(epilog="Example: lrs projection verify rubric_evidence")
@click.argument("name")
@options.database
def verify(name: str, database_url: str | None, data_dir: Path | None) -> None:
    """Build NAME anew beside the live one, and compare: is what is live what the log says? `facts` checks all."""
    found = _build(name, database_url, data_dir, Building.compare)
    for each in found:
        click.echo(f"{each.schema}: live {each.live}, built anew {each.built}")
    if found:
        raise Conflict(f"{name} is not what the log says: `lrs projection rebuild {name}` mends it")
    click.echo(f"{name}: equal to what the log says")


@projection.command(epilog="Example: lrs projection replay facts --from 120000")
@click.argument("name")
@click.option("--from", "position", type=click.IntRange(1), required=True, metavar="POSITION", help="The first event.")
@options.store
@options.database
def replay(name: str, position: int, store_name: str, database_url: str | None, data_dir: Path | None) -> None:
    """Have NAME handle events of a store again from POSITION on, and what was parked there."""

    async def work(core: main.Core) -> str:
        store = await core.stores.by_name(store_name)
        end = (await read.Reader(core.reads).head(store.id)).position
        if position > end:
            raise Invalid(f"the log of store {store_name} ends at {end}, and {position} lies beyond")
        if name == "facts":
            await replaying.facts(core.reads, store, position)
            return "the followers begin there"
        of = replaying.named(main.projections(), name)
        return f"{await replaying.projection(core.reads, store, of, position)} keys to compute"

    said = options.run(options.settings(database_url=database_url, data_dir=data_dir), work)
    click.echo(f"{name}: from {position} again, {said}")


def _build(name: str, database_url: str | None, data_dir: Path | None, what: Callable[[Building], Awaitable[T]]) -> T:
    settings = options.settings(database_url=database_url, data_dir=data_dir)

    async def run(where: main.Database) -> T:
        if where.is_embedded:
            await main.migrate_up(where)
        tell = functools.partial(click.echo, err=True)
        async with garbage.holding(), main.building(settings, where, name, tell) as building:
            return await what(building)

    with main.database(settings) as where:
        found: T = worker.loop()(run(where))
        return found
