"""How far long work has come: a bar on a terminal, a plain line now and then elsewhere; always on standard error."""

import sys
import time
from typing import Final

import click

WIDTH: Final = 30
OFTEN: Final = 0.2
SELDOM: Final = 10.0


class Progress:
    """Shown as often as is of use, however often `show` is called; `name` begins each line."""

    def __init__(self, name: str) -> None:
        self.seconds = 0.0
        self._name = name
        self._begun = time.monotonic()
        self._is_terminal = sys.stderr.isatty()
        self._next = 0.0 if self._is_terminal else SELDOM

    def show(self, part: float | None, words: str) -> None:
        """Tell of the part of the work that is done (0 to 1, None where nobody knows), in a few words."""
        self.seconds = time.monotonic() - self._begun
        if self.seconds < self._next:
            return
        self._next = self.seconds + (OFTEN if self._is_terminal else SELDOM)
        told = f"{self._name}: {'' if part is None else f'{part:4.0%}, '}{words}{self._left(part)}"
        if self._is_terminal:
            click.echo(f"\r\x1b[K{_bar(part)}{told}", nl=False, err=True)
        else:
            click.echo(told, err=True)

    def end(self) -> None:
        """Leave the line of a terminal clear."""
        self.seconds = time.monotonic() - self._begun
        if self._is_terminal:
            click.echo("\r\x1b[K", nl=False, err=True)

    def _left(self, part: float | None) -> str:
        if not part or self.seconds < 1:
            return ""
        left = round(self.seconds / part - self.seconds)
        return f", {left // 60}:{left % 60:02} left"


def _bar(part: float | None) -> str:
    if part is None:
        return ""
    full = round(min(part, 1) * WIDTH)
    return f"[{'#' * full}{'.' * (WIDTH - full)}] "
