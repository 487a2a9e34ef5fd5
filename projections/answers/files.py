"""Answers as files: everything, written page by page, and kept in the audit before anybody has it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import IO, Any, Final

from projections.answers import formats
from projections.answers import found as finding
from projections.answers.found import Found
from projections.answers.ground import Ground
from projections.answers.question import Column, Row

CHUNK: Final = 5_000


async def write(
    found: Found,
    ground: Ground,
    file: IO[bytes],
    *,
    after: Sequence[Any] | None = None,
    tick: Callable[[], object] = lambda: None,
) -> int:
    """Write all rows after that key, or sums; how many there were. When this returns, it is kept whose they are.

    `tick` is called after each page.
    """
    if found.is_sum:
        columns, rows = await finding.sums(found, ground)
        finding.check(found, len(rows))
        writer = Writer(found.asked.format, columns, found.said(), file)
        writer.rows(rows)
        writer.end()
        return len(rows)
    pages = await finding.pages(found, ground)
    writer = Writer(found.asked.format, pages.columns, found.said(), file)
    people, count, left = frozenset[str](), 0, found.asked.limit
    while left is None or left > 0:
        page = await pages.page(after, CHUNK if left is None else min(CHUNK, left))
        writer.rows(page.rows)
        people |= page.people
        count += len(page.rows)
        after = page.next
        if after is None:
            break
        left = None if left is None else left - len(page.rows)
        tick()
    writer.end()
    if found.asked.cursor is None:
        finding.check(found, count)
    await finding.keep(found, ground, people, count)
    return count


class Writer:
    """Writes rows into a file in a format; `said` is what a Parquet or Arrow file says of itself."""

    def __init__(self, kind: str, columns: tuple[Column, ...], said: Mapping[str, Any], file: IO[bytes]) -> None:
        self._columns = columns
        self._file = file
        self._columnar = None
        self._lines = kind == "jsonl"
        if kind == "csv":
            file.write(formats.csv_head(columns))
        elif not self._lines:
            from projections.answers import columnar

            words = {name: str(value) for name, value in said.items()}
            self._columnar = columnar.Columnar(columns, words, is_parquet=kind == "parquet")

    def rows(self, rows: Iterable[Row]) -> None:
        """Add rows."""
        if self._columnar is not None:
            self._file.write(self._columnar.rows(list(rows)))
        elif self._lines:
            self._file.write(formats.json_lines(rows))
        else:
            self._file.write(formats.csv_rows(self._columns, rows))

    def end(self) -> None:
        """Write what ends the file."""
        if self._columnar is not None:
            self._file.write(self._columnar.end())
