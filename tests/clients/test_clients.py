"""Clients that others made, each in a process of its own, do their round trips against `lrs serve`."""

import functools
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import tree
from tests.conformance import run

SECONDS = 120
JS = Path(__file__).with_name("js")

EVERY = {
    "about": "versions",
    "statements": "saved one, saved under an id, sent again, saved many, read by id",
    "query": "by registration, by agent, by verb, by activity, ascending, more, since",
    "voiding": "voided, gone, read as voided",
    "state": "saved, read, listed, merged, kept from an old ETag, replaced, deleted, emptied",
    "agent profile": "saved, read, listed, merged, kept from an old ETag, replaced, deleted",
    "activity profile": "saved, read, listed, merged, kept from an old ETag, replaced, deleted",
    "agents": "person",
    "activities": "definition",
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Client:
    """Who made it, the versions that it can be told to speak, and the lines that its script is to print."""

    name: str
    versions: tuple[str, ...]
    does: Mapping[str, str]
    script: str = ""

    def __str__(self) -> str:
        return self.name


# It cannot merge, and saves each state twice, so that an ETag which it had is always an old one.
UNMERGED = {
    "state": "saved, read, listed, replaced, deleted, emptied",
    "agent profile": "saved, read, listed, replaced, kept from an old ETag, deleted",
    "activity profile": "saved, read, listed, replaced, kept from an old ETag, deleted",
}
CLIENTS = (
    Client(name="tincan", versions=("1.0.3",), does=EVERY | UNMERGED),
    Client(
        name="xapi.js", versions=("1.0.3", "2.0.0"), does=EVERY | {"attachments": "sent, read"}, script="xapijs.mjs"
    ),
    Client(name="adl-xapiwrapper", versions=("1.0.1", "2.0.0"), does=EVERY, script="adl.mjs"),
)
CASES = [(client, version, name) for client in CLIENTS for version in client.versions for name in client.does]

Tell = Callable[[Client, str], Mapping[str, str]]


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[str, ...]]:
    """The endpoint, key and secret of a server with two workers."""
    with tempfile.TemporaryDirectory(prefix="lrs-clients-") as made:
        folder = Path(made)
        folder.chmod(0o711)  # the database of a server that root started belongs to another user
        with run.served("2.0.0", folder=folder, deadline=time.monotonic() + SECONDS) as place:
            yield place


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scripts in JavaScript, beside the locked packages that they need."""
    for program in ("node", "npm"):
        if not shutil.which(program):
            pytest.skip(f"no {program}: clients in JavaScript are not tried (Debian, Ubuntu: apt install nodejs npm)")
    folder = tmp_path_factory.mktemp("js") / "clients"
    shutil.copytree(JS, folder)
    done = subprocess.run(
        ["npm", "ci", "--loglevel=error"], cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    if done.returncode:
        pytest.skip(f"npm could not install the clients in JavaScript: {done.stderr.strip()}")
    return folder


@pytest.fixture(scope="module")
def told(served: tuple[str, ...], request: pytest.FixtureRequest) -> Tell:
    """What a client told of each resource; its script is run once for each version."""

    @functools.cache
    def tell(client: Client, version: str) -> Mapping[str, str]:
        command, folder = [sys.executable, "-m", "tests.clients.rustici"], tree.ROOT
        if client.script:
            command, folder = ["node", client.script], request.getfixturevalue("scripts")
        command += [*served, version]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False)
        print(done.stdout, done.stderr, sep="\n")
        return dict(re.findall(r"^([a-z ]+): (.+)$", done.stdout, re.M))

    return tell


@pytest.mark.parametrize(("client", "version", "resource"), CASES, ids=str)
def test_client_makes_the_round_trip(told: Tell, client: Client, version: str, resource: str) -> None:
    assert told(client, version).get(resource) == client.does[resource]


@pytest.mark.parametrize(
    ("client", "version"), [(each, version) for each in CLIENTS for version in each.versions], ids=str
)
def test_client_tells_of_nothing_else(told: Tell, client: Client, version: str) -> None:
    assert told(client, version).keys() == client.does.keys()


@pytest.mark.parametrize("title", ["TinCan for Python", "xAPI.js", "ADL's wrapper for Node.js"])
def test_example_of_the_page_works(
    title: str, served: tuple[str, ...], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    endpoint, key, secret = served
    page = (tree.ROOT / "docs/clients.md").read_text(encoding="utf-8")
    language, example = re.findall(r"```(\w+)\n(.+?)```", page.partition(f"## {title}\n")[2], re.S)[0]
    for word, own in {
        "http://127.0.0.1:8080/xAPI/": f"{endpoint}/",
        '"KEY"': f'"{key}"',
        '"SECRET"': f'"{secret}"',
    }.items():
        assert word in example
        example = example.replace(word, own)
    program, folder = (
        (sys.executable, tmp_path) if language == "python" else ("node", request.getfixturevalue("scripts"))
    )
    (folder / "example.mjs").write_text(example, encoding="utf-8")
    done = subprocess.run([program, "example.mjs"], cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert re.fullmatch(r"[0-9a-f-]{36}\n", done.stdout), done.stderr


def test_packages_are_locked_and_name_no_host() -> None:
    lock = (JS / "package-lock.json").read_text(encoding="utf-8")
    assert "://" not in lock
    assert lock.count('"integrity": "sha512-') == lock.count('"node_modules/')
