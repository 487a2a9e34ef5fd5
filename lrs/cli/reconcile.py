"""`lrs reconcile`: compares a store with another LRS, day by day."""

import asyncio
import dataclasses
import ipaddress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TextIO

import click
import msgspec
import orjson
import yarl

from lrs import main
from lrs.cli import options
from lrs.cli.progress import Progress
from lrs.config import Settings
from lrs.hooks import targets
from lrs.hooks.peers.reconciling import Difference, Reconciling, Window
from lrs.hooks.peers.remote import Endpoint, Remote
from lrs.hooks.targets import Allow
from lrs.log import blobs
from lrs.xapi.versions import Version
from projections.statements import reader

SHOWN: Final = 1_000
EVERY: Final = 200
TIME: Final = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.%fZ"])


@dataclasses.dataclass(frozen=True, kw_only=True)
class Asked:
    """What was asked for on the command line."""

    store: str
    endpoint: Endpoint
    secret: str = dataclasses.field(repr=False)
    window: Window
    attachments: bool


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """What a comparison has found; `count` is of all differences, of which the first are listed."""

    work: Reconciling
    differences: list[Difference]
    count: int


@click.command(
    epilog="Example: LRS_RECONCILE_SECRET=… lrs reconcile https://lrs.example.org/xAPI --key 5f2b8c --since 2026-01-01"
)
@click.argument("url")
@click.option("--key", required=True, help="The key, or user name, there; the secret is never an argument.")
@click.option(
    "--secret-file", type=click.File("r"),
    help="File with the secret, - for standard input; else LRS_RECONCILE_SECRET, else you are asked.",
)  # fmt: skip
@click.option(
    "--xapi-version", "version", type=click.Choice([each.value for each in Version]), default=Version.V2_0_0.value,
    show_default=True, help="The version that is spoken there.",
)  # fmt: skip
@click.option("--since", type=TIME, help="Only statements with a timestamp from this time (UTC) on.")
@click.option("--until", type=TIME, help="Only statements with a timestamp before this time (UTC).")
@click.option("--attachments", is_flag=True, help="Whether both have the data of attachments, too.")
@options.store
@options.as_json
@options.database
def reconcile(
    url: str, key: str, secret_file: TextIO | None, version: str, since: datetime | None,
    until: datetime | None, attachments: bool, store_name: str, as_json: bool, database_url: str | None,
    data_dir: Path | None,
) -> int:  # fmt: skip
    """Compare a store with the LRS at URL (its endpoint, without /statements), statement by statement.

    Both are read from end to end and compared by a digest for each day of `timestamp`; what differs is listed: missing
    here, missing there, different, or voided on one side alone. What an LRS sets itself (stored, authority, version)
    does not count. The exit status is 1 where anything differs.
    """
    settings = options.settings(database_url=database_url, data_dir=data_dir)
    asked = Asked(
        store=store_name,
        endpoint=Endpoint(url=url, version=Version(version), key=key),
        secret=_secret(settings, secret_file),
        window=Window(since=_utc(since), until=_utc(until)),
        attachments=attachments,
    )
    return _tell(options.run(settings, lambda core: _work(core, settings, asked)), as_json=as_json)


async def _work(core: main.Core, settings: Settings, asked: Asked) -> Compared:
    async def secret() -> str:
        return asked.secret

    store = await core.stores.by_name(asked.store)
    allow = _allow(settings, asked.endpoint.url)
    other = Remote(asked.endpoint, secret, lambda: targets.connector(allow, ca_file=settings.hook_ca_file))
    progress = Progress("reconcile")
    work = Reconciling(
        store.id,
        reader.Reader(core.reads, core.searches, core.stores, core.floors),
        blobs.Reader(core.reads),
        other,
        window=asked.window,
        with_data=asked.attachments,
        tell=lambda here, there: _show(progress, here, there),
    )
    try:
        # Before the store here is read, which may take long.
        await other.reach()
        return await _compare(work)
    finally:
        progress.end()
        await other.close()


async def _compare(work: Reconciling) -> Compared:
    found: list[Difference] = []
    count = 0
    async for each in work.run():
        count += 1
        if len(found) < SHOWN:
            found.append(each)
        await asyncio.sleep(0)
    return Compared(work=work, differences=found, count=count)


def _show(progress: Progress, here: int, there: int) -> None:
    if (here + there) % EVERY == 0:
        progress.show(None, f"{here:,} statements here, {there:,} there")


def _tell(compared: Compared, *, as_json: bool) -> int:
    days = compared.work.days
    if as_json:
        rows = [{**msgspec.structs.asdict(day), "same": day.is_same} for day in days]
        listed = [{**each._asdict(), "id": str(each.id)} for each in compared.differences]
        told = {"days": rows, "count": compared.count, "differences": listed}
        click.echo(orjson.dumps(told).decode())
    else:
        for day in days:
            if not day.is_same:
                click.echo(f"{day.day}: {day.here:,} here, {day.there:,} there")
        for each in compared.differences:
            click.echo(f"{each.day}  {each.id}  {each.kind}")
        if compared.count > len(compared.differences):
            click.echo(f"… and {compared.count - len(compared.differences):,} more")
        here, there = sum(day.here for day in days), sum(day.there for day in days)
        click.echo(f"{here:,} statements here, {there:,} there, {len(days):,} days: {compared.count:,} differences")
    return 1 if compared.count else 0


def _secret(settings: Settings, file: TextIO | None) -> str:
    if file is not None:
        return str(file.read()).strip("\r\n")
    return settings.reconcile_secret or str(click.prompt("Secret", hide_input=True, err=True))


def _allow(settings: Settings, url: str) -> Allow:
    """What LRS_HOOK_ALLOW allows, and the very host that was named: who may run this command may reach it anyway."""
    allow = Allow.parse(settings.hook_allow)
    try:
        parsed = yarl.URL(url)
        host, port = parsed.host or "", parsed.port or 0
        try:
            own = Allow(networks=(ipaddress.ip_network(host),))
        except ValueError:
            own = Allow(names=frozenset({(host.lower().rstrip("."), port)}))
    except ValueError:
        own = Allow()
    allowed = Allow(networks=(*allow.networks, *own.networks), names=allow.names | own.names)
    targets.check(url, allowed)
    return allowed


def _utc(time: datetime | None) -> datetime | None:
    return None if time is None else time.replace(tzinfo=UTC)
