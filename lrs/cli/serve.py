"""`lrs serve`: the HTTP server with all its workers."""

import asyncio
import contextlib
import ipaddress
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import click

from lrs import main
from lrs.cli import options, workers
from lrs.config import Settings
from lrs.errors import CannotStart, Unavailable

RETRY_SECONDS: Final = 1.0


@click.command(epilog="Example: lrs serve --port 8080 --workers 2")
@click.option("--host", metavar="ADDRESS", help="Address to listen on (127.0.0.1).")
@click.option("--port", type=click.IntRange(0, 65_535), help="Port to listen on (8080); 0 takes a free one.")
@click.option("--workers", "count", type=click.IntRange(1), metavar="N", help="Processes (one for every two cores).")
@click.option("--no-followers", is_flag=True, help="Run the HTTP server alone.")
@options.database
def serve(
    host: str | None,
    port: int | None,
    count: int | None,
    no_followers: bool,
    database_url: str | None,
    data_dir: Path | None,
) -> None:
    """Serve HTTP until SIGTERM or Ctrl-C; a second one ends it at once."""
    settings = options.settings(
        host=host,
        port=port,
        workers=count,
        followers=False if no_followers else None,
        database_url=database_url,
        data_dir=data_dir,
    )
    _check(settings)
    sockets = workers.listen(settings)
    with main.database(settings, serves=True) as where, _shared_folder(settings, where) as folder:
        asyncio.run(_serve(settings, where, sockets, folder))


async def _serve(settings: Settings, where: main.Database, sockets: Sequence[socket.socket], folder: Path) -> None:
    if where.is_embedded:
        await main.migrate_up(where)
    first = await _first_start(settings, where)
    await workers.Workers(settings, where, sockets, folder, lambda: _greet(sockets[0], first)).run()


@contextlib.contextmanager
def _shared_folder(settings: Settings, where: main.Database) -> Iterator[Path]:
    """An empty folder for what the workers share.

    In a data directory, which is ours alone, it always has one name: the next server clears what a killed one left.
    """
    if not where.is_embedded:
        with tempfile.TemporaryDirectory(prefix="daybook-", ignore_cleanup_errors=True) as name:
            yield Path(name)
        return
    folder = settings.data_dir / "run"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _first_start(settings: Settings, where: main.Database) -> main.First:
    """What is made at first, as soon as there is a database: after a power cut it may come up later than we do."""
    while True:
        try:
            return await main.first_start(settings, where)
        except Unavailable as error:
            click.echo(f"lrs: waiting for the database: {error.detail}", err=True)
            await asyncio.sleep(RETRY_SECONDS)


def _greet(listening: socket.socket, first: main.First) -> None:
    host, port = listening.getsockname()[:2]
    name = f"[{host}]" if ":" in host else host
    if first.credential is not None:
        key, secret = first.credential.key, first.credential.secret
        click.echo(f"The first credential, shown this once:\n  key     {key}\n  secret  {secret}")
    if first.administrator is not None:
        user, password = first.administrator.key, first.administrator.secret
        click.echo(f"The first administrator, shown this once:\n  name      {user}\n  password  {password}")
    click.echo(f"Daybook serves xAPI at http://{name}:{port}/xAPI")


def _check(settings: Settings) -> None:
    """CannotStart where the server would be unsafe."""
    if os.environ.get("AIOHTTP_NO_EXTENSIONS"):
        raise CannotStart("AIOHTTP_NO_EXTENSIONS is set: unset it, for aiohttp's parser in Python is not as strict")
    if settings.tls == "off" and not _is_loopback(settings.host):
        raise CannotStart(
            f"LRS_HOST={settings.host}: secrets would travel in the clear; put a proxy that ends TLS before the server"
            " and set LRS_TLS=proxy, or listen on 127.0.0.1"
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
