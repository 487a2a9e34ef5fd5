"""`lrs export QUESTION`: the answers to the questions of the analytics, as the API gives them, whole and as a file."""

import getpass
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final

import click
import msgspec

from lrs import main
from lrs.cli import near, options, output
from lrs.errors import Invalid, NotFound
from lrs.log.store import Store
from lrs.xapi.parameters import Pairs
from projections.answers import asked as asking
from projections.answers import files
from projections.answers import found as finding
from projections.answers.asked import Format
from projections.answers.asker import Asker, Role
from projections.answers.question import Question, Rows

FORMS: Final[tuple[Format, ...]] = ("jsonl", "csv", "parquet", "arrow")
# What the API knows and a command says in other ways, or has no use for.
LEFT: Final = frozenset({"cursor", "format", "store"})
HELP: Final = {
    "person": "Only of that person; as often as you like.",
    "org": "Only of that organisation and all beneath it.",
    "cohort": "Only of that cohort.",
    "coach": "Only of that coach.",
    "rubric": "Only of that rubric.",
    "criterion": "Only of that criterion, by id or IRI.",
    "period": "Only of that period.",
    "as_of": "The day for which it holds (today).",
    "as_known_at": "The position of the log up to which counts what was known.",
    "by": "Sum up by one or two dimensions, with a comma.",
    "method": "How scores become one.",
    "purpose": "formative, evaluative, unspecified or mixed.",
    "limit": "At most so many rows (all).",
    "why": "To what end, for the record of who looked.",
}
SEEN_AS: Final = (Role.DIRECTOR.value, Role.RESEARCHER.value)


class Questions(near.Group):
    """A group that has, besides its own commands, one for each question: `cohorts/ID/sessions` as in the API."""

    called = "export or question"

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Its own commands and every question."""
        return [*super().list_commands(ctx), *(each.path for each in main.questions())]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        for question in main.questions():
            path = _matched(question, cmd_name)
            if path is not None:
                return _command(question, cmd_name, path)
        return None


def operator() -> str:
    """By what name the audit knows who uses the command line: no user or key can have it."""
    try:
        return f"command:{getpass.getuser()}"
    except (KeyError, OSError):
        return "command:"


def _matched(question: Question, name: str) -> Mapping[str, str] | None:
    """What stands for each `{name}` of the question's path, None where this is another one."""
    pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(question.path))
    found = re.fullmatch(pattern, name)
    return None if found is None else found.groupdict()


def _command(question: Question, name: str, path: Mapping[str, str]) -> click.Command:
    def export(
        form: Format, out: Path | None, as_role: str | None, as_user: str | None, store_name: str,
        database_url: str | None, data_dir: Path | None, **given: str | tuple[str, ...] | None,
    ) -> None:  # fmt: skip
        for each, value in path.items():
            if value.startswith("{"):
                raise click.UsageError(f"write an id in place of {{{each}}}")
        if as_role and as_user:
            raise click.UsageError("--as and --as-user say the same: give one of them")
        pairs = [(key, text) for key, value in given.items() for text in _texts(value)]

        async def work(core: main.Core) -> str:
            store = await core.stores.by_name(store_name)
            asker = await _asker(core, store, Role(as_role or Role.DIRECTOR), as_user)
            with output.opened(out, form) as file:
                return await _export(core, question, pairs, path, asker, form, file)

        settings = options.settings(database_url=database_url, data_dir=data_dir)
        click.echo(options.run(settings, work), err=True)

    made: Callable[..., Any] = options.store(options.database(export))
    for parameter in reversed([each for each in asking.names(question) if each not in LEFT]):
        made = _option(question, parameter)(made)
    made = click.option("--as-user", metavar="NAME", help="As that user sees it.")(made)
    made = click.option("--as", "as_role", type=click.Choice(SEEN_AS), help="In whose view (director).")(made)
    form = click.option(
        "--format", "form", type=click.Choice(FORMS), default="jsonl", show_default=True, help="How it is written."
    )
    help_ = (
        f"{question.sentence}\n\nAs the API tells it to a director: where she sees sums alone, so do you, and small"
        " cells are suppressed. What is exported of whom is recorded."
    )
    grant = question.sees.get(Role.DIRECTOR)
    seen = " --as-user cora" if grant is not None and grant.rows is Rows.OWN else ""  # whose own it is, must be said
    epilog = f"Example: lrs export {name}{seen} --format csv --as-of 2026-01-31 --out answer.csv"
    return click.command(name=name, help=help_, short_help=question.sentence, epilog=epilog)(form(output.out(made)))


def _option(question: Question, name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    own = {each.name: each.sentence for each in question.parameters}
    choices = {each.name: each.choices for each in question.parameters}.get(name)
    once = name in asking.ONCE
    return click.option(
        f"--{name.replace('_', '-')}",
        name,
        multiple=not once,
        metavar=None if choices else ("DAY" if name == "as_of" else "VALUE"),
        type=click.Choice(choices) if choices else None,
        help=own.get(name, HELP.get(name)),
    )


def _texts(value: str | tuple[str, ...] | None) -> tuple[str, ...]:
    if value is None:
        return ()
    return value if isinstance(value, tuple) else (value,)


async def _asker(core: main.Core, store: Store, role: Role, user: str | None) -> Asker:
    """Who asks: the operator, in the view of a role or of a user of the store."""
    if user is None:
        return Asker(store=store.id, name=operator(), roles=frozenset({role}), secret=store.secret)
    known = await core.users.find(user)
    place = None if known is None else known.user.places.get(store.id)
    held = frozenset(Role(each) for each in (place.roles if place else ()) if each in Role.__members__.values())
    if place is None or not held:
        raise NotFound(f"no user {user!r} sees anything in the store {store.name}: `lrs user list` shows who does")
    name = f"{operator()} as {user}"
    return Asker(store=store.id, name=name, roles=held, secret=store.secret, person=place.person, orgs=place.orgs)


async def _export(
    core: main.Core, question: Question, pairs: Pairs, path: Mapping[str, str], asker: Asker, form: Format,
    to: BinaryIO,
) -> str:  # fmt: skip
    """Write the answer; in words, how much it was. Nobody has any of it before it is kept who asked."""
    ground = main.ground(core)
    try:
        asked = await finding.ask(ground, question, [*pairs, ("format", "csv")], path, asker=asker)
    except Invalid as error:
        raise click.UsageError(error.line) from error
    with tempfile.TemporaryFile() as file:
        async with finding.find(ground, question, msgspec.structs.replace(asked, format=form)) as found:
            count = await files.write(found, ground, file)
        file.seek(0)
        shutil.copyfileobj(file, to)
    what = "sums" if found.is_sum else "rows"
    return f"{count:,} {what}, through position {found.through.position:,}, as of {found.asked.as_of}"
