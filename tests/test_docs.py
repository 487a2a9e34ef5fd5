"""What is documented is there: links, files, make targets, settings."""

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from lrs import config
from tests import tree

LINK = re.compile(r"(?<!\!)\[[^\]]*\]\(([^)\s]+)\)")
NAMED = re.compile(r"`((?:[\w.-]+/)+[\w.-]+\.(?:py|md|sql|toml|yaml|json|service))`")
TARGET = re.compile(r"^([a-z]+):", re.M)
USED = re.compile(r"(?:`|^\s*)make ([a-z]+)\b", re.M)

PAGES = [tree.name(path) for path in tree.files(".md")]


def read(name: str) -> str:
    return (tree.ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    here = tree.ROOT / page
    broken = [link for link in LINK.findall(read(page)) if not re.match(r"[a-z]+:", link) and not leads(here, link)]
    assert not broken


def leads(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = page.parent / path if path else page
    return target.exists() and (not anchor or anchor in anchors(target))


def anchors(page: Path) -> Iterator[str]:
    for heading in re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.M):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES)
def test_named_files_are_there(page: str) -> None:
    here = (tree.ROOT / page).parent
    missing = [
        name
        for name in NAMED.findall(read(page))
        if not name.startswith("var/")
        and not any((root / name).exists() for root in (tree.ROOT, tree.ROOT / "lrs", here))
    ]
    assert not missing


@pytest.mark.parametrize("page", PAGES)
def test_make_targets_are_there(page: str) -> None:
    assert set(USED.findall(read(page))) <= set(TARGET.findall(read("Makefile")))


def test_every_setting_has_its_line() -> None:
    rows = re.findall(r"^\| `LRS_\w+` \| .+$", read("deploy/README.md"), re.M)
    assert rows == [row(field) for field in dataclasses.fields(config.Settings)]


def row(field: "dataclasses.Field[object]") -> str:
    value = field.default
    shown = f"{value:g}" if isinstance(value, float) else str(value).lower() if isinstance(value, bool) else str(value)
    default = f"`{shown}`" if value not in ("", ()) else "–"
    return f"| `{config.variable(field)}` | {default} | {field.metadata['meaning']} |"


@pytest.mark.parametrize("file", ["deploy/README.md", "deploy/compose.yaml", "deploy/Dockerfile", "README.md"])
def test_named_settings_exist(file: str) -> None:
    known = {config.variable(field) for field in dataclasses.fields(config.Settings)}
    assert set(re.findall(r"\bLRS_[A-Z_]+[A-Z]", read(file))) <= known
