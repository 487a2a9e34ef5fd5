"""Analytic projections that are installed beside ours: entry points of the group `lrs.projections`.

    [project.entry-points."lrs.projections"]
    minutes = "some_package.projection:PROJECTION"

One that does not fit stops the start, in words: half an answer would be worse than none.
"""

import inspect
import re
from collections.abc import Iterable, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Final

from lrs.errors import CannotStart
from projections.analytic import TYPES, Projection, Table
from projections.analytic.tables import NAME, OWN
from projections.facts.fact import Kind
from projections.facts.store import SCHEMA

GROUP: Final = "lrs.projections"
# Schemas of the product, of PostgreSQL, and what a rebuild puts beside a name.
TAKEN: Final = frozenset(
    {
        SCHEMA, "analytics", "activities", "auth", "documents", "log", "people", "public", "relay", "statements",
        "storage", "information_schema", "access", "hooks", "console", "changes",
    }
)  # fmt: skip
SUFFIX: Final = re.compile(r"_(next|old)$")
METHODS: Final = {
    "keys": 2, "touched": 3, "every": 1, "wanted": 2, "rows": 3,
}  # fmt: skip


def load(ours: Sequence[Projection], installed: Iterable[EntryPoint] | None = None) -> tuple[Projection, ...]:
    """Ours and those installed; CannotStart says which of them does not fit, and why."""
    found = list(ours)
    for point in entry_points(group=GROUP) if installed is None else installed:
        try:
            loaded = point.load()
        except Exception as error:
            raise CannotStart(f"projection {point.name} ({point.value}) cannot be loaded: {error}") from error
        if flaw := fit(loaded):
            raise CannotStart(f"projection {point.name} ({point.value}) does not fit: {flaw}")
        found.append(loaded)
    names = [each.name for each in found]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise CannotStart(f"there are two projections {twice[0]}: rename one of them")
    return tuple(found)


def fit(loaded: object) -> str | None:
    """Why something is no analytic projection; None if it is one."""
    if not isinstance(loaded, Projection):
        lacks = [name for name in ("name", "version", "tables", "kinds", *METHODS) if not hasattr(loaded, name)]
        return f"it lacks {', '.join(lacks) or 'methods'}"
    if not NAME.fullmatch(str(loaded.name)) or SUFFIX.search(loaded.name):
        return f"name {loaded.name!r}: expected a-z, 0-9 and _, not ending in _next or _old"
    if loaded.name in TAKEN or loaded.name.startswith("pg_"):
        return f"name {loaded.name!r} is that of another schema"
    if type(loaded.version) is not int or loaded.version < 1:
        return f"version {loaded.version!r}: expected a whole number from 1"
    if not loaded.kinds or not set(loaded.kinds) <= set(Kind):
        return f"kinds {sorted(loaded.kinds)}: expected some of {', '.join(Kind)}"
    return _methods(loaded) or _tables(loaded.tables)


def _methods(loaded: Projection) -> str | None:
    for name, count in METHODS.items():
        method = getattr(loaded, name)
        try:
            extra = {"as_of": None} if name == "rows" else {}
            inspect.signature(method).bind(*range(count), **extra)
        except (TypeError, ValueError):
            return f"{name} cannot be called as projections.analytic.Projection says"
    return None


def _tables(tables: Sequence[Table]) -> str | None:
    if not tables or not all(isinstance(table, Table) for table in tables):
        return "tables: expected at least one projections.analytic.Table"
    if len({table.name for table in tables}) < len(tables):
        return "tables: two have one name"
    return next(filter(None, map(_table, tables)), None)


def _table(table: Table) -> str | None:
    columns = {column.name: column.type for column in table.columns}
    for name in (table.name, *columns):
        if not NAME.fullmatch(name) or name in OWN:
            return f"table {table.name}: {name!r} is no name for a table or column, or one of ours ({', '.join(OWN)})"
    if len(columns) < len(table.columns):
        return f"table {table.name}: two columns have one name"
    if unknown := sorted(set(columns.values()) - TYPES):
        return f"table {table.name}: unknown type {unknown[0]!r}: there are {', '.join(sorted(TYPES))}"
    if not table.key or not set(table.key) <= set(columns):
        return f"table {table.name}: key {table.key} is not made of its columns"
    if any(columns[name].endswith("[]") or columns[name] == "jsonb" for name in table.key):
        return f"table {table.name}: a list or jsonb cannot be part of the key"
    if not table.sentence or not all(column.sentence for column in table.columns):
        return f"table {table.name}: it and each of its columns need a sentence that says what they hold"
    return None
