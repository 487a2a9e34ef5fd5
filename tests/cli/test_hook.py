"""`lrs hook`: set up, looked at, rotated, disabled and removed, as somebody types it."""

import orjson
import pytest

from tests.cli.conftest import Shell

URL = "https://93.184.215.14/xapi"


@pytest.fixture
async def hooks(shell: Shell) -> Shell:
    await shell("store", "create", "default")
    return shell


async def test_create_shows_the_secret_once(hooks: Shell) -> None:
    made = await hooks("hook", "create", "grades", "--url", URL, "--event", "StatementStored", "--json")
    assert made.code == 0
    assert made.json["secrets"]["signing"].startswith("whsec_")
    (row,) = (await hooks("hook", "list", "--json")).json
    assert (row["name"], row["kind"], row["state"]) == ("grades", "webhook", "live")
    shown = await hooks("hook", "show", "grades")
    assert "whsec_" not in shown.out
    assert orjson.loads(shown.out)["config"]["filter"]["kinds"] == ["StatementStored"]


async def test_change_keeps_what_is_not_given(hooks: Shell) -> None:
    await hooks("hook", "create", "grades", "--url", URL, "--batch", "5")
    assert (await hooks("hook", "change", "grades", "--unordered", "--name", "marks")).code == 0
    config = orjson.loads((await hooks("hook", "show", "marks")).out)["config"]
    assert (config["url"], config["batch"], config["ordered"]) == (URL, 5, False)
    unchanged = await hooks("hook", "change", "marks")
    assert unchanged.code == 1
    assert "nothing was given" in unchanged.err


async def test_rotate_shows_another_secret(hooks: Shell) -> None:
    first = await hooks("hook", "create", "grades", "--url", URL, "--json")
    second = await hooks("hook", "rotate", "grades", "--overlap-hours", "1", "--json")
    assert first.json["secrets"] != second.json["secrets"]


async def test_disable_enable_remove(hooks: Shell) -> None:
    await hooks("hook", "create", "grades", "--url", URL)
    for command, state in (("disable", "disabled"), ("enable", "live")):
        assert (await hooks("hook", command, "grades")).code == 0
        assert (await hooks("hook", "list", "--json")).json[0]["state"] == state
    assert (await hooks("hook", "remove", "grades")).code == 0
    assert (await hooks("hook", "list", "--json")).json == []


async def test_what_is_wrong_is_told_in_a_line(hooks: Shell) -> None:
    for words, told in (
        (("create", "x", "--url", "https://10.0.0.1/"), "private or reserved"),
        (("create", "x", "--url", URL, "--event", "Nothing"), "there is no kind of event"),
        (("create", "x", "--url", URL, "--from", "yesterday"), "`from` is `now`"),
        (("create", "x", "--url", URL, "--from", "999999"), "the log of this store ends at"),
        (("create", "x"), "url"),
        (("create", "x", "--url", URL, "--batch", "0"), "/config/batch: batch is a whole number from 1 to 500, not 0"),
        (("create", "x", "--url", URL, "--batch", "0"), "(rule hook.config)"),
        (("create", "x", "--url", URL, "--template", "{}"), "/config/filter: a template that asks for nothing"),
        (("create", "x", "--kind", "pigeon"), "/kind: there is no kind of hook 'pigeon': there are webhook, forward"),
        (("show", "nobody"), "there is no hook"),
        (("redeliver", "nobody", "1"), "there is no hook"),
    ):
        failed = await hooks("hook", *words)
        assert failed.code == 1, words
        assert told in failed.err


async def test_replay_and_deliveries_of_a_hook_that_has_sent_nothing(hooks: Shell) -> None:
    await hooks("hook", "create", "grades", "--url", URL)
    assert (await hooks("hook", "replay", "grades", "--from", "1")).code == 0
    beyond = await hooks("hook", "replay", "grades", "--from", "999999")
    assert (beyond.code, "999999 lies beyond" in beyond.err) == (1, True)
    assert (await hooks("hook", "deliveries", "grades", "--json")).json == []
    again = await hooks("hook", "redeliver", "grades", "nonsense")
    assert "no webhook-id of this store" in again.err


async def test_what_kind_was_called_is_still_taken(hooks: Shell) -> None:
    refused = await hooks("hook", "create", "x", "--type", "pigeon")
    assert "there is no kind of hook 'pigeon'" in refused.err
    assert "--type" not in (await hooks("hook", "create", "--help")).out


@pytest.mark.parametrize("hours", ["-1", "721", "day", "nan", "inf"])
async def test_an_overlap_is_so_many_hours(hooks: Shell, hours: str) -> None:
    refused = await hooks("hook", "rotate", "grades", "--overlap-hours", hours)
    assert (refused.code, "is no number of hours from 0 to 720" in refused.err) == (2, True)


async def test_a_secret_that_is_no_text_is_refused(hooks: Shell) -> None:
    (hooks.folder / "secrets.json").write_text('{"signing": 1}')
    refused = await hooks("hook", "create", "x", "--url", URL, "--secrets", "secrets.json")
    assert (refused.code, "/secrets/signing: a secret is a text" in refused.err) == (1, True)
