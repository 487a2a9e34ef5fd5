"""The command line: a module for each sub-command, found here by name."""

import sys

import click

from lrs.cli import (
    credential,
    demo,
    export,
    follow,
    load,
    log,
    migrate,
    projection,
    reference,
    roster,
    rubric,
    serve,
    simulate,
    store,
    user,
)
from lrs.config import Wrong
from lrs.errors import LrsError

FAILED = 1
WRONG_USAGE = 2


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="daybook-lrs", prog_name="lrs")
def lrs() -> None:
    """Daybook, an xAPI Learning Record Store. `lrs serve` starts it."""


for command in (
    serve.serve,
    migrate.migrate,
    store.store,
    credential.credential,
    user.user,
    load.load,
    export.export,
    log.log,
    follow.follow,
    projection.projection,
    roster.roster,
    rubric.rubric,
    reference.reference,
    simulate.simulate,
    demo.demo,
):
    lrs.add_command(command)


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
        _fail(error.detail)
    except Wrong as error:
        _fail(str(error))
    except (click.Abort, KeyboardInterrupt):
        _fail("stopped")
    sys.exit(code if isinstance(code, int) else 0)


def _fail(why: str) -> None:
    click.echo(f"lrs: {' '.join(why.split())}", err=True)
    sys.exit(FAILED)
