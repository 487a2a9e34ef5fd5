"""`lrs load`: each statement for itself, whatever the file, however often and however far."""

import gzip
import os
import signal
import subprocess
import sys
import time
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from tests import tree
from tests.cli.conftest import PEPPER, Shell
from tests.factories import ID, OTHER_ID, Json, account, attachment, statement

OTHERS = account("other lrs")


async def read(shell: Shell, store: str = "default") -> list[Any]:
    return (await shell("export", "statements", "--store", store)).lines


def kept(number: int, stored: str, **changes: object) -> Json:
    """A statement as another LRS gives it."""
    return statement(id=UUID(int=number), stored=stored, authority=OTHERS, version="1.0.0", **changes)


async def test_help_has_an_example(shell: Shell) -> None:
    for command in ("load", "export statements", "export events", "log head"):
        assert "Example" in (await shell(*command.split(), "--help")).out


async def test_lines_are_loaded_in_order(shell: Shell) -> None:
    key = await shell.credential()
    sent = [statement(id=uuid4()) for _ in range(1_100)]
    answer = await shell("load", "--credential", key, shell.file(*sent), "--json")
    assert answer.code == 0
    (told,) = answer.json
    assert (told["loaded"], told["known"], told["refused"], told["report"]) == (1_100, 0, 0, None)
    assert [each["id"] for each in await read(shell)] == [each["id"] for each in sent]


@pytest.mark.parametrize("name", ["array.json", "page.json", "pages.json", "lines.jsonl.gz", "statement.json"])
async def test_every_kind_of_file_is_loaded(shell: Shell, name: str) -> None:
    one, two = statement(id=ID), statement(id=OTHER_ID)
    pages = [orjson.dumps({"statements": [each], "more": "/xAPI/more"}) for each in (one, two)]
    content = {
        "array.json": orjson.dumps([one, two], option=orjson.OPT_INDENT_2),
        "page.json": orjson.dumps({"more": "", "statements": [one, two]}),
        "pages.json": b"\n".join(pages),
        "lines.jsonl.gz": gzip.compress(orjson.dumps(one) + b"\r\n\r\n" + orjson.dumps(two)),
        "statement.json": orjson.dumps(one, option=orjson.OPT_INDENT_2) + orjson.dumps(two),
    }[name]
    (shell.folder / name).write_bytes(content)
    await shell("load", "--credential", await shell.credential(), name)
    assert [each["id"] for each in await read(shell)] == [str(ID), str(OTHER_ID)]


async def test_authority_is_that_of_the_credential(shell: Shell) -> None:
    key = await shell.credential()
    await shell("load", "--credential", key, shell.file(kept(1, "2020-01-01T00:00:00Z")))
    (got,) = await read(shell)
    assert got["authority"]["account"]["name"] == key
    assert got["stored"] > "2026"
    (event,) = [each for each in (await shell("export", "events")).lines if each["kind"] == "StatementStored"]
    assert (event["payload"]["authority"], event["payload"]["stored"]) == (OTHERS, "2020-01-01T00:00:00Z")


async def test_a_refused_statement_takes_none_with_it(shell: Shell) -> None:
    key = await shell.credential()
    file = shell.file(statement(id=ID), statement(actor={"mbox": "ann"}), statement(id=OTHER_ID))
    answer = await shell("load", "--credential", key, file)
    assert answer.code == 1
    assert "2 loaded, 0 known already, 1 refused" in answer.out
    assert answer.err == "lrs: refused: 1; statements.jsonl.refused.jsonl says which and why\n"
    (told,) = map(orjson.loads, (shell.folder / "statements.jsonl.refused.jsonl").read_bytes().splitlines())
    assert (told["line"], told["pointer"]) == (2, "/actor/mbox")
    assert told["rule"]
    assert told["paragraph"]
    assert told["statement"] == statement(actor={"mbox": "ann"})


async def test_what_is_no_json_is_told_as_text(shell: Shell) -> None:
    key = await shell.credential()
    lines = (orjson.dumps(statement()), b'{"actor":', b"\xff")
    (shell.folder / "lines.jsonl").write_bytes(b"\n".join(lines))
    await shell("load", "--credential", key, "lines.jsonl", "--report", "told.jsonl")
    told = [orjson.loads(line) for line in (shell.folder / "told.jsonl").read_bytes().splitlines()]
    assert [(each["line"], each["statement"]) for each in told] == [(2, '{"actor":'), (3, "\ufffd")]


async def test_a_statement_that_is_too_long_is_passed_over(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LRS_LIMIT_JSON_BYTES", "2000")
    key = await shell.credential()
    long = statement(result={"response": "x" * 3_000})
    answer = await shell("load", "--credential", key, shell.file(statement(), long, statement()), "--json")
    assert (answer.json[0]["loaded"], answer.json[0]["refused"]) == (2, 1)


async def test_loading_again_changes_nothing(shell: Shell) -> None:
    key = await shell.credential()
    file = shell.file(statement(id=ID), statement())
    await shell("load", "--credential", key, file)
    answer = await shell("load", "--credential", key, file, "--json")
    assert (answer.code, answer.json[0]["loaded"], answer.json[0]["known"]) == (0, 0, 2)
    assert len(await read(shell)) == 2


async def test_an_id_that_is_taken_is_refused(shell: Shell) -> None:
    key = await shell.credential()
    file = shell.file(statement(id=ID), statement(id=ID), statement(id=ID, verb="passed"))
    (told,) = (await shell("load", "--credential", key, file, "--json")).json
    assert (told["loaded"], told["known"], told["refused"]) == (1, 1, 1)
    assert b"statements are immutable" in (shell.folder / told["report"]).read_bytes()


async def test_a_statement_chooses_its_rules(shell: Shell) -> None:
    key = await shell.credential()
    agents = {"contextAgents": [{"objectType": "contextAgent", "agent": account()}]}
    new, old = statement(version="2.0.0", context=agents), statement(version="1.0.3", context=agents)
    (told,) = (await shell("load", "--credential", key, shell.file(new, old, statement(context=agents)), "--json")).json
    assert (told["loaded"], told["refused"]) == (1, 2)
    nameless = shell.file(statement(context=agents), name="2.jsonl")
    (told,) = (await shell("load", "--credential", key, nameless, "--xapi-version", "2.0.0", "--json")).json
    assert told["loaded"] == 1


async def test_missing_data_of_attachments_is_told_of(shell: Shell) -> None:
    key = await shell.credential()
    there = attachment(b"else", fileUrl="http://a.org/x")
    file = shell.file(statement(attachments=[attachment()]), statement(attachments=[there]))
    (told,) = (await shell("load", "--credential", key, file, "--json")).json
    assert (told["loaded"], told["without_data"], told["refused"]) == (2, 1, 0)


async def test_what_came_before_a_break_is_stored(shell: Shell) -> None:
    key = await shell.credential()
    (shell.folder / "cut.json").write_bytes(orjson.dumps([statement(id=ID), statement()])[:-9])
    answer = await shell("load", "--credential", key, "cut.json")
    assert answer.code == 1
    assert answer.err.startswith("lrs: cut.json: the file ends in the middle of its JSON, after 1 statements")
    assert [each["id"] for each in await read(shell)] == [str(ID)]


async def test_a_damaged_file_is_told_of(shell: Shell) -> None:
    key = await shell.credential()
    (shell.folder / "a.gz").write_bytes(gzip.compress(orjson.dumps([statement()]))[:-12])
    answer = await shell("load", "--credential", key, "a.gz")
    assert answer.code == 1
    assert "a.gz: the file cannot be read to its end" in answer.err


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (("statements.jsonl",), 2, "give either --credential KEY or --keep-stored"),
        (("--credential", "nobody", "statements.jsonl"), 1, "there is no credential 'nobody'"),
        (("--credential", "nobody", "nothing.jsonl"), 2, "'nothing.jsonl' does not exist"),
        (("--credential", "KEY", "--store", "other", "statements.jsonl"), 1, "none of the store other"),
        (("--credential", "READER", "statements.jsonl"), 1, "none of the scopes statements/write"),
        (("--credential", "KEY", "--report", "notes", "statements.jsonl"), 1, "notes is there and is no report"),
        (("--credential", "KEY", "csv"), 1, "this is neither JSON Lines nor JSON"),
    ],
)
async def test_what_cannot_be_done_is_told(shell: Shell, words: tuple[str, ...], code: int, error: str) -> None:
    await shell("store", "create", "other")
    keys = {"KEY": await shell.credential(), "READER": await shell.credential("statements/read")}
    shell.file(statement())
    (shell.folder / "notes").write_text("mine")
    (shell.folder / "csv").write_text("actor,verb\n")
    answer = await shell("load", *(keys.get(word, word) for word in words))
    assert answer.code == code
    assert error in answer.err
    assert (shell.folder / "notes").read_text() == "mine"


async def test_revoked_credentials_vouch_for_nothing(shell: Shell) -> None:
    key = await shell.credential()
    await shell("credential", "revoke", key)
    assert "is revoked or expired" in (await shell("load", "--credential", key, shell.file(statement()))).err


async def test_kept_statements_are_as_they_were(shell: Shell) -> None:
    await shell("store", "create", "archive")
    sent = [kept(1, "2020-01-01T00:00:00Z"), kept(2, "2020-01-01T00:00:00Z"), kept(3, "2020-01-01T00:00:01.5+00:00")]
    answer = await shell("load", "--keep-stored", "--store", "archive", shell.file(*sent))
    assert answer.code == 0
    got = await read(shell, "archive")
    assert [each["authority"] for each in got] == [OTHERS] * 3
    assert [each["stored"][19:] for each in got] == [".000000Z", ".000001Z", ".500000Z"]
    found = await shell("export", "statements", "--store", "archive", "--until", "2020-01-01T00:00:01Z")
    assert [each["id"] for each in found.lines] == [each["id"] for each in got[:2]]


async def test_kept_statements_rise_with_stored(shell: Shell) -> None:
    await shell("store", "create", "archive")
    sent = [kept(1, "2021-01-01T00:00:00Z"), kept(2, "2020-01-01T00:00:00Z"), kept(3, "2022-01-01T00:00:00Z")]
    (told,) = (await shell("load", "--keep-stored", "--store", "archive", shell.file(*sent), "--json")).json
    assert (told["loaded"], told["refused"]) == (2, 1)
    assert b"sort the file by stored" in (shell.folder / told["report"]).read_bytes()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"stored": None}, b"no stored"),
        ({"authority": None}, b"no authority"),
        ({"stored": "2999-01-01T00:00:00Z"}, b"lies in the future"),
    ],
)
async def test_kept_statements_need_what_is_kept(shell: Shell, changes: Json, words: bytes) -> None:
    await shell("store", "create", "archive")
    one = {key: value for key, value in {**kept(1, "2020-01-01T00:00:00Z"), **changes}.items() if value is not None}
    await shell("load", "--keep-stored", "--store", "archive", shell.file(one), "--report", "told")
    assert words in (shell.folder / "told").read_bytes()


@pytest.mark.parametrize("other", [("credential", "create"), ("export", "statements")])
async def test_more_may_be_kept_until_something_else_is_stored(shell: Shell, other: tuple[str, ...]) -> None:
    await shell("store", "create", "archive")
    load = ("load", "--keep-stored", "--store", "archive")
    assert (await shell(*load, shell.file(kept(1, "2020-01-01T00:00:00Z")))).code == 0
    assert (await shell(*load, shell.file(kept(2, "2020-01-02T00:00:00Z"), name="2.jsonl"))).code == 0
    assert (await shell("log", "head", "--store", "archive", "--json")).json[0]["floor"].startswith("2020-01-02")
    assert (await shell(*other, "--store", "archive")).code == 0
    answer = await shell(*load, shell.file(kept(3, "2020-01-03T00:00:00Z"), name="3.jsonl"))
    assert answer.code == 1
    assert "the store archive has records of its own" in answer.err


async def test_a_killed_load_goes_on(shell: Shell) -> None:
    """Whatever moment it is killed at, all is stored and counted once, ids that were missing included."""
    key = await shell.credential()
    sent = [statement(actor={"mbox": "ann"}) if number % 700 == 0 else statement() for number in range(1, 6_001)]
    file = shell.file(*sent)
    kills = 0
    while kills < 3 and await killed_at(shell, key, file, 1_000 * (kills + 1)):
        kills += 1
    answer = await shell("load", "--credential", key, file, "--json")
    (told,) = answer.json
    assert kills
    assert (told["loaded"], told["known"], told["refused"]) == (5_992, 0, 8)
    told = [orjson.loads(line) for line in (shell.folder / told["report"]).read_bytes().splitlines()]
    assert [each["line"] for each in told] == list(range(700, 6_000, 700))
    assert len(await read(shell)) == 5_992


async def killed_at(shell: Shell, key: str, file: str, position: int) -> bool:
    """Load in a process that is killed once the log is that long; False if it was done before."""
    code = "from lrs.cli import main; main()"
    command = [sys.executable, "-c", code, "load", "--credential", key, "--database-url", shell.url, file]
    environment = os.environ | {"LRS_PEPPER": PEPPER, "PYTHONPATH": str(tree.ROOT)}
    process = subprocess.Popen(command, cwd=shell.folder, env=environment, stderr=subprocess.DEVNULL)  # noqa: ASYNC220
    try:
        end = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < end:
            if (await shell("log", "head", "--json")).json[0]["position"] > position:
                break
        return process.poll() is None
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


async def test_standard_input_is_loaded(shell: Shell) -> None:
    key = await shell.credential()
    code = "from lrs.cli import main; main()"
    command = [sys.executable, "-c", code, "load", "--credential", key, "--database-url", shell.url, "-"]
    environment = os.environ | {"LRS_PEPPER": PEPPER, "PYTHONPATH": str(tree.ROOT)}
    sent = gzip.compress(orjson.dumps(statement(id=ID)))
    done = subprocess.run(command, cwd=shell.folder, env=environment, input=sent, capture_output=True, check=False)  # noqa: ASYNC221
    assert done.returncode == 0, done.stderr
    assert [each["id"] for each in await read(shell)] == [str(ID)]
