"""CSV as people and systems write it: by header, a byte order mark or none, every bad cell told with its place."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Final, TypeVar

import msgspec

from lrs.reference.flaws import Flaws, quoted

LONGEST_CELL: Final = 10_000
MOST_ROWS: Final = 1_000_000
MOST_COLUMNS: Final = 300

T = TypeVar("T")


class Row(msgspec.Struct, frozen=True):
    """A line of a table: its cells by column, stripped, and its number (of its last line, where a cell has several)."""

    line: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        """The text of a cell; empty where there is no such column."""
        return self.cells.get(column, "")


class Table:
    """A CSV file; what is wrong is added to `flaws`. Columns that nobody asks for are passed over."""

    def __init__(self, file: str, content: bytes, flaws: Flaws, *, needs: Sequence[str]) -> None:
        self.file = file
        self.flaws = flaws
        self.columns: tuple[str, ...] = ()
        self.rows: list[Row] = []
        text = self._text(content)
        if text is not None:
            self._read(text, needs)

    def _text(self, content: bytes) -> str | None:
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            self._flaw("csv.encoding", "the file must be UTF-8; save it as `CSV UTF-8`", line)
            return None

    def _read(self, text: str, needs: Sequence[str]) -> None:
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        try:
            self.columns = tuple(name.strip() for name in next(reader, []))
            if self._is_header(needs):
                self.rows = list(self._rows(reader))
        except csv.Error as error:
            self._flaw("csv.form", f"this is no CSV: {error}", reader.line_num)

    def _is_header(self, needs: Sequence[str]) -> bool:
        missing = [name for name in needs if name not in self.columns]
        twice = sorted({name for name in self.columns if name and self.columns.count(name) > 1})
        if len(self.columns) > MOST_COLUMNS:
            self._flaw("csv.columns", f"there may be {MOST_COLUMNS} columns", 1)
        elif missing:
            found = ", ".join(self.columns[:20]) or "nothing"
            self._flaw("csv.columns", f"the header lacks {', '.join(missing)}; it has {quoted(found)}", 1)
        elif twice:
            self._flaw("csv.columns", f"the header has {twice[0]!r} twice", 1)
        else:
            return True
        return False

    def _rows(self, reader: Iterator[list[str]]) -> Iterator[Row]:
        width = len(self.columns)
        for number, cells in enumerate(reader, 2):
            line: int = getattr(reader, "line_num", number)
            if not any(cell.strip() for cell in cells):
                continue
            if number > MOST_ROWS:
                self._flaw("csv.rows", f"there may be {MOST_ROWS:,} rows", line)
                return
            if len(cells) != width:
                self._flaw("csv.width", f"the header has {width} columns, this line {len(cells)}", line)
                continue
            row = Row(line, {name: cell.strip() for name, cell in zip(self.columns, cells, strict=True) if name})
            if self._is_sound(row):
                yield row

    def _is_sound(self, row: Row) -> bool:
        for column, text in row.cells.items():
            if len(text) > LONGEST_CELL or "\0" in text:
                self.wrong(row, column, "csv.cell", f"a cell has at most {LONGEST_CELL:,} characters, none of them NUL")
                return False
        return True

    def _flaw(self, rule: str, words: str, line: int | None) -> None:
        self.flaws.add(self.file, rule, words, line=line)

    def wrong(self, row: Row, column: str, rule: str, words: str) -> None:
        """Note that a cell is wrong."""
        self.flaws.add(self.file, rule, words, line=row.line, column=column)

    def text(self, row: Row, column: str) -> str:
        """A cell that must say something."""
        if not row[column]:
            self.wrong(row, column, "cell.empty", "this must not be empty")
        return row[column]

    def choice(self, row: Row, column: str, choices: Sequence[str]) -> str:
        """A cell that says one of `choices`, in their spelling; empty where it may be (`choices` has an empty one)."""
        for each in choices:
            if each.casefold() == row[column].casefold():
                return each
        named = ", ".join(filter(None, choices))
        self.wrong(row, column, "cell.choice", f"{quoted(row[column])} is none of {named}")
        return row[column]

    def day(self, row: Row, column: str) -> str:
        """A cell that is empty or a date, YYYY-MM-DD (a time of day behind it is cut off)."""
        return self._parsed(row, column, "cell.date", "no date like 2024-08-31", lambda text: str(day(text)))

    def number(self, row: Row, column: str, *, least: int = 1, most: int = 3660) -> int | None:
        """A cell that is empty or a whole number."""
        if not row[column]:
            return None
        if row[column].isascii() and row[column].isdigit() and least <= int(row[column][:9]) <= most:
            return int(row[column])
        self.wrong(row, column, "cell.number", f"{quoted(row[column])} is no whole number from {least} to {most}")
        return None

    def ordered(self, row: Row, begin: str, end: str) -> None:
        """Note it where the day in one column comes after that in another."""
        if row[begin] and row[end] and row[begin][:10] > row[end][:10]:
            self.wrong(row, end, "cell.order", f"{quoted(row[end])} is before the {begin} {quoted(row[begin])}")

    def _parsed(self, row: Row, column: str, rule: str, words: str, parse: Callable[[str], str]) -> str:
        if not row[column]:
            return ""
        try:
            return parse(row[column])
        except ValueError:
            self.wrong(row, column, rule, f"{quoted(row[column])} is {words}")
            return ""


def day(text: str) -> date:
    """The day of YYYY-MM-DD, or of a time that begins so; ValueError where it is none."""
    if len(text) > 10 and text[10] not in "T ":
        raise ValueError(text)
    if len(text) < 10 or text[4] != "-":
        raise ValueError(text)
    return date.fromisoformat(text[:10])


def several(text: str) -> tuple[str, ...]:
    """The parts of a cell that holds a list with commas."""
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
