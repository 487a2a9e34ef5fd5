"""Commands as somebody types them, on a fresh database."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from lrs import cli
from tests.conftest import Database

PEPPER = "a pepper of the tests"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a command printed, and how it exited."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return orjson.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        return [orjson.loads(line) for line in self.out.splitlines()]


@dataclass(frozen=True, kw_only=True)
class Shell:
    """Runs commands in a folder of its own, against the database of the test."""

    folder: Path
    url: str
    read: Callable[[], tuple[str, str]]

    async def __call__(self, *arguments: str) -> Answer:
        """Run `lrs` with these arguments."""
        with pytest.raises(SystemExit) as exited:
            await asyncio.to_thread(cli.main, [*arguments, "--database-url", self.url])
        out, err = self.read()
        return Answer(code=int(exited.value.code or 0), out=out, err=err)

    async def credential(self, *scopes: str, store: str = "default") -> str:
        """The key of a new credential; the store is made where there is none."""
        await self("store", "create", store)
        asked = [word for scope in scopes or ("all",) for word in ("--scope", scope)]
        key: str = (await self("credential", "create", "--store", store, "--json", *asked)).json["key"]
        return key

    def file(self, *statements: dict[str, Any], name: str = "statements.jsonl") -> str:
        """A file of JSON Lines."""
        path = self.folder / name
        path.write_bytes(b"".join(orjson.dumps(each) + b"\n" for each in statements))
        return name


@pytest.fixture
def shell(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Shell:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LRS_PEPPER", PEPPER)
    monkeypatch.setattr("lrs.telemetry.logs.begin", lambda level: None)

    def read() -> tuple[str, str]:
        captured = capsys.readouterr()
        return captured.out, captured.err

    return Shell(folder=tmp_path, url=database.dsn, read=read)
