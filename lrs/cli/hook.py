"""`lrs hook`: what leaves a store, and where to."""

import sys
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import click
import orjson

from lrs import main
from lrs.cli import near, options
from lrs.errors import Invalid
from lrs.hooks.operating import Seen
from lrs.hooks.registry import Made
from lrs.resources import admin_hooks

T = TypeVar("T")
WEBHOOK = "webhook"
MOST_HOURS = admin_hooks.LONGEST_OVERLAP // 3600
FILTERS = {"event": "kinds", "verb": "verbs", "activity": "activities", "agent": "agents",
           "registration": "registrations", "template": "templates"}  # fmt: skip


@click.group(cls=near.Group)
def hook() -> None:
    """What leaves a store: webhooks and the like. The process that follows the log (`lrs serve`) sends."""


def configuration(command: Callable[..., T]) -> Callable[..., T]:
    """What a hook sends, and where."""
    for option in (
        click.option("--template", multiple=True, metavar="IRI", help="Statements of this profile; or a template."),
        click.option("--registration", multiple=True, metavar="UUID", help="Statements of this registration."),
        click.option("--agent", multiple=True, metavar="JSON", help="Statements with this agent."),
        click.option("--activity", multiple=True, metavar="IRI", help="Statements about this activity."),
        click.option("--verb", multiple=True, metavar="IRI", help="Statements with this verb."),
        click.option("--event", "event", multiple=True, metavar="KIND", help="Events such as StatementStored."),
        click.option("--concurrency", type=int, help="Messages under way at once, where not in order (4)."),
        click.option("--batch", type=int, help="Events in one message at most (1)."),
        click.option("--ordered/--unordered", default=None, help="Whether a failed message keeps later ones waiting."),
        click.option("--url", help="Where to send."),
        click.option("--config", type=click.File("rb"), help="The whole configuration as JSON, - for standard input."),
    ):
        command = option(command)
    return command


@hook.command(epilog="Example: lrs hook create gradebook --url https://grades.example.org/xapi --event StatementStored")
@click.argument("name")
@click.option(
    "--kind", "kind", default=WEBHOOK, show_default=True,
    help="What it is: webhook, forward, pull, rows or question.",
)  # fmt: skip
@click.option("--type", "type_", hidden=True, help="What --kind was called.")
@configuration
@click.option("--secrets", type=click.File("rb"), help="Its secrets as a JSON object, - for standard input.")
@click.option(
    "--from", "begin", default="now", show_default=True, help="Position of the first event to send: 1 for all."
)
@click.option("--disabled", is_flag=True, help="Send nothing yet.")
@options.store
@options.as_json
@options.database
def create(
    name: str, kind: str, type_: str | None, secrets: Any, begin: str, disabled: bool, store_name: str,  # noqa: ANN401
    as_json: bool, database_url: str | None, data_dir: Path | None, **given: Any,  # noqa: ANN401
) -> None:  # fmt: skip
    """Make the hook NAME; a secret that is made for it is shown once."""
    start = admin_hooks.begin(int(begin) if begin.isdecimal() else begin)
    config, kept = _config(given, {}), _secrets(secrets)

    async def work(core: main.Core) -> Made:
        store = await core.stores.by_name(store_name)
        return await core.hooks.registry.create(
            store.id, type_ or kind, name, config, secrets=kept, start=start, enabled=not disabled
        )

    _show_made(_run(work, database_url, data_dir), as_json)


@hook.command(name="list", epilog="Example: lrs hook list --json")
@options.store
@options.as_json
@options.database
def list_(store_name: str, as_json: bool, database_url: str | None, data_dir: Path | None) -> None:
    """List the hooks of a store."""

    async def work(core: main.Core) -> list[tuple[object, ...]]:
        store = await core.stores.by_name(store_name)
        return [_row(seen) for seen in await core.hooks.every(store.id)]

    heads = ("name", "kind", "state", "position", "pending", "parked", "why", "id")
    options.table(heads, _run(work, database_url, data_dir), as_json=as_json)


@hook.command(epilog="Example: lrs hook show gradebook")
@click.argument("name")
@options.store
@options.database
def show(name: str, store_name: str, database_url: str | None, data_dir: Path | None) -> None:
    """Show the hook NAME, or that of an id, as JSON."""
    _echo(_on(name, store_name, database_url, data_dir, _itself).told())


@hook.command(epilog="Example: lrs hook change gradebook --unordered")
@click.argument("name")
@click.option("--name", "to", help="Another name.")
@configuration
@options.store
@options.database
def change(
    name: str, to: str | None, store_name: str, database_url: str | None, data_dir: Path | None, **given: Any,  # noqa: ANN401
) -> None:  # fmt: skip
    """Change what the hook NAME sends, and where: what is given replaces what there was."""

    async def work(core: main.Core, seen: Seen) -> None:
        config = _config(given, seen.told()["config"])
        has_changed = config != seen.told()["config"]
        if to is None and not has_changed:
            raise Invalid("nothing was given that would change the hook")
        await core.hooks.registry.change(seen.hook, name=to, config=config if has_changed else None)

    _on(name, store_name, database_url, data_dir, work)
    click.echo(f"changed {name}")


@hook.command(epilog="Example: lrs hook rotate gradebook --overlap-hours 24")
@click.argument("name")
@click.option(
    "--overlap-hours", "--overlap", "overlap", type=options.Hours(MOST_HOURS), default=24.0, show_default=True,
    metavar="HOURS", help=f"For how many hours the old secret is good too, at most {MOST_HOURS}.",
)  # fmt: skip
@click.option("--secrets", type=click.File("rb"), help="The new secrets as a JSON object, - for standard input.")
@options.store
@options.as_json
@options.database
def rotate(
    name: str, overlap: float, secrets: Any, store_name: str, as_json: bool,  # noqa: ANN401
    database_url: str | None, data_dir: Path | None,
) -> None:  # fmt: skip
    """Give the hook NAME a new secret, and show it once; messages are signed with both during the overlap."""
    kept = _secrets(secrets)
    good = admin_hooks.overlapping(round(timedelta(hours=overlap).total_seconds()))

    async def work(core: main.Core, seen: Seen) -> Made:
        return await core.hooks.registry.rotate(seen.hook, secrets=kept, overlap=good)

    _show_made(_on(name, store_name, database_url, data_dir, work), as_json)


@hook.command(epilog="Example: lrs hook enable gradebook")
@click.argument("name")
@options.store
@options.database
def enable(name: str, store_name: str, database_url: str | None, data_dir: Path | None) -> None:
    """Have the hook NAME go on from where it was."""

    async def work(core: main.Core, seen: Seen) -> None:
        await core.hooks.registry.enable(seen.hook)

    _on(name, store_name, database_url, data_dir, work)
    click.echo(f"enabled {name}")


@hook.command(epilog="Example: lrs hook disable gradebook")
@click.argument("name")
@options.store
@options.database
def disable(name: str, store_name: str, database_url: str | None, data_dir: Path | None) -> None:
    """Have the hook NAME send nothing, and keep its place."""

    async def work(core: main.Core, seen: Seen) -> None:
        await core.hooks.registry.disable(seen.hook)

    _on(name, store_name, database_url, data_dir, work)
    click.echo(f"disabled {name}")


@hook.command(epilog="Example: lrs hook remove gradebook")
@click.argument("name")
@options.store
@options.database
def remove(name: str, store_name: str, database_url: str | None, data_dir: Path | None) -> None:
    """Remove the hook NAME, with its secrets, its place and its deliveries."""

    async def work(core: main.Core, seen: Seen) -> None:
        await core.hooks.registry.remove(seen.hook)

    _on(name, store_name, database_url, data_dir, work)
    click.echo(f"removed {name}")


@hook.command(epilog="Example: lrs hook test gradebook")
@click.argument("name")
@options.store
@options.database
def test(name: str, store_name: str, database_url: str | None, data_dir: Path | None) -> None:
    """Send a test message to the webhook NAME now, and show what comes back."""

    async def work(core: main.Core, seen: Seen) -> dict[str, Any]:
        return admin_hooks.tried(await core.hooks.test(seen.hook))

    tried = _on(name, store_name, database_url, data_dir, work)
    _echo(tried)
    if not tried["delivered"]:
        sys.exit(1)


@hook.command(epilog="Example: lrs hook deliveries gradebook --failed")
@click.argument("name")
@click.option("--message", metavar="ID", help="Those of one webhook-id.")
@click.option("--failed", is_flag=True, help="Only those that did not arrive.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1_000))
@options.store
@options.as_json
@options.database
def deliveries(
    name: str, message: str | None, failed: bool, limit: int, store_name: str, as_json: bool,
    database_url: str | None, data_dir: Path | None,
) -> None:  # fmt: skip
    """Show what the webhook NAME has sent and what came back, the latest first."""

    async def work(core: main.Core, seen: Seen) -> list[dict[str, Any]]:
        page = await core.hooks.deliveries(seen.hook, message=message, failed=failed, limit=limit)
        return [admin_hooks.told(each) for each in page]

    page = _on(name, store_name, database_url, data_dir, work)
    if as_json:
        click.echo(orjson.dumps(page).decode())
        return
    heads = ("at", "message", "attempt", "status", "milliseconds", "error")
    options.table(heads, [tuple(each[head] for head in heads) for each in page], as_json=False)


@hook.command(epilog="Example: lrs hook redeliver gradebook 0b1c…:1:4711")
@click.argument("name")
@click.argument("message")
@options.store
@options.database
def redeliver(name: str, message: str, store_name: str, database_url: str | None, data_dir: Path | None) -> None:
    """Send MESSAGE, a webhook-id, again under the same id, as soon as followers run."""

    async def work(core: main.Core, seen: Seen) -> None:
        await core.hooks.redeliver(seen.hook, message)

    _on(name, store_name, database_url, data_dir, work)
    click.echo(f"{message} is sent again")


@hook.command(epilog="Example: lrs hook replay gradebook --from 1")
@click.argument("name")
@click.option("--from", "begin", type=int, required=True, help="Position of the first event to send again.")
@options.store
@options.database
def replay(name: str, begin: int, store_name: str, database_url: str | None, data_dir: Path | None) -> None:
    """Have the hook NAME send every event again from a position on, under the same ids."""

    async def work(core: main.Core, seen: Seen) -> None:
        await core.hooks.registry.replay(seen.hook, begin)

    _on(name, store_name, database_url, data_dir, work)
    click.echo(f"{name} sends from position {begin} on")


async def _itself(core: main.Core, seen: Seen) -> Seen:
    return seen


def _on(
    name: str, store_name: str, database_url: str | None, data_dir: Path | None,
    work: Callable[[main.Core, Seen], Awaitable[T]],
) -> T:  # fmt: skip
    """What is done with a hook."""

    async def found(core: main.Core) -> T:
        store = await core.stores.by_name(store_name)
        return await work(core, await core.hooks.one(store.id, name))

    return _run(found, database_url, data_dir)


def _run(work: Callable[[main.Core], Awaitable[T]], database_url: str | None, data_dir: Path | None) -> T:
    return options.run(options.settings(database_url=database_url, data_dir=data_dir), work)


def _config(given: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration that options give, on top of what there is."""
    config = dict(known) if given["config"] is None else _object(given["config"])
    config |= {name: given[name] for name in ("url", "ordered", "batch", "concurrency") if given[name] is not None}
    if chosen := {plural: list(given[name]) for name, plural in FILTERS.items() if given[name]}:
        config["filter"] = {**config.get("filter", {}), **chosen}
    return config


def _secrets(file: Any) -> dict[str, str]:  # noqa: ANN401 - a file of click's
    """The secrets by name that a file holds."""
    given = _object(file)
    for name, secret in given.items():
        if not isinstance(secret, str):
            raise Invalid("a secret is a text", pointer=f"/secrets/{name}", rule="hook.secret")
    return given


def _object(file: Any) -> dict[str, Any]:  # noqa: ANN401 - a file of click's
    if file is None:
        return {}
    try:
        read = orjson.loads(file.read())
    except orjson.JSONDecodeError as error:
        raise Invalid(f"{file.name} is no JSON: {error}") from error
    if not isinstance(read, dict):
        raise Invalid(f'{file.name} is no JSON object, such as {{"name": "value"}}')
    return read


def _row(seen: Seen) -> tuple[object, ...]:
    told = seen.told()
    why = told["why"] or (seen.failing.error if seen.failing is not None else None)
    return (
        told["name"],
        told["kind"],
        told["state"],
        told["position"],
        told["pending"],
        told["parked"],
        why,
        told["id"],
    )


def _show_made(made: Made, as_json: bool) -> None:
    if as_json:
        _echo({"id": str(made.hook.id), "name": made.hook.name, "secrets": made.secrets})
        return
    click.echo(f"name    {made.hook.name}\nid      {made.hook.id}")
    for name, secret in made.secrets.items():
        click.echo(f"secret  {secret}  ({name})")
    if made.secrets:
        click.echo("The secret is not shown again.")


def _echo(value: object) -> None:
    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())
