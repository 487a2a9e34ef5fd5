"""Options that commands share, and the record as a command opens it."""

import asyncio
import math
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import click
import orjson

from lrs import config, main
from lrs.config import Settings
from lrs.telemetry import logs

P = ParamSpec("P")
T = TypeVar("T")


def database(command: Callable[P, T]) -> Callable[P, T]:
    """Which database: a URL, or the folder of the embedded one."""
    for option in (
        click.option("--data-dir", type=click.Path(path_type=Path), help="Folder of the embedded PostgreSQL (./var)."),
        click.option("--database-url", metavar="URL", help="PostgreSQL to use in place of the embedded one."),
    ):
        command = option(command)
    return command


def store(command: Callable[P, T]) -> Callable[P, T]:
    """Which store."""
    return click.option(
        "--store", "store_name", default=main.DEFAULT_STORE, show_default=True, metavar="NAME", help="The store."
    )(command)


as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")


class Hours(click.FloatRange):
    """A number of hours, none to `most`; what is none is told with its unit."""

    name = "hours"

    def __init__(self, most: int) -> None:
        super().__init__(0, most)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401 - click's
        """The hours."""
        try:
            hours = float(value)
        except ValueError:
            hours = math.nan
        if self.max is None or not 0 <= hours <= self.max:
            self.fail(f"{value!r} is no number of hours from 0 to {self.max}", param, ctx)
        return hours


def settings(**given: object) -> Settings:
    """The settings of the environment, save for the options that were given; logs begin."""
    read = config.read(os.environ, **given)
    logs.begin(read.log_level)
    return read


def run(
    settings: Settings,
    work: Callable[[main.Core], Awaitable[T]],
    *,
    then: Callable[[main.Database], Awaitable[object]] | None = None,
) -> T:
    """What `work` gives, done on the record in the database of the settings; `then` is done as its owner."""

    async def opened(where: main.Database) -> T:
        async with main.core(settings, where) as core:
            done = await work(core)
        if then is not None:
            await then(where)
        return done

    with main.database(settings) as where:
        if where.is_embedded:
            asyncio.run(main.migrate_up(where))
        return asyncio.run(opened(where))


def table(heads: tuple[str, ...], rows: list[tuple[object, ...]], *, as_json: bool) -> None:
    """Print rows under heads, or one JSON array of objects."""
    if as_json:
        click.echo(orjson.dumps([dict(zip(heads, row, strict=True)) for row in rows]).decode())
        return
    texts = [heads, *(tuple("-" if cell is None else _text(cell) for cell in row) for row in rows)]
    widths = [max(len(row[column]) for row in texts) for column in range(len(heads))]
    for row in texts:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _text(cell: object) -> str:
    return ", ".join(map(str, cell)) if isinstance(cell, list | tuple) else str(cell)
