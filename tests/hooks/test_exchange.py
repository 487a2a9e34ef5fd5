"""Hooks that speak with another LRS are set up as all hooks are, and work at once."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from click.testing import CliRunner

from lrs.cli import lrs
from lrs.config import Settings
from lrs.errors import Invalid
from lrs.hooks import kinds
from lrs.hooks.carrying import Carrying
from lrs.recording.arriving import Arrivals
from lrs.relay.outside import Outside
from tests import serving
from tests.conftest import Database
from tests.factories import statement
from tests.hooks import others
from tests.hooks.others import Pair


@pytest_asyncio.fixture
async def pair(database: Database) -> AsyncIterator[Pair]:
    async with others.pair(database.dsn, hook_allow=("127.0.0.0/8",)) as made:
        yield made


async def made(pair: Pair, kind: str, secret: str = others.SECRET, **config: Any) -> None:
    url = f"http://127.0.0.1:{pair.client.port}/xAPI"
    await pair.core.hooks.registry.create(
        pair.here.id, kind, kind, {"url": url, "key": "there", **config}, secrets={"secret": secret}, start=0
    )


@pytest.mark.parametrize("kind", ["forward", "pull"])
async def test_hook_by_registry_works(pair: Pair, kind: str) -> None:
    sender = pair.client if kind == "forward" else pair.other()
    await sender.send("POST", "/xAPI/statements", [statement(), statement()])
    await made(pair, kind, **({} if kind == "forward" else {"credential": serving.KEY}))

    async def is_same() -> bool:
        return len(await pair.texts(pair.here)) == len(await pair.texts(pair.there)) == 2

    async with working(pair):
        await serving.until(is_same, seconds=8)
    assert not await pair.core.hooks.registry.failing(pair.here.id)


@pytest.mark.parametrize("kind", ["forward", "pull"])
async def test_wrong_secret_is_told_as_failing(pair: Pair, kind: str) -> None:
    await pair.client.send("POST", "/xAPI/statements", statement())
    await made(pair, kind, "another", **({} if kind == "forward" else {"credential": serving.KEY}))

    async def is_told() -> bool:
        return bool(await pair.core.hooks.registry.failing(pair.here.id))

    async with working(pair):
        await serving.until(is_told, seconds=8)
    (failing,) = (await pair.core.hooks.registry.failing(pair.here.id)).values()
    assert "answered 401: its credentials are wrong" in failing.error


@pytest.mark.parametrize(
    ("kind", "config", "pointer"),
    [
        ("forward", {"url": "http://10.0.0.1/xAPI"}, "/config"),
        ("forward", {"url": "http://127.0.0.1/xAPI/statements"}, "/config/url"),
        ("forward", {"key": "a:b"}, "/config/key"),
        ("forward", {"version": "0.95"}, "/config/version"),
        ("forward", {"password": "x"}, "/config"),
        ("pull", {}, "/config"),
        ("pull", {"credential": "k", "query": {"since": "2026-01-01T00:00:00Z"}}, "/config/query"),
        ("pull", {"credential": "k", "since": "yesterday"}, "/config/since"),
    ],
)
async def test_wrong_configuration_is_refused(pair: Pair, kind: str, config: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        await made(pair, kind, **config)
    assert (refused.value.pointer or "").startswith(pointer)


async def test_hook_by_command_tells_no_secret(pair: Pair, database: Database, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(json.dumps({"secret": others.SECRET}))
    (tmp_path / "config").write_text(json.dumps({"url": "https://192.0.2.1/xAPI", "key": "there", "version": "1.0.3"}))
    given = ["--config", str(tmp_path / "config"), "--secrets", str(tmp_path / "secret")]

    def run(*words: str) -> str:
        environment = {"LRS_PEPPER": "of the tests", "LRS_HOOK_ALLOW": "192.0.2.0/24"}
        command = [*words, "--database-url", database.dsn]
        result = CliRunner().invoke(lrs, command, env=environment, standalone_mode=False)
        if result.exception is not None:
            raise result.exception
        return result.output

    told = await asyncio.to_thread(run, "hook", "create", "partner", "--kind", "forward", *given)
    told += await asyncio.to_thread(run, "hook", "show", "partner")
    assert "1.0.3" in told
    assert others.SECRET not in told
    hook = await pair.core.hooks.registry.get(pair.here.id, "partner")
    assert [each.secret for each in await pair.core.hooks.registry.secrets(hook)] == [others.SECRET]
    events = [each.payload or b"" for each in await pair.told(pair.here)]
    assert any(b"192.0.2.1" in payload for payload in events)
    assert not any(others.SECRET.encode() in payload for payload in events)


@asynccontextmanager
async def working(pair: Pair) -> AsyncIterator[Outside]:
    """The hooks of the server at work."""
    hooks = pair.core.hooks.registry
    settings = Settings(hook_allow=("127.0.0.0/8",))
    arrivals = Arrivals(pair.core.log, pair.core.issuing, settings.limits)
    carrying = Carrying(hooks, kinds.makers(kinds.means(settings, pair.core.reads, hooks, arrivals.record)))
    async with (
        aclosing(carrying),
        others.running(Outside(pair.core.reads, pair.core.stores, carrying.source, holder="tests")) as outside,
    ):
        yield outside
