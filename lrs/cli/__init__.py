"""The command line: a module for each sub-command, found here by name and imported when it is used."""

import importlib
import sys
from collections.abc import Mapping
from typing import Final

import click

from lrs.cli import near
from lrs.config import Wrong
from lrs.errors import LrsError

FAILED = 1
WRONG_USAGE = 2
# Each sub-command, in the module of its name, and what `lrs --help` says of it, so that none need be imported for that.
COMMANDS: Final[Mapping[str, str]] = {
    "credential": "Keys and secrets of those who call the API.",
    "demo": "A simulated district, loaded and served.",
    "export": "Statements, events and answers of the analytics, as files.",
    "follow": "Keep facts, projections and hooks after the log.",
    "hook": "What leaves a store: webhooks and the like.",
    "load": "Load statements from files or standard input.",
    "log": "The event log, which only grows.",
    "migrate": "Bring the database schema up to date.",
    "projection": "The facts, and the projections that are computed from them.",
    "reconcile": "What differs between a store and another LRS.",
    "reference": "Breaks, identities, alignments, assignments, mapping and policy.",
    "relay": "The log in Kafka: a topic for each store.",
    "roster": "People, organisations, cohorts, caseloads and terms.",
    "rubric": "Rubrics, with criteria and levels.",
    "serve": "Serve HTTP.",
    "simulate": "Write a simulated district.",
    "store": "Stores: each has records, credentials and a log of its own.",
    "user": "People who use the console and the analytics.",
}


class Commands(near.Group):
    """A group whose commands are those of COMMANDS."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, from its module."""
        if cmd_name not in COMMANDS:
            return None
        command = getattr(importlib.import_module(f"{__name__}.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The names, and what is said of each."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="daybook-lrs", prog_name="lrs")
def lrs() -> None:
    """Daybook, an xAPI Learning Record Store. `lrs serve` starts it."""


def main(arguments: list[str] | None = None) -> None:
    """Run a command and exit: 0 if it went well, 1 with one line on standard error if not, 2 on wrong usage."""
    code: object = 0
    try:
        code = lrs.main(args=arguments, prog_name="lrs", standalone_mode=False)
    except click.UsageError as error:
        error.show()
        sys.exit(WRONG_USAGE)
    except click.ClickException as error:
        _fail(error.format_message())
    except LrsError as error:
        _fail(error.line)
    except Wrong as error:
        _fail(str(error))
    except (click.Abort, KeyboardInterrupt):
        _fail("stopped")
    sys.exit(code if isinstance(code, int) else 0)


def _fail(why: str) -> None:
    click.echo(f"lrs: {' '.join(why.split())}", err=True)
    sys.exit(FAILED)
