"""Hooks that are installed: told every event, with checkpoint, retry and parking."""

import asyncio
import contextlib
import importlib.util
import json
from collections.abc import AsyncIterator, Sequence
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from lrs.errors import CannotStart
from lrs.hooks import plugins
from lrs.hooks.filters import Filter
from lrs.hooks.plugins import Event, Park, Plugged, Plugin
from lrs.relay import parked, way
from lrs.relay.outside import Outside
from tests.serving import until
from tests.world import World, statement

STATEMENTS = Filter(kinds=("StatementStored",))
EXAMPLE = Path("docs/examples/gradebook.py")


@contextlib.asynccontextmanager
async def carrying(world: World, plugin: Plugin) -> AsyncIterator[None]:
    carrier = Plugged("tests", plugin)

    async def source() -> Sequence[Plugged]:
        return [carrier]

    running = Outside(world.pool, world.stores, source, holder="tests")
    task = asyncio.ensure_future(running.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def has(found: Sequence[Any], count: int, seconds: float = 15.0) -> None:
    async def is_so() -> bool:
        return len(found) >= count

    await until(is_so, seconds=seconds)


async def aside(world: World) -> list[tuple[str, int]]:
    return [(each.follower, each.position) for each in await parked.every(world.pool)]


async def test_a_function_is_told_all_events_in_order(world: World) -> None:
    got: list[Event] = []
    await world.send(*(statement() for _ in range(30)))
    async with carrying(world, Plugin(function=got.extend, filter=STATEMENTS, batch=7)):
        await has(got, 30)
    assert [each.position for each in got] == list(range(1, 31))
    assert got[0].data["verb"]["id"] == statement()["verb"]["id"]
    assert got[0].id == f"{world.store.uuid}:{world.store.epoch}:1"


async def test_it_goes_on_from_its_checkpoint(world: World) -> None:
    got: list[Event] = []
    await world.send(statement())
    async with carrying(world, Plugin(function=got.extend)):
        await has(got, 1)
        await asyncio.sleep(0.2)
    await world.send(statement())
    async with carrying(world, Plugin(function=got.extend)):
        await has(got, 2)
        await asyncio.sleep(0.3)
    assert [each.position for each in got] == [1, 2]


async def test_what_raises_is_told_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(way, "FIRST_RETRY", 0.05)
    got: list[int] = []
    fails = [True, True]

    async def function(events: Sequence[Event]) -> None:
        if fails:
            fails.pop()
            raise OSError("away")
        got.extend(each.position for each in events)

    await world.send(statement(), statement())
    async with carrying(world, Plugin(function=function)):
        await has(got, 2)
    assert got == [1, 2]


async def test_an_event_that_always_fails_is_parked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(way, "FIRST_RETRY", 0.01)
    monkeypatch.setattr(way, "LAST_RETRY", 0.05)
    got: list[int] = []

    def function(events: Sequence[Event]) -> None:
        if any(each.position == 3 for each in events):
            raise ValueError("not this one")
        got.extend(each.position for each in events)

    await world.send(*(statement() for _ in range(5)))
    async with carrying(world, Plugin(function=function)):
        await has(got, 4)
    assert got == [1, 2, 4, 5]
    assert await aside(world) == [("plugin:tests", 3)]


async def test_a_function_may_park_at_once(world: World) -> None:
    got: list[int] = []

    def function(events: Sequence[Event]) -> None:
        for each in events:
            if each.position == 2:
                raise Park(each, "never")
            got.append(each.position)

    await world.send(*(statement() for _ in range(3)))
    async with carrying(world, Plugin(function=function)):
        await has(got, 2)
    assert got == [1, 3]
    assert await aside(world) == [("plugin:tests", 2)]


async def test_the_worked_example(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADEBOOK_FILE", str(tmp_path / "grades.json"))
    spec = importlib.util.spec_from_file_location("gradebook", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    scored = {"verb": {"id": example.SCORED}}
    await world.send(
        statement(),
        statement(**scored, result={"score": {"scaled": 0.5}}),
        statement(**scored, result={"score": {"raw": 3}}),
        statement(**scored, result={"score": {"scaled": 0.75}}),
    )

    async def is_written() -> bool:
        file = tmp_path / "grades.json"
        return file.exists() and "0.75" in file.read_text()

    async with carrying(world, example.PLUGIN):
        await until(is_written, seconds=15)
    (grade,) = json.loads((tmp_path / "grades.json").read_text()).values()
    assert grade == {"score": 0.75, "event": f"{world.store.uuid}:{world.store.epoch}:4"}
    assert await aside(world) == [("plugin:tests", 3)]


NOT_CALLED = 7


def two(events: Sequence[Event], more: int) -> None:
    """Cannot be called with a batch alone."""


TOO_MUCH = Plugin(function=print, batch=501)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("good", "tests.hooks.nowhere:it", "cannot be loaded"),
        ("good", "tests.hooks.test_plugins:NOT_CALLED", "expected a function"),
        ("good", "tests.hooks.test_plugins:two", "one batch"),
        ("good", "tests.hooks.test_plugins:TOO_MUCH", "1 to 500"),
        ("Bad", "tests.hooks.test_plugins:statement", "its name"),
    ],
)
def test_what_does_not_fit_stops_the_start(name: str, value: str, words: str) -> None:
    with pytest.raises(CannotStart, match=words):
        plugins.load([EntryPoint(name=name, value=value, group=plugins.GROUP)])


def test_what_fits_is_loaded() -> None:
    point = EntryPoint(name="list", value="builtins:print", group=plugins.GROUP)
    assert [each.name for each in plugins.load([point])] == ["plugin:list"]
    with pytest.raises(CannotStart, match="two hooks"):
        plugins.load([point, point])
