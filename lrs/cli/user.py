"""`lrs user`: who may sign in, as what, and as whom of the roster."""

import sys
from pathlib import Path

import click
import orjson

from lrs import main
from lrs.auth import passwords, people
from lrs.auth.people import Place, User
from lrs.cli import near, options
from lrs.errors import Conflict


@click.group(cls=near.Group)
def user() -> None:
    """People who use the console and the analytics: a name, a password, and what they are in each store."""


@user.command(epilog="Example: lrs user create cora --role coach --person P-1043")
@click.argument("name")
@click.option(
    "--role", "roles", multiple=True, required=True, type=click.Choice(people.ROLES),
    help="What she is in the store; as often as you like.",
)  # fmt: skip
@click.option(
    "--person",
    metavar="SOURCED_ID",
    help=f"Whom of the roster she is: {', '.join(people.PERSONAL)} see what is theirs.",
)
@click.option("--org", "orgs", multiple=True, metavar="SOURCED_ID", help="What a principal or evaluator sees.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input, in place of making one.")
@options.store
@options.as_json
@options.database
def create(
    name: str,
    roles: tuple[str, ...],
    person: str | None,
    orgs: tuple[str, ...],
    password_stdin: bool,
    store_name: str,
    as_json: bool,
    database_url: str | None,
    data_dir: Path | None,
) -> None:
    """Make the user NAME, or give one that there is a place in another store; a new password is shown once.

    Roles say what she sees: educator, coach and facilitator what is theirs (say who they are by --person), principal
    and evaluator their schools (by --org, or by the posts of --person), director sums, researcher rows with
    pseudonyms; admin sets up, and sees no content. Scopes are for keys: `lrs credential create --scope`.
    """
    given = _password(password_stdin)
    place = Place(roles=people.roles(roles), person=person, orgs=orgs)

    async def work(core: main.Core) -> str | None:
        store = await core.stores.by_name(store_name)
        known = await core.users.find(name)
        if known is not None and store.id not in known.user.places and given is None:
            await core.users.place(name, store.id, place)
            return None
        if await core.issuing.find(name) is not None:
            raise Conflict(f"there is a credential {name!r}: choose another name")
        password = given or passwords.generate()
        await core.users.create(name, store.id, place, password=password)
        return password

    password = options.run(options.settings(database_url=database_url, data_dir=data_dir), work)
    if lacking := people.lacking(place):
        click.echo(f"{name}: {lacking}", err=True)
    _show(name, None if given is not None else password, as_json)


@user.command(name="list", epilog="Example: lrs user list --json")
@options.store
@options.as_json
@options.database
def list_(store_name: str, as_json: bool, database_url: str | None, data_dir: Path | None) -> None:
    """List the users of a store."""

    async def work(core: main.Core) -> list[tuple[object, ...]]:
        store = await core.stores.by_name(store_name)
        return [_row(each, store.id) for each in await core.users.of_store(store.id)]

    rows = options.run(options.settings(database_url=database_url, data_dir=data_dir), work)
    options.table(("name", "state", "roles", "person", "orgs"), rows, as_json=as_json)


@user.command(epilog="Example: lrs user disable cora")
@click.argument("name")
@click.option("--enable", is_flag=True, help="Let her in again.")
@options.database
def disable(name: str, enable: bool, database_url: str | None, data_dir: Path | None) -> None:
    """Keep the user NAME out, of every store and at once."""

    async def work(core: main.Core) -> None:
        await core.users.disable(name, disabled=not enable)

    options.run(options.settings(database_url=database_url, data_dir=data_dir), work)
    click.echo(f"{'enabled' if enable else 'disabled'} {name}")


@user.command(epilog="Example: lrs user password cora")
@click.argument("name")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input, in place of making one.")
@options.as_json
@options.database
def password(name: str, password_stdin: bool, as_json: bool, database_url: str | None, data_dir: Path | None) -> None:
    """Give the user NAME another password, and show it once; the old one is good no more."""
    given = _password(password_stdin)
    chosen = given or passwords.generate()

    async def work(core: main.Core) -> None:
        await core.users.change_password(name, chosen)

    options.run(options.settings(database_url=database_url, data_dir=data_dir), work)
    _show(name, None if given is not None else chosen, as_json)


def _password(is_read: bool) -> str | None:
    if not is_read:
        return None
    given = sys.stdin.readline().rstrip("\r\n")
    people.check_password(given)
    return given


def _row(each: User, store: int) -> tuple[object, ...]:
    place = each.places[store]
    return each.name, "disabled" if each.disabled else "live", list(place.roles), place.person, list(place.orgs)


def _show(name: str, password: str | None, as_json: bool) -> None:
    if as_json:
        click.echo(orjson.dumps({"name": name} | ({} if password is None else {"password": password})).decode())
    elif password is None:
        click.echo(f"name      {name}")
    else:
        click.echo(f"name      {name}\npassword  {password}\nThe password is not shown again.")
