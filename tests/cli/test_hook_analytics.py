"""`lrs hook` with hooks on the analytics, as docs/analytic-hooks.md types it."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.cli.conftest import Shell

URL = "https://93.184.215.14/xapi"
ROWS: dict[str, Any] = {
    "url": URL, "projection": "rubric_evidence", "tables": ["evidence"], "state": {"mastered": ["true"]},
    "as": {"role": "coach", "person": "cam"},
}  # fmt: skip
QUESTION: dict[str, Any] = {
    "url": URL, "path": "coaching/pairs", "parameters": {"status": ["overdue"]}, "at": "07:00",
    "as": {"role": "coach", "person": "cam"},
}  # fmt: skip


@pytest.mark.parametrize(("kind", "config"), [("rows", ROWS), ("question", QUESTION)])
async def test_made_shown_changed_and_removed(shell: Shell, tmp_path: Path, kind: str, config: dict[str, Any]) -> None:
    await shell("store", "create", "default")
    file = tmp_path / "config.json"
    file.write_bytes(orjson.dumps(config))
    made = await shell("hook", "create", "mine", "--kind", kind, "--config", str(file), "--json")
    assert made.code == 0, made.err
    assert made.json["secrets"]["signing"].startswith("whsec_")
    shown = orjson.loads((await shell("hook", "show", "mine")).out)
    assert shown["config"] == config
    assert (await shell("hook", "change", "mine", "--unordered")).code == 0
    assert orjson.loads((await shell("hook", "show", "mine")).out)["config"] == {**config, "ordered": False}
    replayed = await shell("hook", "replay", "mine", "--from", "1")
    assert (replayed.code, "told no events" in replayed.err) == (1, True)
    assert (await shell("hook", "remove", "mine")).code == 0


async def test_what_is_wrong_is_told_with_its_place(shell: Shell, tmp_path: Path) -> None:
    await shell("store", "create", "default")
    file = tmp_path / "config.json"
    file.write_bytes(orjson.dumps({**QUESTION, "path": "nothing"}))
    refused = await shell("hook", "create", "mine", "--kind", "question", "--config", str(file))
    assert (refused.code, "there is no question 'nothing'" in refused.err) == (1, True)
    file.write_bytes(orjson.dumps({**QUESTION, "path": "coaching/pair"}))
    refused = await shell("hook", "create", "mine", "--kind", "question", "--config", str(file))
    assert "/config/path: there is no question 'coaching/pair': did you mean coaching/pairs" in refused.err
