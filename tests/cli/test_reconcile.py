"""`lrs reconcile` tells what differs, and its exit status says whether anything does."""

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from lrs.cli import lrs
from lrs.errors import LrsError
from tests.conftest import Database
from tests.factories import statement
from tests.hooks import others


async def test_reconcile_by_command(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with others.pair(database.dsn) as pair:
        await pair.other().send("POST", "/xAPI/statements", statement(timestamp="2026-03-01T10:00:00Z"))
        (tmp_path / "secret").write_text(f"{others.SECRET}\n")
        url = f"http://127.0.0.1:{pair.client.port}/xAPI"
        command = ["reconcile", url, "--key", "there", "--database-url", database.dsn]
        monkeypatch.setenv("LRS_PEPPER", "of the tests")

        def run(*more: str, secret: str | None = None) -> tuple[int, str]:
            environment = {} if secret is None else {"LRS_RECONCILE_SECRET": secret}
            result = CliRunner().invoke(lrs, [*command, *more], env=environment, standalone_mode=False)
            if result.exception is not None:
                raise result.exception
            assert others.SECRET not in result.output
            return int(result.return_value or 0), result.stdout

        code, told = await asyncio.to_thread(run, "--secret-file", str(tmp_path / "secret"))
        assert (code, told.splitlines()[0]) == (1, "2026-03-01: 0 here, 1 there")
        assert told.splitlines()[-1] == "0 statements here, 1 there, 1 days: 1 differences"
        code, told = await asyncio.to_thread(run, "--json", secret=others.SECRET)
        assert (code, json.loads(told)["differences"][0]["kind"]) == (1, "missing here")
        code, told = await asyncio.to_thread(run, "--until", "2026-01-01", secret=others.SECRET)
        assert (code, told) == (0, "0 statements here, 0 there, 0 days: 0 differences\n")
        with pytest.raises(LrsError, match="credentials are wrong"):
            await asyncio.to_thread(run, secret="another")
