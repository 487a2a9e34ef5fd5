"""The project as a stranger finds it: what is locked, what is shipped, how big things are, what must not be named."""

import ast
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests import tree

NAMELESS = {"util", "utils", "helper", "helpers", "common", "manager", "service", "base", "misc"}
FILE_LINES, FUNCTION_LINES = 400, 40
EVERYBODYS = {Path("/"), *map(Path, ("/root", "/tmp", "/var/tmp", "/home", "/usr/src", "/srv", "/opt", "/app", "/src"))}


def project() -> Mapping[str, Any]:
    return tomllib.loads((tree.ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def pins(lock: str) -> dict[str, str]:
    text = (tree.ROOT / lock).read_text(encoding="utf-8")
    return {canonicalize_name(name): version for name, version in re.findall(r"^([\w.-]+)==([^ ;\\]+)", text, re.M)}


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_lock_agrees_with_project(lock: str) -> None:
    wanted = list(project()["project"]["dependencies"])
    if lock == "requirements-dev.lock":
        wanted += project()["dependency-groups"]["dev"]
    pinned = pins(lock)
    for requirement in map(Requirement, wanted):
        assert pinned[canonicalize_name(requirement.name)] in requirement.specifier, f"{requirement}: run make lock"


def test_both_locks_pin_the_same() -> None:
    assert pins("requirements.lock").items() <= pins("requirements-dev.lock").items()


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_lock_is_hashed_and_names_no_host(lock: str) -> None:
    text = (tree.ROOT / lock).read_text(encoding="utf-8")
    for entry in re.split(r"\n(?=\w)", text.split("\n", 1)[1]):
        assert re.match(r"[\w.-]+==[^ ]+ (; .+ )?\\\n    --hash=sha256:[0-9a-f]{64}", entry), entry
    assert "://" not in text
    assert "--index" not in text


def test_build_backend_is_locked() -> None:
    requirement = Requirement(project()["build-system"]["requires"][0])
    assert pins("requirements-dev.lock")[requirement.name] in requirement.specifier


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=tree.ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    zipfile.ZipFile(built).extractall(folder / "unpacked")
    return folder / "unpacked"


def test_wheel_holds_what_is_needed(wheel: Path) -> None:
    held = {path.relative_to(wheel).as_posix() for path in wheel.rglob("*") if path.is_file()}
    wanted = {tree.name(path) for path in tree.files() if tree.name(path).startswith(("lrs/", "projections/"))}
    schemas = {f"lrs/{tree.name(path)}" for path in tree.files() if tree.name(path).startswith("schemas/")}
    assert schemas
    assert not (wanted | schemas) - held
    assert {name.split("/")[0] for name in held if ".dist-info/" not in name} == {"lrs", "projections"}
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in held)


def test_wheel_works_away_from_the_tree(wheel: Path, tmp_path: Path) -> None:
    code = (
        "import lrs.cli, lrs.main; from lrs.xapi import schema, versions;"
        "print(lrs.__file__, *(len(schema.files(version)) for version in versions.Version))"
    )
    environment = os.environ | {"PYTHONPATH": str(wheel)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    place, *schemas = done.stdout.split()
    assert Path(place).is_relative_to(wheel)
    assert all(int(number) > 0 for number in schemas)


def test_files_are_short() -> None:
    lengths = {tree.name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in tree.files(".py")}
    assert not {name: length for name, length in lengths.items() if length > FILE_LINES}


def test_functions_are_short() -> None:
    lengths = {f"{name} {function.name}": lines(function) for name, function in functions()}
    assert not {name: length for name, length in lengths.items() if length > FUNCTION_LINES}


def functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for path in tree.files(".py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield tree.name(path), node


def lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or 0) - function.lineno + 1


def test_modules_are_nouns() -> None:
    assert not [tree.name(path) for path in tree.files(".py") if path.stem in NAMELESS or path.parent.name in NAMELESS]


def test_no_file_names_this_machine() -> None:
    own = {tree.ROOT, tree.ROOT.parent, Path.home()} - EVERYBODYS
    pattern = re.compile(
        rb"(?<![\w.])(" + b"|".join(re.escape(str(path).encode()) for path in own) + rb")(?=[/\s\"'`])"
    )
    assert own
    assert not [tree.name(path) for path in tree.files() if pattern.search(path.read_bytes())]


def test_changelog_tells_of_this_version() -> None:
    version = re.search(r'__version__ = "(.+)"', (tree.ROOT / "lrs/__init__.py").read_text(encoding="utf-8"))
    assert version
    changelog = (tree.ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## (Unreleased|\[?{re.escape(version[1])}\b)", changelog, re.M)
