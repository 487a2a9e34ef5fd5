"""A file or export of reference data as it comes in: which kind it is, read, and made an application for the log."""

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import msgspec

from lrs.errors import Invalid
from lrs.reference import archive, case, lists, mapping, oneroster, policyfile, yamlfile
from lrs.reference.applied import KINDS, Applied, Kind

# By what a file is known whose kind was not said: its name, else a column that no other has.
STEMS: Final = tuple(kind for kind in KINDS if kind not in ("roster", "rubric"))
COLUMNS: Final[Mapping[str, Kind]] = {
    "person_sourcedid": "identities", "criterion_id": "alignments", "educator": "assignments", "from": "calendar",
}  # fmt: skip


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """What was given: the name of a file or folder, and its content; of a zip or folder, that of each file in it."""

    source: str
    files: Mapping[str, bytes]

    @classmethod
    def of(cls, source: str, content: bytes) -> "Given":
        """One file; a zip is looked into."""
        if archive.is_zip(content):
            return cls(source=source, files=archive.files(content))
        return cls(source=source, files={source.replace("\\", "/").rsplit("/", 1)[-1]: content})

    @property
    def sha256(self) -> str:
        """That of the one file, or of the names and digests of all, in order."""
        if len(self.files) == 1:
            return hashlib.sha256(next(iter(self.files.values()))).hexdigest()
        lines = (f"{name} {hashlib.sha256(content).hexdigest()}\n" for name, content in sorted(self.files.items()))
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    @property
    def content(self) -> bytes:
        """That of the one file; Invalid where there are several."""
        if len(self.files) != 1:
            raise Invalid(f"{self.source} has {len(self.files)} files: give the one that is meant", rule="reference")
        return next(iter(self.files.values()))

    @property
    def text(self) -> str:
        """That of the one file, in UTF-8."""
        try:
            return self.content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise Invalid(f"{self.source} must be UTF-8", rule="reference.encoding") from error


def read(kind: Kind, given: Given, *, day: date, effective_from: date | None = None) -> Applied:
    """The application of what was given, from `effective_from`, else the day that a policy names, else `day`.

    Invalid or Flawed where it is not of that kind, or anything in it is wrong.
    """
    body, said = _body(kind, given)
    return Applied(
        kind=kind, sha256=given.sha256, effective_from=effective_from or said or day, source=given.source,
        body=msgspec.to_builtins(body),
    )  # fmt: skip


def _body(kind: Kind, given: Given) -> tuple[Any, date | None]:
    if kind == "roster":
        return oneroster.parse(given.files), None
    if kind == "rubric":
        return case.parse(given.content, given.source), None
    if kind == "mapping":
        mapping.parse(given.text)
        return given.text, None
    if kind == "policy":
        return given.text, policyfile.parse(given.text).effective_from
    rows = lists.parse(kind, given.content, given.source)
    return (lists.pairs(rows) if kind == "assignments" else rows), None


def kind_of(given: Given) -> Kind:
    """The kind of reference data that was given; Invalid where neither its name nor its content tells."""
    if len(given.files) > 1 or any(name.lower() in _ROSTER for name in given.files):
        return "roster"
    name = next(iter(given.files), "").lower()
    for kind in STEMS:
        if name.startswith(kind):
            return kind
    found = _by_content(given)
    if found is None:
        raise Invalid(f"what is {given.source}? Say it with --kind: {', '.join(KINDS)}", rule="reference.kind")
    return found


_ROSTER: Final = frozenset({oneroster.MANIFEST, *(f"{name.lower()}.csv" for name in oneroster.FILES)})


def _by_content(given: Given) -> Kind | None:
    text = given.text
    header = {name.strip().strip('"').lower() for name in text.split("\n", 1)[0].split(",")}
    if len(header) > 1:
        for column, kind in COLUMNS.items():
            if column in header:
                return kind
    if text.lstrip()[:1] == "{" and '"CFDocument"' in text:
        return "rubric"
    try:
        value = yamlfile.read(text).value
    except Invalid:
        return None
    return ("mapping" if "mapping" in value else "policy") if isinstance(value, dict) else None
