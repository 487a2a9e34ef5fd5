"""`lrs credential`: who may use the API, and for what."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import orjson

from lrs import main
from lrs.auth import scopes as scopes_
from lrs.auth.credentials import Credential
from lrs.auth.issuing import Issued
from lrs.cli import near, options
from lrs.errors import NotFound

# Ten years.
MOST_HOURS = 87_600


@click.group(cls=near.Group)
def credential() -> None:
    """API credentials: a key and a secret, for one store, with scopes."""


@credential.command(epilog="Example: lrs credential create --name Moodle --scope statements/write --scope state")
@click.option("--name", default="", help="What it is for.")
@click.option(
    "--scope", "scopes", multiple=True, type=click.Choice(scopes_.EVERY), help="What it may do; give it repeatedly."
)
@click.option("--days", type=click.IntRange(1), help="How long it is good; without it, for ever.")
@options.store
@options.as_json
@options.database
def create(
    name: str,
    scopes: tuple[str, ...],
    days: int | None,
    store_name: str,
    as_json: bool,
    database_url: str | None,
    data_dir: Path | None,
) -> None:
    """Make a credential and print its key and secret: the secret is shown once.

    Without --scope it may write statements and read its own.
    """
    expires = None if days is None else datetime.now(UTC) + timedelta(days=days)

    async def work(core: main.Core) -> Issued:
        store = await core.stores.by_name(store_name)
        return await core.issuing.issue(store.id, name=name, scopes=scopes or scopes_.DEFAULT, expires=expires)

    _show(options.run(options.settings(database_url=database_url, data_dir=data_dir), work), as_json)


@credential.command(name="list", epilog="Example: lrs credential list --store default")
@options.store
@options.as_json
@options.database
def list_(store_name: str, as_json: bool, database_url: str | None, data_dir: Path | None) -> None:
    """List the credentials of a store."""
    now = datetime.now(UTC)

    async def work(core: main.Core) -> list[tuple[object, ...]]:
        store = await core.stores.by_name(store_name)
        return [_row(each, now) for each in await core.issuing.of_store(store.id)]

    rows = options.run(options.settings(database_url=database_url, data_dir=data_dir), work)
    options.table(("key", "name", "state", "secrets", "expires", "scopes"), rows, as_json=as_json)


@credential.command(epilog="Example: lrs credential rotate 5f2b8c --overlap-hours 48")
@click.argument("key")
@click.option(
    "--overlap-hours", type=options.Hours(MOST_HOURS), default=24.0, show_default=True, metavar="HOURS",
    help="For how many hours the old one is good too.",
)  # fmt: skip
@options.store
@options.as_json
@options.database
def rotate(
    key: str, overlap_hours: float, store_name: str, as_json: bool, database_url: str | None, data_dir: Path | None
) -> None:
    """Give the credential KEY a new secret and print it; its old one stays good for a while."""

    async def work(core: main.Core) -> Issued:
        await _must_be_of(core, key, store_name)
        return await core.issuing.rotate(key, overlap=timedelta(hours=overlap_hours))

    _show(options.run(options.settings(database_url=database_url, data_dir=data_dir), work), as_json)


@credential.command(epilog="Example: lrs credential revoke 5f2b8c")
@click.argument("key")
@options.store
@options.database
def revoke(key: str, store_name: str, database_url: str | None, data_dir: Path | None) -> None:
    """Make the credential KEY good for nothing, at once and for ever."""

    async def work(core: main.Core) -> None:
        await _must_be_of(core, key, store_name)
        await core.issuing.revoke(key)

    options.run(options.settings(database_url=database_url, data_dir=data_dir), work)
    click.echo(f"revoked {key}")


async def _must_be_of(core: main.Core, key: str, store_name: str) -> None:
    """NotFound unless the key is one of the store that was named."""
    store = await core.stores.by_name(store_name)
    if (await core.issuing.get(key)).store != store.id:
        raise NotFound(f"there is no credential {key!r} in the store {store_name}: name its store with --store")


def _row(each: Credential, now: datetime) -> tuple[object, ...]:
    state = "revoked" if each.state.revoked else "live" if each.state.is_live(now) else "expired"
    live = sum(secret.is_live(now) for secret in each.state.secrets)
    expires = None if each.state.expires is None else each.state.expires.isoformat(timespec="minutes")
    return each.key, each.state.name, state, live, expires, list(each.state.scopes)


def _show(issued: Issued, as_json: bool) -> None:
    if as_json:
        click.echo(orjson.dumps({"key": issued.key, "secret": issued.secret}).decode())
    else:
        click.echo(f"key     {issued.key}\nsecret  {issued.secret}\nThe secret is not shown again.")
