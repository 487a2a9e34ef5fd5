"""Who may import whom: the contracts of pyproject.toml hold, cover everything and are able to fail."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests import tree

LINT = Path(sys.executable).with_name("lint-imports")
# Clock and chance hide behind names of modules that are harmless otherwise.
IMPURE = {"now", "utcnow", "today", "uuid1", "uuid4", "uuid6", "uuid7"}

LAYERS = "A line imports lines below it"
PURE = "The standard does no I/O, reads no clock and draws no lots"
SIMULATION = "A simulation reads no clock and knows nobody else; its writer alone touches files"
SQL = "Resources, http, recording and console speak no SQL"

# module that gets the line, the line, what it imports, the contract that must break
BREACHES = [
    ("lrs.storage.breach", "import lrs.log", "lrs.log", LAYERS),
    ("lrs.resources.breach", "import projections", "projections", LAYERS),
    ("lrs.config", "import lrs.events", "lrs.events", LAYERS),
    ("lrs.http.breach", "from lrs import resources", "lrs.resources", LAYERS),
    ("projections.breach", "import lrs.main", "lrs.main", "Nothing but the command line imports main"),
    ("lrs.xapi.breach", "from time import time", "time", PURE),
    ("lrs.events", "import asyncio", "asyncio", PURE),
    ("projections.statements.rows", "import random", "random", PURE),
    ("lrs.http.breach", "import asyncpg", "asyncpg", SQL),
    ("lrs.recording.breach", "from lrs.storage import sqlfile", "lrs.storage.sqlfile", SQL),
    (
        "projections.statements.breach",
        "from projections import documents",
        "projections.documents",
        "Projections do not know each other, save for keys, analytic, facts and answers",
    ),
    ("lrs.simulation.breach", "import lrs.xapi", "lrs.xapi", SIMULATION),
    ("projections.documents.breach", "import lrs.recording", "lrs.recording", "Projections never write events"),
]


def contracts() -> Mapping[str, Mapping[str, Any]]:
    settings = tomllib.loads((tree.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return {contract["id"]: contract for contract in settings["tool"]["importlinter"]["contracts"]}


def lint(root: Path) -> tuple[int, str]:
    environment = os.environ | {"PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "200"}
    done = subprocess.run([LINT, "--no-cache"], cwd=root, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_imports_keep_the_contracts() -> None:
    status, output = lint(tree.ROOT)
    assert status == 0, output


@pytest.fixture(scope="module")
def breached(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What lint-imports says of a copy of the tree with every breach in it."""
    root = tmp_path_factory.mktemp("breached")
    shutil.copy(tree.ROOT / "pyproject.toml", root)
    for package in ("lrs", "projections"):
        shutil.copytree(tree.ROOT / package, root / package, ignore=shutil.ignore_patterns("__pycache__"))
    for module, line, _, _ in BREACHES:
        with (root / module.replace(".", "/")).with_suffix(".py").open("a", encoding="utf-8") as file:
            file.write(f"\n{line}\n")
    status, output = lint(root)
    assert status == 1, output
    return output


@pytest.mark.parametrize(
    ("module", "imported", "contract"),
    [pytest.param(breach[0], *breach[2:], id=f"{breach[0]}: {breach[1]}") for breach in BREACHES],
)
def test_breach_is_found(breached: str, module: str, imported: str, contract: str) -> None:
    assert re.search(re.escape(contract) + r"\s+BROKEN", breached), breached
    told = re.split(r"\n\n(.+)\n-+\n", breached)  # headings and what stands below each in turn
    below = told[told.index(contract) + 1]
    assert re.search(rf"{re.escape(module)} -> {re.escape(imported)}\b", below), breached


def test_every_module_has_its_line() -> None:
    layers = {name.strip(" ()") for line in contracts()["layers"]["layers"] for name in line.split("|")}
    there = {f"lrs.{path.stem}" for path in (tree.ROOT / "lrs").iterdir() if path.name not in OUTSIDE}
    assert there <= layers


OUTSIDE = {"__init__.py", "__main__.py", "__pycache__", "README.md", "py.typed", "schemas"}


@pytest.mark.parametrize("package", ["resources", "http", "recording", "console"])
def test_who_speaks_no_sql_is_held_to_it(package: str) -> None:
    folder = tree.ROOT / "lrs" / package
    assert folder.is_dir() <= (f"lrs.{package}" in contracts()["sql"]["source_modules"])
    assert not list(folder.rglob("*.sql"))


def test_standard_reads_no_clock() -> None:
    pure = [
        path for path in tree.files(".py") if re.match(r"lrs/(xapi/|events\.|errors\.)|.+/rows\.py", tree.name(path))
    ]
    assert pure
    calls = (
        (path, node)
        for path in pure
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    )
    found = [
        f"{tree.name(path)}:{node.lineno}"
        for path, node in calls
        if (node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")) in IMPURE
    ]
    assert not found
