"""Where a command writes what it exports: a file, or standard output until whoever reads it has had enough."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

import click

out = click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="The file to write (standard output)."
)
BINARY: Final = frozenset({"parquet", "arrow"})


@contextlib.contextmanager
def opened(path: Path | None, form: str) -> Iterator[BinaryIO]:
    """The file of that path, made anew, or standard output; wrong usage where a terminal would get a binary format."""
    if path is None and form in BINARY and sys.stdout.isatty():
        raise click.UsageError(f"{form} is nothing for a terminal: add --out FILE, or > FILE")
    if path is not None:
        with path.open("wb") as file:
            yield file
        return
    try:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # What Python still holds for it must not fail again at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
