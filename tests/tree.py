"""The files of the project, for the tests that judge them as a whole."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
FOLDERS: Final = (".ci", "deploy", "docs", "lrs", "projections", "schemas", "tests")


def files(*suffixes: str) -> Iterator[Path]:
    """Every file of the project, not of .venv, var or a cache; of some `suffixes` alone where they are given."""
    found = [path for path in ROOT.iterdir() if path.name != ".git"]
    for folder in FOLDERS:
        found += (path for path in (ROOT / folder).rglob("*") if "__pycache__" not in path.parts)
    yield from sorted(path for path in found if path.is_file() and (not suffixes or path.suffix in suffixes))


def name(path: Path) -> str:
    """A file's path in the project."""
    return path.relative_to(ROOT).as_posix()
