"""Reference files in the words of a test: CSV from rows, CASE packages, applications and their folds."""

import io
import zipfile
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import orjson

from lrs.reference import applied, incoming
from lrs.reference.applied import Kind, State
from lrs.reference.incoming import Given

FIRST = date(2024, 8, 1)
LATER = date(2025, 1, 6)


def csv(columns: str, *rows: str) -> bytes:
    """A file of these columns and lines."""
    return "".join(f"{line}\r\n" for line in (columns, *rows)).encode()


USERS = "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,givenName,familyName,email,password"
ORGS = "sourcedId,status,name,type,parentSourcedId"
CLASSES = "sourcedId,status,title,schoolSourcedId,metadata.pd.kind,metadata.pd.targetIntervalDays,metadata.pd.plan"
ENROLLMENTS = "sourcedId,status,classSourcedId,schoolSourcedId,userSourcedId,role,beginDate,endDate"
ROSTER: Mapping[str, bytes] = {
    "orgs.csv": csv(ORGS, "d,,Alder,district,", "north,,North High,school,d", "south,,South High,school,d"),
    "users.csv": csv(
        USERS,
        "ada,,,true,north,teacher,ada1,Ada,Byron,ada@x.org,secret-1",
        "bob,,,true,south,teacher,bob1,Bob,Noyce,bob@x.org,secret-2",
        "cy,,,true,d,coach,cy1,Cy,Mills,cy@x.org,secret-3",
    ),
    "classes.csv": csv(CLASSES, "plc,,PLC North,north,cohort,,plc", "load,,Cy's caseload,d,caseload,10,intensive"),
    "enrollments.csv": csv(
        ENROLLMENTS,
        "e1,,plc,north,ada,student,,",
        "e2,,plc,north,cy,teacher,,",
        "e3,,load,d,cy,teacher,,",
        "e4,,load,d,ada,student,,",
    ),
}


def zipped(files: Mapping[str, bytes], folder: str = "") -> bytes:
    """A zip of these files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(folder + name, content)
    return buffer.getvalue()


def without(file: str, *starts: str, of: Mapping[str, bytes] = ROSTER) -> dict[str, bytes]:
    """The roster without lines that begin so."""
    lines = [line for line in of[file].split(b"\r\n") if not line.startswith(tuple(each.encode() for each in starts))]
    return {**of, file: b"\r\n".join(lines)}


def replaced(file: str, old: str, new: str, of: Mapping[str, bytes] = ROSTER) -> dict[str, bytes]:
    """The roster with other words in one file."""
    assert old.encode() in of[file]
    return {**of, file: of[file].replace(old.encode(), new.encode())}


def apply(state: State, kind: Kind, content: bytes | Mapping[str, bytes], day: date = FIRST) -> State:
    """The state after an application, which goes through JSON as it would through the log."""
    given = Given.of(f"{kind}.csv", content) if isinstance(content, bytes) else Given(source=kind, files=content)
    made = incoming.read(kind, given, day=day)
    return applied.fold(state, applied.decode(made.encode()), state.through + 1)


def state(*applications: tuple[Kind, bytes | Mapping[str, bytes], date]) -> State:
    """The state after several."""
    made = applied.EMPTY
    for kind, content, day in applications:
        made = apply(made, kind, content, day)
    return made


def node(identifier: str) -> dict[str, str]:
    """A link to something in CASE."""
    return {"title": identifier, "identifier": identifier, "uri": f"https://case.example.org/items/{identifier}"}


def criterion(identifier: str, item: str | None = None, *, levels: Iterable[str] = ("Novice", "Able", "Master"),
              **more: Any) -> dict[str, Any]:  # fmt: skip
    """A criterion of an invented rubric."""
    return {
        "identifier": identifier, "uri": f"https://case.example.org/criteria/{identifier}",
        **({} if item is None else {"CFItemURI": node(item)}),
        "CFRubricCriterionLevels": [
            {"identifier": f"{identifier}-l{n}", "uri": f"https://case.example.org/l/{identifier}-{n}", "quality": name}
            for n, name in enumerate(levels)
        ],
        **more,
    }  # fmt: skip


def package(*criteria: dict[str, Any], rubric: str = "r", version: str = "1", **more: Any) -> bytes:
    """A CASE package with one rubric."""
    document = {
        "identifier": f"{rubric}-doc", "uri": "https://case.example.org/doc", "title": "Craft of Teaching",
        "creator": "Alder", "version": version, "lastChangeDateTime": "2024-01-01T00:00:00Z",
    }  # fmt: skip
    return orjson.dumps({
        "CFDocument": document,
        "CFRubrics": [{"identifier": rubric, "uri": f"https://case.example.org/rubrics/{rubric}",
                       "CFRubricCriteria": list(criteria)}],
        **more,
    })  # fmt: skip
