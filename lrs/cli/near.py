"""Groups of commands that answer a name that they do not have with those near it, and with where all are."""

import difflib

import click

NEAR = 3


class Group(click.Group):
    """A group whose unknown commands are wrong usage, in words that help; `called` is what its commands are."""

    called = "command"

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the first argument names, its name, and the other arguments."""
        name = click.utils.make_str(args[0])
        if not name.startswith("-") and self.get_command(ctx, name) is None:
            near = difflib.get_close_matches(name, self.list_commands(ctx), NEAR)
            meant = f" Did you mean {' or '.join(near)}?" if near else ""
            ctx.fail(f"No such {self.called} {name!r}.{meant} `{ctx.command_path} --help` lists all.")
        return super().resolve_command(ctx, args)
