"""The report of a load: what was refused and why, in JSON Lines."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import click
import msgspec

from lrs.recording.elements import Mark
from lrs.recording.judging import Refusal

UNREADABLE = 2**63


class Place(msgspec.Struct, frozen=True):
    """Where a line of the report says that a statement stands."""

    line: int = 0
    element: int = 0


class Refused:
    """The report at `path`, made when there is something to tell; what an earlier run told of before `mark` stays."""

    def __init__(self, path: Path, mark: Mark) -> None:
        self.path = path
        self._file: BinaryIO | None = None
        try:
            self._cut(mark)
        except OSError as error:
            raise _unwritable(path, error) from error

    def add(self, refusals: Sequence[Refusal]) -> None:
        """Tell of refusals; they are on disk when this returns."""
        if not refusals:
            return
        try:
            if self._file is None:
                self._file = self.path.open("ab")
            self._file.writelines(refusal.encode() + b"\n" for refusal in refusals)
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise _unwritable(self.path, error) from error

    def close(self) -> None:
        """End the report."""
        if self._file is not None:
            self._file.close()

    def _cut(self, mark: Mark) -> None:
        """Take away what will be told again, or was told of another load."""
        if not self.path.exists():
            return
        kept = 0
        with self.path.open("r+b") as file:
            if _number(file.readline()) == UNREADABLE:
                raise click.ClickException(f"{self.path} is there and is no report: choose another with --report")
            file.seek(0)
            while mark.number and _number(line := file.readline()) <= mark.number and line:
                kept = file.tell()
            file.truncate(kept)
        if not kept:
            self.path.unlink()


def _number(line: bytes) -> int:
    """The number of the statement that a line tells of; of one that is cut off or no report's, UNREADABLE."""
    try:
        place = msgspec.json.decode(line, type=Place)
    except msgspec.DecodeError:
        return UNREADABLE
    return place.line or place.element or UNREADABLE


def _unwritable(path: Path, error: OSError) -> click.ClickException:
    return click.ClickException(f"the report {path} cannot be written ({error.strerror}): choose another with --report")
