"""What is wrong with a file that somebody made: which file, line, column and rule, all of it at once."""

from collections.abc import Sequence
from typing import Final

import msgspec

from lrs.errors import Invalid

SHOWN: Final = 5
KEPT: Final = 1_000
QUOTED: Final = 60


class Flaw(msgspec.Struct, frozen=True, kw_only=True):
    """One fault; `line` from 1, the header being the first; None where it is the whole file's."""

    file: str
    rule: str
    words: str
    line: int | None = None
    column: str | None = None

    def __str__(self) -> str:
        line = "" if self.line is None else f", line {self.line}"
        column = "" if self.column is None else f", column {self.column}"
        return f"{self.file}{line}{column}: {self.words}"


class Flawed(Invalid):
    """A file with faults: `flaws` has them all, up to a thousand, the detail the first few."""

    def __init__(self, flaws: Sequence[Flaw]) -> None:
        more = f"; and {len(flaws) - SHOWN} more" if len(flaws) > SHOWN else ""
        super().__init__("; ".join(map(str, flaws[:SHOWN])) + more, rule=flaws[0].rule)
        self.flaws = tuple(flaws)


class Flaws:
    """Gathers faults while a file is read."""

    def __init__(self) -> None:
        self.found: list[Flaw] = []

    def add(self, file: str, rule: str, words: str, *, line: int | None = None, column: str | None = None) -> None:
        """Note a fault; after a thousand, nothing is read on."""
        self.found.append(Flaw(file=file, rule=rule, words=words, line=line, column=column))
        if len(self.found) >= KEPT:
            self.end()

    def end(self) -> None:
        """Flawed if there was any fault."""
        if self.found:
            raise Flawed(self.found)


def quoted(text: str) -> str:
    """What a cell says, in quotes, cut where it is long."""
    return repr(text if len(text) <= QUOTED else text[: QUOTED - 1] + "…")
