"""SQL in files beside the code that runs it: each query with a name, a sentence and the names of its parameters.

    -- name: move
    -- A follower's checkpoint, forward only.
    -- $1 store int
    -- $2 position bigint
    update relay.checkpoints set position = $2 where store = $1 and position < $2;

Values are given by name, so that none can take another's place: `await SQL.execute(tx, "move", store=1, position=7)`.
"""

import importlib
import importlib.resources
import pkgutil
import re
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources.abc import Traversable
from pathlib import Path

import asyncpg
import msgspec

from lrs.storage.pool import Connection

NAME = re.compile(r"^-- name: ([a-z][a-z0-9_]*)$", re.MULTILINE)
PARAMETER = re.compile(r"-- \$([1-9][0-9]*) ([a-z][a-z0-9_]*) (\S.*)")
PLACE = re.compile(r"\$([1-9][0-9]*)")
PACKAGES = ("lrs", "projections")


class Malformed(ValueError):
    """A .sql file that does not hold to its form: the text has the file, the query and what is wrong."""


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """One query: its text without comments before it or a semicolon behind it, and its parameters in order."""

    name: str
    file: str
    sentence: str
    text: str
    parameters: tuple[str, ...]
    types: tuple[str, ...]

    def values(self, given: Mapping[str, object]) -> Iterable[object]:
        """The values in the order of the parameters; TypeError where a name is missing or unknown."""
        if len(given) == len(self.parameters):
            try:
                return [given[name] for name in self.parameters]
            except KeyError:
                pass
        raise TypeError(
            f"{self.file}: {self.name} takes ({', '.join(self.parameters)}), was given ({', '.join(given)})"
        )


class File:
    """The queries of one file. Each call takes the connection, the query's name and the values by name."""

    def __init__(self, queries: Iterable[Query]) -> None:
        self._queries = {query.name: query for query in queries}

    def __getitem__(self, name: str) -> Query:
        """The query of that name, for where fixed conditions are joined to its text; else KeyError."""
        return self._queries[name]

    def __iter__(self) -> Iterator[Query]:
        """Every query, in the order of the file."""
        return iter(self._queries.values())

    def within(self, schemas: Mapping[str, str]) -> "File":
        """The same queries with other schemas in place of those they name: for tables that are filled beside these."""
        names = re.compile(rf"(?<![.\w])({'|'.join(map(re.escape, schemas))})\.")

        def moved(query: Query) -> Query:
            text = names.sub(lambda found: f"{schemas[found[1]]}.", query.text)
            return msgspec.structs.replace(query, text=text)

        return File(map(moved, self._queries.values()))

    async def execute(self, tx: Connection, name: str, /, **values: object) -> int:
        """Run it; the number of rows that were inserted, changed, deleted or selected."""
        query = self._queries[name]
        status = await tx.execute(query.text, *query.values(values))
        count = status.rpartition(" ")[2]
        return int(count) if count.isdecimal() else 0

    async def executemany(self, tx: Connection, name: str, /, rows: Iterable[Mapping[str, object]]) -> None:
        """Run it once for each of `rows`, in one go: all of them or none."""
        query = self._queries[name]
        await tx.executemany(query.text, [tuple(query.values(row)) for row in rows])

    async def fetch(self, tx: Connection, name: str, /, **values: object) -> list[asyncpg.Record]:
        """Its rows."""
        query = self._queries[name]
        return await tx.fetch(query.text, *query.values(values))

    async def fetchrow(self, tx: Connection, name: str, /, **values: object) -> asyncpg.Record | None:
        """Its first row, if there is one."""
        query = self._queries[name]
        return await tx.fetchrow(query.text, *query.values(values))

    async def fetchone(self, tx: Connection, name: str, /, **values: object) -> asyncpg.Record:
        """Its first row, which is known to be there; else LookupError."""
        row = await self.fetchrow(tx, name, **values)
        if row is None:
            raise LookupError(f"{self._queries[name].file}: {name} gave no row")
        return row

    async def fetchval(self, tx: Connection, name: str, /, **values: object) -> object:
        """The first value of its first row; None too where there is no row."""
        query = self._queries[name]
        value: object = await tx.fetchval(query.text, *query.values(values))
        return value


def load(place: str | Path | None, name: str) -> File:
    """The queries of file `name` in a package (`__package__`) or a folder; Malformed where its form is broken."""
    folder = place if isinstance(place, Path) else importlib.resources.files(str(place))
    label = f"{folder.name}/{name}" if isinstance(place, Path) else f"{str(place).replace('.', '/')}/{name}"
    return File(parse(folder.joinpath(name).read_text(encoding="utf-8"), label))


def parse(text: str, file: str) -> list[Query]:
    """The queries in `text`, which came from `file`; Malformed where its form is broken."""
    parts = NAME.split(text)
    if parts[0].strip():
        raise Malformed(f"{file}: something stands before the first `-- name:`")
    queries = [_query(name, body, file) for name, body in zip(parts[1::2], parts[2::2], strict=True)]
    names = [query.name for query in queries]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise Malformed(f"{file}: {twice[0]} is there twice")
    return queries


def every() -> Iterator[Query]:
    """Every named query of the product, so that a test can prepare each; migrations and tables are not among them."""
    for package in PACKAGES:
        root = importlib.import_module(package)
        yield from _beneath(package)
        for module in pkgutil.walk_packages(root.__path__, f"{package}."):
            if module.ispkg:
                yield from _beneath(module.name)


def _beneath(package: str) -> Iterator[Query]:
    for file in sorted(importlib.resources.files(package).iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".sql") and NAME.search(_text(file)):
            yield from load(package, file.name)


def _text(file: Traversable) -> str:
    return file.read_text(encoding="utf-8")


def _query(name: str, body: str, file: str) -> Query:
    lines = body.strip().splitlines()
    end = next((number for number, line in enumerate(lines) if not line.startswith("--")), len(lines))
    found = [PARAMETER.fullmatch(line) for line in lines[:end]]
    parameters = [match for match in found if match]
    sentence = " ".join(line[2:].strip() for line, match in zip(lines[:end], found, strict=True) if not match)
    text = "\n".join(lines[end:]).strip().removesuffix(";")
    numbers = [int(match[1]) for match in parameters]
    names = tuple(match[2] for match in parameters)
    if not text or not sentence:
        raise Malformed(f"{file}: {name} needs a sentence that says what it does, and SQL")
    if numbers != list(range(1, len(numbers) + 1)) or len(set(names)) != len(names):
        raise Malformed(f"{file}: {name} does not name its parameters $1, $2 … in order, each by another name")
    if {int(place) for place in PLACE.findall(text)} != set(numbers):
        raise Malformed(f"{file}: {name} uses other parameters than those it names")
    return Query(
        name=name, file=file, sentence=sentence, text=text, parameters=names, types=tuple(m[3] for m in parameters)
    )
