"""Writes a simulated district into a folder: the one place of this package that touches files."""

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import orjson

from lrs.simulation import questions, roster, rubric
from lrs.simulation.question import Question
from lrs.simulation.simulation import Simulation
from lrs.simulation.straight import Straight

BLOCK = 1000


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What was written."""

    folder: str
    statements: int
    people: int
    cohorts: int
    pairs: int
    questions: int
    dirt: dict[str, int]


def write(simulation: Simulation, folder: Path, progress: Callable[[int], None] = lambda count: None) -> Written:
    """Write everything into `folder`, which is made where there is none; `progress` hears of statements written."""
    folder.mkdir(parents=True, exist_ok=True)
    _reference(simulation, folder)
    with (folder / "statements.jsonl").open("wb") as file:
        for block in _blocks(simulation.lines()):
            file.write(b"".join(block))
            progress(len(block))
    asked = questions.every(Straight(simulation.district, simulation.records))
    _expected(simulation, asked, folder)
    district = simulation.district
    return Written(
        folder=str(folder), statements=simulation.statements, people=len(district.people),
        cohorts=len(district.cohorts), pairs=len(district.pairs), questions=len(asked), dirt=simulation.mail.counts,
    )  # fmt: skip


def _blocks(lines: Iterator[bytes]) -> Iterator[list[bytes]]:
    block: list[bytes] = []
    for line in lines:
        block.append(line)
        if len(block) == BLOCK:
            yield block
            block = []
    if block:
        yield block


def _reference(simulation: Simulation, folder: Path) -> None:
    district = simulation.district
    files = {f"roster/{name}": text for name, text in roster.files(district).items()}
    files |= {
        "calendar.csv": roster.calendar(district),
        "identities.csv": roster.identities(district),
        "alignments.csv": roster.alignments(district),
        "policy.yaml": roster.policy(),
        "rubric.json": _json(rubric.package()),
        "rubric-lab.json": _json(rubric.lab_package()),
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")


def _json(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def _expected(simulation: Simulation, asked: list[Question], folder: Path) -> None:
    district = simulation.district
    content = {
        "seed": district.seed, "scale": district.scale, "years": len(district.calendar.years),
        "statements": simulation.statements, "dirt": simulation.mail.counts, "planted": district.planted,
        "questions": msgspec.to_builtins(asked),
    }  # fmt: skip
    (folder / "expected.json").write_text(_json(content), encoding="utf-8")
    (folder / "expected.md").write_text(_page(asked), encoding="utf-8")


def _page(asked: list[Question]) -> str:
    head = (
        "# Questions and expected answers\n\n"
        "Counted by the simulation over what it knows happened, without the statements. Each is to be asked at\n"
        "`/analytics/v1/`; `expected.json` has the same, for programs.\n\n"
        "| question | asked as | path | answer |\n|---|---|---|---|\n"
    )
    return head + "".join(map(_line, asked))


def _line(each: Question) -> str:
    query = "&".join(f"{name}={value}" for name, value in each.parameters.items())
    asker = " ".join(each.asker.values())
    what = {"one": each.column, "sum": f"sum of {each.column}", "count": f"rows with {each.column}"}.get(each.take)
    return f"| {each.sentence} | {asker} | `{each.path}?{query}` | {what}: **{each.expected}** |\n"
