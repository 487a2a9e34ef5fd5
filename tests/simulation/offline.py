"""A simulated folder read without a database: reference data folded, statements mapped, rows computed key by key."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeAlias
from uuid import UUID, uuid5

import msgspec
import orjson

from lrs.reference.applied import Kind, State, fold
from lrs.reference.incoming import Given, read
from lrs.reference.reference import Reference
from projections.analytic import Projection, Wanted
from projections.facts.fact import Fact
from projections.facts.mapper import Mapper

Rows: TypeAlias = Mapping[str, list[dict[str, Any]]]

LISTS: tuple[tuple[Kind, str], ...] = (
    ("policy", "policy.yaml"), ("rubric", "rubric.json"), ("rubric", "rubric-lab.json"), ("calendar", "calendar.csv"),
    ("identities", "identities.csv"), ("alignments", "alignments.csv"),
)  # fmt: skip
TODAY = date(2026, 1, 5)
NOW = datetime(2026, 1, 5, tzinfo=UTC)


def reference(folder: Path) -> Reference:
    """What the files of reference data amount to."""
    state = State()
    given = [(kind, Given.of(name, (folder / name).read_bytes())) for kind, name in LISTS]
    files = {path.name: path.read_bytes() for path in sorted((folder / "roster").iterdir())}
    given.insert(1, ("roster", Given(source="roster", files=files)))
    for position, (kind, each) in enumerate(given, 1):
        state = fold(state, read(kind, each, day=TODAY), position)
    return state.reference()


class Record:
    """The live facts of the statements in a folder, as of a load that gives all of them the time `NOW`.

    `defect` makes it wrong on purpose: `void` heeds none, `twice` takes what is sent again for something new.
    """

    def __init__(self, folder: Path, defect: str = "") -> None:
        self._defect = defect
        self.reference = reference(folder)
        self.unmapped: list[dict[str, Any]] = []
        self.facts = self._live(folder)
        self._by: dict[tuple[str, str | None], list[Fact]] = defaultdict(list)
        for fact in self.facts:
            for name in ("subject", "other", "cohort"):
                self._by[name, getattr(fact, name)].append(fact)

    def _live(self, folder: Path) -> list[Fact]:
        mapper = Mapper.of(self.reference)
        live: dict[UUID, tuple[Fact, ...]] = {}
        dead: set[UUID] = set()
        with (folder / "statements.jsonl").open("rb") as lines:
            for position, line in enumerate(lines, 1):
                statement = orjson.loads(line)
                id_ = UUID(statement["id"])
                mapped = mapper.map(statement, id=id_, position=position, stored=NOW, authority="")
                if mapped.rule is None:
                    self.unmapped.append(statement)
                if mapped.voids is not None and self._defect != "void":
                    dead.add(mapped.voids)
                if self._defect == "twice" and id_ in live:
                    id_ = uuid5(id_, "again")
                    facts = (msgspec.structs.replace(each, statement=id_) for each in mapped.facts)
                    live[id_] = tuple(facts)
                live.setdefault(id_, mapped.facts)
        return [fact for id_, facts in live.items() if id_ not in dead for fact in facts]

    def rows(self, projection: Projection, as_of: date | None = None) -> Rows:
        """The rows of all tables of a projection, as dicts by column."""
        columns = {table.name: [column.name for column in table.columns] for table in projection.tables}
        found: dict[str, list[dict[str, Any]]] = {name: [] for name in columns}
        for key in sorted(self._keys(projection)):
            facts = sorted(self._wanted(projection.wanted(key, self.reference)), key=lambda fact: fact.order)
            for name, rows in projection.rows(key, facts, self.reference, as_of=as_of).items():
                found[name] += [dict(zip(columns[name], row, strict=True)) for row in rows]
        return found

    def _keys(self, projection: Projection) -> set[str]:
        keys = set(projection.every(self.reference))
        for fact in self.facts:
            if fact.kind in projection.kinds:
                keys.update(projection.keys(fact, self.reference))
        return keys

    def _wanted(self, wanted: Wanted | tuple[Wanted, ...]) -> Iterator[Fact]:
        given: set[str] = set()
        for each in wanted if isinstance(wanted, tuple) else (wanted,):
            names = [("subject", name) for name in each.subjects]
            names += [("other", name) for name in each.others] + [("cohort", name) for name in each.cohorts]
            for name in names:
                for fact in self._by.get(name, ()):
                    if fact.id not in given and each.takes(fact):
                        given.add(fact.id)
                        yield fact
