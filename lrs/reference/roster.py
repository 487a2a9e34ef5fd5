"""The roster over time: rows of OneRoster with the days on which they came and went, and the records that they make.

A row that is gone ends, at its endDate or the day of the export, whichever comes first; nothing is deleted. In the
first export of a file, rows without a beginDate hold from ever: statements of earlier days count as later ones do.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Final, TypeAlias

import msgspec

from lrs.reference.oneroster import KIND, TARGET, Body, Cells, Part

# A change of these in one row is a change in the world, dated; any other is a correction of the row.
DATED: Final[Mapping[str, tuple[str, ...]]] = {
    "users": ("orgSourcedIds", "primaryOrgSourcedId", "role", "username", "identifier", "email"),
    "roles": ("userSourcedId", "role", "orgSourcedId"),
    "enrollments": ("classSourcedId", "userSourcedId", "role"),
    "classes": (TARGET,),
    "assignments": ("targetIntervalDays",),
}
# Absence ends no session: exports have those of the current year.
KEPT: Final = frozenset({"academicSessions"})
# Who is in a district's export, and none of the people whom this is about.
PUPILS: Final = frozenset({"student", "guardian", "parent", "relative"})


class Span(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a row said in [since, until), the days of the exports that brought and ended it; None: from ever, still."""

    cells: Cells
    since: date | None = None
    until: date | None = None


Spans: TypeAlias = tuple[Span, ...]
Rows: TypeAlias = Mapping[str, Spans]
Wanted: TypeAlias = Callable[[str, Cells], bool]


class Roster(msgspec.Struct, frozen=True, kw_only=True):
    """All rows ever, by file and sourcedId, each with its spans in order; our own `assignments` are a file too."""

    files: Mapping[str, Rows] = msgspec.field(default_factory=dict)

    def rows(self, file: str) -> Rows:
        """The rows of a file."""
        return self.files.get(file, {})

    def last(self, file: str) -> Mapping[str, Span]:
        """What each row said last."""
        return {id_: spans[-1] for id_, spans in self.rows(file).items()}

    def apply(self, body: Body, day: date) -> "Roster":
        """The roster after an export that holds from `day`."""
        files = dict(self.files)
        for name, part in body.parts.items():
            files[name] = _applied(name, self.files.get(name), part, day)
        return Roster(files=files)

    def shrink(self, body: Body) -> Body:
        """What of an export is new to this roster, as a delta: applying it does just the same."""
        return Body(version=body.version, parts={name: self._delta(name, part) for name, part in body.parts.items()})

    def _delta(self, name: str, part: Part) -> Part:
        live = _live(self.rows(name))
        rows = {id_: cells for id_, cells in part.rows.items() if id_ not in live or live[id_].cells != cells}
        gone = {id_: end for id_, end in part.gone.items() if id_ in live}
        if part.mode == "bulk" and name not in KEPT:
            gone |= {id_: "" for id_ in live if id_ not in part.rows and id_ not in part.gone}
        return Part(mode="delta", rows=rows, gone=gone)

    def prune(self, body: Body) -> Body:
        """An export without what is none of ours: classes that are neither cohort nor caseload, who is only in those,
        and pupils and their families.
        """
        parts = dict(body.parts)
        ours = {id_ for id_, span in self.last("classes").items() if span.cells.get(KIND)}
        if classes := parts.get("classes"):
            parts["classes"] = classes = _only(classes, lambda id_, cells: KIND in cells or id_ in ours)
            ours |= set(classes.rows)
        known = self.rows("enrollments")
        if enrollments := parts.get("enrollments"):
            parts["enrollments"] = _only(
                enrollments, lambda id_, cells: cells["classSourcedId"] in ours or id_ in known
            )  # fmt: skip
        strangers = self._strangers(parts)
        if users := parts.get("users"):
            parts["users"] = _only(users, lambda id_, _: id_ not in strangers)
        if roles := parts.get("roles"):
            parts["roles"] = _only(roles, lambda _, cells: cells["userSourcedId"] not in strangers)
        return Body(version=body.version, parts=parts)

    def _strangers(self, parts: Mapping[str, Part]) -> set[str]:
        """Users of an export who are pupils or family, in no cohort, and not known yet."""
        held: dict[str, set[str]] = {}
        for cells in _rows(parts, "roles").values():
            held.setdefault(cells["userSourcedId"], set()).add(cells["role"])
        for id_, cells in _rows(parts, "users").items():
            if "role" in cells:
                held.setdefault(id_, set()).add(cells["role"])
        enrolled = {cells["userSourcedId"] for cells in _rows(parts, "enrollments").values()}
        enrolled |= {span.cells["userSourcedId"] for span in self.last("enrollments").values()}
        known = self.rows("users")
        return {id_ for id_, roles in held.items() if roles <= PUPILS and id_ not in enrolled and id_ not in known}


def _rows(parts: Mapping[str, Part], name: str) -> Mapping[str, Cells]:
    return parts[name].rows if name in parts else {}


def _only(part: Part, wanted: Wanted) -> Part:
    return msgspec.structs.replace(part, rows={id_: cells for id_, cells in part.rows.items() if wanted(id_, cells)})


def _live(rows: Rows) -> Mapping[str, Span]:
    return {id_: spans[-1] for id_, spans in rows.items() if spans[-1].until is None}


def _applied(name: str, known: Rows | None, part: Part, day: date) -> Rows:
    rows: dict[str, Spans] = dict(known or {})
    for id_, cells in part.rows.items():
        spans = rows.get(id_, ())
        rows[id_] = _said(name, spans, cells, None if known is None else day, day)
    for id_ in _gone(name, rows, part):
        spans = rows.get(id_, ())
        if spans and spans[-1].until is None:
            end = part.gone.get(id_, "")
            cells = {**spans[-1].cells, "endDate": end} if end else spans[-1].cells
            rows[id_] = (*spans[:-1], Span(cells=cells, since=spans[-1].since, until=day))
    return rows


def _gone(name: str, rows: Rows, part: Part) -> Iterable[str]:
    if part.mode == "delta" or name in KEPT:
        return list(part.gone)
    return [id_ for id_ in rows if id_ not in part.rows]


def _said(name: str, spans: Spans, cells: Cells, since: date | None, day: date) -> Spans:
    if not spans or spans[-1].until is not None:
        return (*spans, Span(cells=cells, since=since))
    last = spans[-1]
    if all(last.cells.get(column) == cells.get(column) for column in DATED.get(name, ())):
        return (*spans[:-1], Span(cells=cells, since=last.since))
    if last.since == day:
        # Two exports of one day: the later one is right.
        return (*spans[:-1], Span(cells=cells, since=day))
    return (*spans[:-1], Span(cells=last.cells, since=last.since, until=day), Span(cells=cells, since=day))
