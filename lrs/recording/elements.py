"""Cuts a file of statements into its elements while it comes in, so that a file of any size needs little memory.

A file is JSON Lines (each line one statement), or JSON values one after another: statements, arrays of them, or pages
that another LRS gave (`{"statements": [...], "more": ...}`). What the elements hold is for others to judge.
"""

import enum
import re
from collections.abc import Iterator
from typing import Self

import msgspec

from lrs.errors import Invalid

BOM = b"\xef\xbb\xbf"
SPACE = b" \t\r\n"
HEAD_BYTES = 4096

# What a string holds.
INSIDE = rb'[^"\\]*+(?:\\.[^"\\]*+)*+'
# A string, or one that has begun where the buffer ends. It has a match wherever a quote is: of a group under *+ that
# fails behind a repetition of its own, Python before 3.11.5 goes on from where that had ended (gh-106052).
STRING = rb'"' + INSIDE + rb'(?:"|\\?\Z)'
# Between elements: a string, or what gives JSON its structure. Within one: all up to the next bracket, strings whole.
BETWEEN = re.compile(rb"(?:[^\"{}\[\],]++|" + STRING + rb")*+([{}\[\],]?)", re.DOTALL)
WITHIN = re.compile(rb"(?:[^\"{}\[\]]++|" + STRING + rb")*+([{}\[\]]?)", re.DOTALL)
STRINGS = re.compile(rb'"' + INSIDE + rb'("?)', re.DOTALL)
REST_OF_STRING = re.compile(INSIDE + rb'"', re.DOTALL)
PAGE = re.compile(rb'\{\s*"(?:statements|more)"\s*:')


class Place(enum.Enum):
    """What surrounds the next element: nothing known yet, lines, further values, an array, the array of a page."""

    START = "start"
    LINES = "lines"
    VALUES = "values"
    ARRAY = "array"
    PAGE = "page"
    PAGE_HEAD = "page-head"
    PAGE_END = "page-end"


class Mark(msgspec.Struct, frozen=True):
    """A place between two elements: the number of the last (of its line, in JSON Lines), and the bytes before it."""

    place: Place = Place.START
    number: int = 0
    offset: int = 0

    def __str__(self) -> str:
        return f"{self.place.value} {self.number} {self.offset}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The mark that was written so."""
        place, number, offset = text.split()
        return cls(Place(place), int(number), int(offset))


class Element(msgspec.Struct, frozen=True):
    """The bytes of an element, None where they are more than was asked for; `mark` is the place behind it."""

    raw: bytes | None
    mark: Mark


class Cutter:
    """Cuts what is fed to it, from `mark` on. An element of more than `longest` bytes is passed over and told of."""

    def __init__(self, *, longest: int, mark: Mark) -> None:
        self._longest = longest
        self._place, self._number, self._offset = mark.place, mark.number, mark.offset
        self._buffer = b""
        self._scanned = 0
        self._depth = 0
        self._dropped = False
        self._in_string = False
        self._ended = False

    def feed(self, data: bytes) -> Iterator[Element]:
        """The elements that end in `data`; Invalid where it is neither JSON Lines nor JSON."""
        self._buffer += data
        if self._place is Place.START and not self._begin():
            return
        yield from self._lines() if self._place is Place.LINES else self._values()

    def finish(self) -> Iterator[Element]:
        """What is left at the end of the file; Invalid where that is in the middle of something."""
        self._ended = True
        yield from self.feed(b"\n" if self._place in {Place.START, Place.LINES} else b"")
        if self._place is not Place.LINES and (self._place not in {Place.START, Place.VALUES} or self._buffer.strip()):
            raise Invalid(
                f"the file ends in the middle of its JSON, after {self._number} statements: is it whole? What came"
                " before is stored"
            )

    def _begin(self) -> bool:
        """Find out what kind of file it is; False while too little of it is there."""
        if self._buffer.startswith(BOM):
            self._drop(len(BOM))
        head = self._buffer.lstrip(SPACE)
        line, newline, _ = head.partition(b"\n")
        if not head or (not newline and len(head) < HEAD_BYTES):
            return False
        if head[:1] not in {b"{", b"["}:
            raise Invalid("this is neither JSON Lines nor JSON: it begins with neither { nor [")
        is_line = line.startswith(b"{") and not PAGE.match(head) and (not newline or line.rstrip().endswith(b"}"))
        self._place = Place.LINES if is_line else Place.VALUES
        return True

    # JSON Lines

    def _lines(self) -> Iterator[Element]:
        end = self._buffer.find(b"\n", self._scanned)
        start = 0
        while end >= 0:
            line = self._buffer[start:end]
            self._number += 1
            self._offset += end + 1 - start
            start = end + 1
            if self._dropped or len(line) > self._longest:
                self._dropped = False
                yield self._element(None)
            elif stripped := line.strip(SPACE):
                yield self._element(stripped)
            end = self._buffer.find(b"\n", start)
        self._buffer = self._buffer[start:]
        self._scanned = len(self._buffer)
        if self._scanned > self._longest:
            self._dropped = True
            self._drop(self._scanned)

    # JSON values

    def _values(self) -> Iterator[Element]:
        while True:
            if self._depth == 0 and self._place is Place.VALUES and not self._enter():
                return
            if self._in_string and not self._leave_string():
                return
            found = (WITHIN if self._depth else BETWEEN).match(self._buffer, self._scanned)
            assert found is not None
            if not found[1]:
                self._wait(self._whole_until())
                return
            self._scanned = found.end()
            element = self._take(found[1])
            if element is not None:
                yield element

    def _enter(self) -> bool:
        """Step into the next value of the file, if enough of it is there."""
        self._drop(len(self._buffer) - len(self._buffer.lstrip(SPACE)))
        if not self._buffer or (len(self._buffer) < HEAD_BYTES and not self._ended):
            return False
        if self._buffer.startswith(b"["):
            self._place = Place.ARRAY
            self._drop(1)
        elif PAGE.match(self._buffer):
            self._place = Place.PAGE_HEAD
        elif not self._buffer.startswith(b"{"):
            raise Invalid(f"after {self._number} statements something follows that is no JSON, at byte {self._offset}")
        return True

    def _take(self, token: bytes) -> Element | None:
        """Account for a bracket or comma; the element that ends with it."""
        if token in {b"{", b"["}:
            if self._place is Place.PAGE_HEAD and self._depth == 1 and self._names_statements():
                self._place, self._depth, self._dropped = Place.PAGE, 0, False
                self._drop(self._scanned)
            else:
                self._depth += 1
        elif self._depth == 0:
            return self._separate(token)
        elif token != b",":
            self._depth -= 1
            if self._depth == 0 and self._place in {Place.VALUES, Place.PAGE_HEAD}:
                return self._close()
        return None

    def _names_statements(self) -> bool:
        before = self._buffer[: self._scanned - 1].rstrip(SPACE)
        return before.endswith(b":") and before[:-1].rstrip(SPACE).endswith(b'"statements"')

    def _separate(self, token: bytes) -> Element | None:
        """A comma between elements or members, or the end of the array or page."""
        in_array = self._place is not Place.PAGE_END
        if token == (b"}" if in_array else b"]"):
            raise Invalid(f"after {self._number} statements the JSON is broken, at byte {self._offset + self._scanned}")
        raw = self._buffer[: self._scanned - 1].strip(SPACE)
        self._drop(self._scanned)
        if token != b",":
            self._place = Place.PAGE_END if self._place is Place.PAGE else Place.VALUES
        if not in_array or not (raw or self._dropped or token == b","):
            return None
        self._number += 1
        return self._whole(raw)

    def _close(self) -> Element | None:
        """The end of an object between other values: a statement, or a page that had no statements."""
        raw = self._buffer[: self._scanned]
        self._drop(self._scanned)
        if self._place is Place.PAGE_HEAD:
            self._place = Place.VALUES
            return None
        self._number += 1
        return self._whole(raw)

    def _whole(self, raw: bytes) -> Element:
        dropped, self._dropped = self._dropped or len(raw) > self._longest, False
        return self._element(None if dropped else raw)

    def _whole_until(self) -> int:
        """Where in the buffer a string begins that does not end there; else its end."""
        last = [None, *STRINGS.finditer(self._buffer, self._scanned)][-1]
        return len(self._buffer) if last is None or last[1] else last.start()

    def _wait(self, scanned: int) -> None:
        """Nothing more can be said of what is there; what is too long already need not be kept."""
        self._scanned = scanned
        if len(self._buffer) > self._longest:
            self._dropped = True
            self._in_string = scanned < len(self._buffer)
            self._drop(scanned + self._in_string)

    def _leave_string(self) -> bool:
        """Go to the end of a string whose beginning was dropped; False while it is not there."""
        found = REST_OF_STRING.match(self._buffer, self._scanned)
        if found is None:
            backslashes = len(self._buffer) - len(self._buffer.rstrip(b"\\"))
            self._drop(len(self._buffer) - backslashes % 2)
            return False
        self._scanned = found.end()
        self._in_string = False
        return True

    def _drop(self, size: int) -> None:
        self._buffer = self._buffer[size:]
        self._offset += size
        self._scanned = 0

    def _element(self, raw: bytes | None) -> Element:
        return Element(raw, Mark(self._place, self._number, self._offset))
