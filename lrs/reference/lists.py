"""The CSV files of our own: breaks and leave, identifiers, alignments, and who coaches whom."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Final, TypeAlias

import msgspec

from lrs.reference import identities, oneroster
from lrs.reference.flaws import Flaws, quoted
from lrs.reference.model import Alignment, Interval, Link, Pause
from lrs.reference.oneroster import Cells
from lrs.reference.policy import Policy
from lrs.reference.rostered import day, until
from lrs.reference.table import Row, Table

Body: TypeAlias = list[Cells]

IFI_TYPES: Final = ("mbox", "mbox_sha1sum", "openid", "account")


class _File(msgspec.Struct, frozen=True, kw_only=True):
    needs: tuple[str, ...]
    keeps: tuple[str, ...]
    check: Callable[[Table, Row, Cells], None]


def parse(kind: str, content: bytes, file: str) -> Body:
    """The rows of a calendar, identities, alignments or assignments file; Flawed tells of every bad cell."""
    spec = FILES[kind]
    flaws = Flaws()
    read = Table(file, content, flaws, needs=spec.needs)
    rows: Body = []
    for row in read.rows:
        cells = {column: row[column] for column in (*spec.needs, *spec.keeps) if row[column]}
        spec.check(read, row, cells)
        rows.append(cells)
    flaws.end()
    return rows


def _dates(read: Table, row: Row, cells: Cells, begin: str, end: str) -> None:
    for column in (begin, end):
        if row[column]:
            cells[column] = read.day(row, column)
    read.ordered(row, begin, end)


def _check_pause(read: Table, row: Row, cells: Cells) -> None:
    read.text(row, "from")
    read.text(row, "kind")
    _dates(read, row, cells, "from", "to")


def _check_identity(read: Table, row: Row, cells: Cells) -> None:
    read.text(row, "person_sourcedId")
    read.text(row, "value")
    cells["ifi_type"] = read.choice(row, "ifi_type", IFI_TYPES)
    if cells["ifi_type"] == "account":
        read.text(row, "homePage")
    if cells["ifi_type"] == "mbox" and "@" not in row["value"]:
        read.wrong(row, "value", "identities.mbox", f"{quoted(row['value'])} is no e-mail address")
    if cells["ifi_type"] == "mbox_sha1sum" and len(row["value"]) != 40:
        read.wrong(row, "value", "identities.sha1", f"{quoted(row['value'])} has not the 40 digits of a SHA-1")
    _dates(read, row, cells, "from", "to")


def _check_alignment(read: Table, row: Row, cells: Cells) -> None:
    read.text(row, "activity_id")
    read.text(row, "criterion_id")


def _check_assignment(read: Table, row: Row, cells: Cells) -> None:
    if read.text(row, "coach") == read.text(row, "educator"):
        read.wrong(row, "educator", "assignments.self", f"{quoted(row['coach'])} cannot coach herself")
    read.number(row, "targetIntervalDays")
    _dates(read, row, cells, "beginDate", "endDate")


FILES: Final[Mapping[str, _File]] = {
    "calendar": _File(needs=("org", "from", "to", "kind"), keeps=("person",), check=_check_pause),
    "identities": _File(
        needs=("person_sourcedId", "ifi_type", "value"), keeps=("homePage", "from", "to"), check=_check_identity
    ),
    "alignments": _File(needs=("activity_id", "criterion_id"), keeps=(), check=_check_alignment),
    "assignments": _File(
        needs=("coach", "educator"), keeps=("plan", "beginDate", "endDate", "targetIntervalDays"),
        check=_check_assignment,
    ),
}  # fmt: skip


def pauses(body: Body, policy: Policy) -> tuple[Pause, ...]:
    """Breaks and leave; one from a day to the same day is that day, whatever `dates.end` says."""
    return tuple(
        Pause(
            kind=cells["kind"], org=None if "person" in cells else cells.get("org"), person=cells.get("person"),
            since=day(cells["from"]), until=_end_of_pause(cells, policy),
        )
        for cells in body
    )  # fmt: skip


def _end_of_pause(cells: Cells, policy: Policy) -> date | None:
    end = until(cells.get("to"), policy)
    is_one_day = end is not None and end == day(cells["from"])
    return end + timedelta(1) if end is not None and is_one_day and end < date.max else end


def links(body: Body, policy: Policy) -> tuple[Link, ...]:
    """Whose identifiers are whose, and when."""
    return tuple(
        Link(person=cells["person_sourcedId"], ifi=_ifi(cells), since=span.since, until=span.until)
        for cells in body if (span := _span(cells, "from", "to", policy)) is not None
    )  # fmt: skip


def _ifi(cells: Cells) -> str:
    """The canonical identifier, as `lrs.xapi.actors.ifi` gives it."""
    kind, value = cells["ifi_type"], cells["value"]
    if kind == "account":
        return identities.account(cells["homePage"], value)
    if kind == "mbox":
        return f"mbox:{value}" if value[:7].lower() == "mailto:" else f"mbox:mailto:{value}"
    return f"{kind}:{value.lower() if kind == 'mbox_sha1sum' else value}"


def alignments(body: Body) -> tuple[Alignment, ...]:
    """Which activities bear on which criteria."""
    return tuple(dict.fromkeys(Alignment(activity=row["activity_id"], criterion=row["criterion_id"]) for row in body))


def pairs(body: Body) -> oneroster.Body:
    """Who is to coach whom, as a file of the roster: a pair that is no more in it ends, and is not forgotten."""
    rows: dict[str, Cells] = {}
    for cells in sorted(body, key=lambda each: each.get("beginDate", "")):
        key = "|".join((cells["coach"], cells["educator"], cells.get("plan", "")))
        while key in rows:
            key += "+"
        rows[key] = cells
    return oneroster.Body(version="", parts={"assignments": oneroster.Part(mode="bulk", rows=rows)})


def _span(cells: Cells, begin: str, end: str, policy: Policy) -> Interval | None:
    """The interval of a row, None where it has no day."""
    found = Interval(since=day(cells.get(begin)), until=until(cells.get(end), policy))
    return None if found.since and found.until and found.since >= found.until else found
