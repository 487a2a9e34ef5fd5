"""The rows of the catalogue: what is promised, how it is tried, and how often.

A module of this folder registers a row by a decorator, and that is all it has to do: `run.py` finds it for the command
and `test_short.py` for `make test`.

    @rows.row("R-03", "0 lost, duplicate, partial or phantom", loops=50, short=2)
    async def postgres_killed(trial: Trial) -> Outcome:
        ...
        return Outcome(figure={"lost": lost}, held=lost == 0)
"""

import contextlib
import importlib
import os
import random
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import orjson

PACKAGE: Final = "tests.guarantees"
FOLDER: Final = Path(__file__).parent
DRAWN_BITS: Final = 32

Figure = Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a trial measured, and whether the promise held."""

    figure: Figure
    held: bool


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One run of a row: so many loops, dice that fall alike for a seed, and a folder that is gone afterwards."""

    loops: int
    seed: int
    folder: Path
    dice: random.Random = field(default_factory=random.Random)


Run = Callable[[Trial], Awaitable[Outcome]]


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row: its id, its goal in words, its long form's loops, and those inside `make test` (0: not there)."""

    id: str
    goal: str
    loops: int
    short: int
    run: Run


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """How one run of a row ended."""

    id: str
    figure: Figure
    goal: str
    loops: int
    seed: int
    seconds: float
    held: bool

    def line(self) -> str:
        """The run in a line of JSON."""
        said = {
            "id": self.id,
            "figure": self.figure,
            "goal": self.goal,
            "loops": self.loops,
            "seed": self.seed,
            "seconds": round(self.seconds, 1),
            "pass": self.held,
        }
        return orjson.dumps(said).decode()


_ROWS: Final[dict[str, Row]] = {}


def row(id: str, goal: str, *, loops: int, short: int = 0) -> Callable[[Run], Run]:
    """Register what follows as the row `id`: it does `trial.loops` rounds of whatever its goal counts."""

    def register(run: Run) -> Run:
        if id in _ROWS and _ROWS[id].run is not run:
            raise ValueError(f"{id} is registered twice")
        _ROWS[id] = Row(id=id, goal=goal, loops=loops, short=short, run=run)
        return run

    return register


def every() -> Mapping[str, Row]:
    """All rows that are built, by id, in the order of their ids."""
    for path in sorted(FOLDER.glob("*.py")):
        if not path.stem.startswith(("test_", "run")):
            importlib.import_module(f"{PACKAGE}.{path.stem}")
    return dict(sorted(_ROWS.items()))


async def judge(row: Row, *, loops: int | None = None, seed: int | None = None) -> Verdict:
    """Run a row and tell how it ended; a seed that is not given is drawn, and told."""
    drawn = random.getrandbits(DRAWN_BITS) if seed is None else seed
    count = row.loops if loops is None else loops
    begun = time.monotonic()
    with folder(row.id) as place:
        trial = Trial(loops=count, seed=drawn, folder=place, dice=random.Random(f"{drawn} {row.id}"))
        outcome = await row.run(trial)
    seconds = time.monotonic() - begun
    return Verdict(
        id=row.id, figure=outcome.figure, goal=row.goal, loops=count, seed=drawn, seconds=seconds, held=outcome.held
    )


@contextlib.contextmanager
def folder(name: str) -> Iterator[Path]:
    """A folder that is gone afterwards, unless KEEP_TRIALS says to keep what a run wrote."""
    made = Path(tempfile.mkdtemp(prefix=f"trial-{name.lower()}-"))
    made.chmod(0o711)  # the database of a server that root started belongs to another user, who must get through
    try:
        yield made
    finally:
        if not os.environ.get("KEEP_TRIALS"):
            shutil.rmtree(made, ignore_errors=True)
