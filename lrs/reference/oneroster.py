"""OneRoster 1.1 and 1.2 CSV: what a folder or zip says of people, organisations, cohorts, caseloads and terms.

Files are read by header. Of a row, only what is used is kept: no password, telephone number or demographic ever
reaches the log. What is kept has the names of the columns.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, Literal, TypeAlias
from zoneinfo import ZoneInfo

import msgspec

from lrs.errors import Invalid
from lrs.reference.flaws import Flaws, quoted
from lrs.reference.table import Row, Table

Cells: TypeAlias = dict[str, str]
Mode: TypeAlias = Literal["bulk", "delta"]

PD: Final = "metadata.pd."
KIND: Final = "metadata.pd.kind"
TARGET: Final = "metadata.pd.targetIntervalDays"
PLAN: Final = "metadata.pd.plan"
IRI: Final = "metadata.pd.iri"
TIMEZONE: Final = "metadata.pd.timezone"
ORG: Final = "metadata.pd.org"
SINCE: Final = "metadata.pd.teachingSince"
SESSIONS: Final = ("schoolYear", "semester", "term", "gradingPeriod")
MANIFEST: Final = "manifest.csv"
VERSIONS: Final = ("1.1", "1.2")


class Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one file says: rows by sourcedId, and those that are gone, with the endDate that came with it.

    A bulk part has all rows: those that it lacks are gone. A delta part has those that changed.
    """

    mode: Mode
    rows: dict[str, Cells] = msgspec.field(default_factory=dict)
    gone: dict[str, str] = msgspec.field(default_factory=dict)


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """What an export says, by file: `users`, `enrollments`, …; a file that is absent says nothing."""

    version: str
    parts: dict[str, Part]


class _File(msgspec.Struct, frozen=True, kw_only=True):
    """Which columns a file must have, which are kept besides, and how a row is checked."""

    needs: tuple[str, ...]
    keeps: tuple[str, ...]
    check: Callable[[Table, Row, Cells], None]


def parse(files: Mapping[str, bytes]) -> Body:
    """What the files of an export say, by file name; Flawed tells of every bad cell."""
    by_name = {name.lower(): content for name, content in files.items()}
    flaws = Flaws()
    manifest = _manifest(by_name.get(MANIFEST), flaws)
    flaws.end()
    parts: dict[str, Part] = {}
    for name, file in FILES.items():
        content, mode = by_name.get(f"{name.lower()}.csv"), manifest.get(f"file.{name}", "")
        if mode == "absent" or (content is None and not mode):
            continue
        if content is None:
            flaws.add(MANIFEST, "roster.manifest", f"it says that {name}.csv is there ({mode}), and it is not")
        else:
            parts[name] = _part(name, file, content, "delta" if mode == "delta" else "bulk", flaws)
    flaws.end()
    if not parts:
        raise Invalid(f"there is no OneRoster file here, such as users.csv; there is {_named(by_name)}", rule="roster")
    return Body(version=_version(manifest, parts, by_name), parts=parts)


def _named(files: Iterable[str]) -> str:
    return ", ".join(sorted(files)[:10]) or "nothing"


def _manifest(content: bytes | None, flaws: Flaws) -> Mapping[str, str]:
    if content is None:
        return {}
    read = Table(MANIFEST, content, flaws, needs=("propertyName", "value"))
    for row in read.rows:
        if row["propertyName"].startswith("file."):
            read.choice(row, "value", ("absent", "bulk", "delta"))
        if row["propertyName"] == "oneroster.version" and row["value"] not in VERSIONS:
            read.wrong(row, "value", "roster.version", f"{quoted(row['value'])} is none of {', '.join(VERSIONS)}")
    return {row["propertyName"]: row["value"] for row in read.rows}


def _version(manifest: Mapping[str, str], parts: Mapping[str, Part], files: Mapping[str, bytes]) -> str:
    return manifest.get("oneroster.version") or ("1.2" if "roles" in parts or "roles.csv" in files else "1.1")


def _part(name: str, file: _File, content: bytes, mode: Mode, flaws: Flaws) -> Part:
    needs = ("sourcedId", *(("status",) if mode == "delta" else ()), *file.needs)
    read = Table(f"{name}.csv", content, flaws, needs=needs)
    part = Part(mode=mode)
    lines: dict[str, int] = {}
    for row in read.rows:
        id_ = read.text(row, "sourcedId")
        status = read.choice(row, "status", ("", "active", "tobedeleted", "inactive"))
        if id_ in lines:
            read.wrong(row, "sourcedId", "roster.twice", f"{quoted(id_)} is in line {lines[id_]} already")
        lines[id_] = row.line
        if status == "tobedeleted":
            part.gone[id_] = read.day(row, "endDate") if "endDate" in file.keeps else ""
        else:
            part.rows[id_] = _kept(read, row, file)
    return part


def _kept(read: Table, row: Row, file: _File) -> Cells:
    cells = {column: row[column] for column in (*file.needs, *file.keeps) if row[column]}
    cells |= {column: text for column, text in row.cells.items() if column.startswith(PD) and text}
    file.check(read, row, cells)
    return cells


def _must(read: Table, row: Row, columns: Sequence[str]) -> None:
    for column in columns:
        read.text(row, column)


def _check_org(read: Table, row: Row, cells: Cells) -> None:
    _must(read, row, ("name", "type"))
    if row[TIMEZONE]:
        try:
            ZoneInfo(row[TIMEZONE])
        except (KeyError, ValueError, OSError):
            read.wrong(row, TIMEZONE, "roster.zone", f"there is no time zone {quoted(row[TIMEZONE])}")


def _check_session(read: Table, row: Row, cells: Cells) -> None:
    _must(read, row, ("title", "startDate", "endDate"))
    cells["type"] = read.choice(row, "type", SESSIONS)
    _dates(read, row, cells, "startDate")


def _check_class(read: Table, row: Row, cells: Cells) -> None:
    _must(read, row, ("title",))
    # Where nobody marks classes, the export was made for this: every class is a cohort.
    kind = read.choice(row, KIND, ("", "cohort", "caseload")) if KIND in read.columns else "cohort"
    cells.pop(KIND, None)
    if kind:
        cells[KIND] = kind
    read.number(row, TARGET)


def _check_user(read: Table, row: Row, cells: Cells) -> None:
    if row[SINCE]:
        cells[SINCE] = _since(read, row)
    if row["email"] and "@" not in row["email"]:
        read.wrong(row, "email", "roster.email", f"{quoted(row['email'])} is no e-mail address")


def _since(read: Table, row: Row) -> str:
    """Since when somebody teaches: a date, or a year, which is that in whose August a school year began."""
    if len(row[SINCE]) == 4 and row[SINCE].isascii() and row[SINCE].isdigit() and int(row[SINCE]) > 1900:
        return f"{row[SINCE]}-08-01"
    return read.day(row, SINCE)


def _check_role(read: Table, row: Row, cells: Cells) -> None:
    _must(read, row, ("userSourcedId", "role", "orgSourcedId"))
    _dates(read, row, cells, "beginDate")


def _check_enrollment(read: Table, row: Row, cells: Cells) -> None:
    _must(read, row, ("classSourcedId", "userSourcedId", "role"))
    _dates(read, row, cells, "beginDate")


def _dates(read: Table, row: Row, cells: Cells, begin: str) -> None:
    for column in (begin, "endDate"):
        if row[column]:
            cells[column] = read.day(row, column)
    read.ordered(row, begin, "endDate")


FILES: Final[Mapping[str, _File]] = {
    "orgs": _File(needs=("name", "type"), keeps=("parentSourcedId",), check=_check_org),
    "academicSessions": _File(needs=("title", "type", "startDate", "endDate"), keeps=(), check=_check_session),
    "classes": _File(needs=("title",), keeps=("schoolSourcedId",), check=_check_class),
    "users": _File(
        needs=(),
        keeps=(
            "orgSourcedIds", "primaryOrgSourcedId", "role", "username", "givenName", "familyName", "identifier",
            "email",
        ),
        check=_check_user,
    ),
    "roles": _File(
        needs=("userSourcedId", "role", "orgSourcedId"), keeps=("roleType", "beginDate", "endDate"), check=_check_role
    ),
    "enrollments": _File(
        needs=("classSourcedId", "userSourcedId", "role"), keeps=("beginDate", "endDate"), check=_check_enrollment
    ),
}  # fmt: skip
