"""S-02: after an input that was accepted, everything that reads still does, and gives back what was sent."""

import asyncio
import functools
import json
import os
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from lrs import main
from tests.factories import ID
from tests.guarantees.hostile_inputs import STATEMENTS, Input
from tests.guarantees.hostile_wire import Broken, Reply, request, send

TREE: Final = Path(__file__).parents[2]
FORMATS: Final = ("exact", "ids", "canonical")
DOCUMENTS: Final = ("/xAPI/activities/state", "/xAPI/activities/profile", "/xAPI/agents/profile")
VOIDED: Final = "http://adlnet.gov/expapi/verbs/voided"
IDENTIFIERS: Final = ("mbox", "mbox_sha1sum", "openid", "account")
VERSIONS: Final = ("1.0.3", "2.0.0")
# Python reads no integer of more than 4,300 digits.
loads: Final = functools.partial(json.loads, parse_int=str, parse_float=str)


class Poisoned(Exception):
    """Something that was accepted cannot be read."""


class Readers:
    """Reads in every way there is; `followed` counts what was read again."""

    def __init__(self, port: int, core: main.Core) -> None:
        self.followed = 0
        self._port = port
        self._core = core
        self._stored: set[str] = set()

    async def follow(self, each: Input, reply: Reply) -> None:
        """Read what an accepted input wrote; Poisoned says what fails."""
        wire = each.wire() if reply.status in (200, 204) else b""
        method, _, rest = wire.partition(b" ")
        target = rest.partition(b" ")[0].decode("utf-8", "surrogateescape")
        path = target.partition("?")[0]
        if "method=" in target and reply.status == 204:
            self._stored.add(str(ID))  # what the alternate syntax puts, and other documents
        elif method == b"POST" and path == STATEMENTS and reply.status == 200:
            written = loads(reply.body)
            if isinstance(written, list):  # by alternate syntax it may have been a GET
                await self.statements(written)
        elif method == b"PUT" and path == STATEMENTS and reply.status == 204:
            await self.statements([target.partition("statementId=")[2][:36]])
        elif method in (b"PUT", b"POST") and path in DOCUMENTS and reply.status == 204:
            await self._document(target)

    async def statements(self, ids: list[str]) -> None:
        """Every way to statements just stored."""
        self.followed += 1
        for id in (ids[:1] + ids[-1:])[: len(ids)]:
            await self._statement(id)
        self._stored |= {id.lower() for id in ids}
        for number, form in enumerate(FORMATS, self.followed):
            await self._json("GET", f"{STATEMENTS}?limit=1&format={form}", version=VERSIONS[number % 2])
        await self._attached(f"{STATEMENTS}?limit=1&attachments=true")
        page = await self._json("GET", f"{STATEMENTS}?limit=1")
        if page["more"]:
            await self._json("GET", page["more"])

    async def _statement(self, id: str) -> None:
        await self._one(f"{id}&format=ids")
        await self._one(f"{id}&format=canonical")
        whole = await self._one(f"{id}&format=exact")
        await self._attached(f"{STATEMENTS}?statementId={id}&attachments=true", missing=True)
        await self._named(whole)

    async def _one(self, query: str) -> dict[str, Any]:
        reply = await self._send("GET", f"{STATEMENTS}?statementId={query}")
        if reply.status == 404:
            reply = await self._send("GET", f"{STATEMENTS}?voidedStatementId={query}")
        if reply.status != 200:
            raise Poisoned(f"GET {query}: {reply.status} {reply.body[:200]!r}")
        one: dict[str, Any] = loads(reply.body)
        return one

    async def _named(self, whole: Mapping[str, Any]) -> None:
        """The activity and the actor of a statement, asked for by what it says of them."""
        target = whole["object"]
        if target.get("objectType", "Activity") == "Activity":
            await self._json("GET", f"/xAPI/activities?activityId={quote(target['id'], safe='')}", short=True)
        actor = {key: value for key, value in whole["actor"].items() if key in IDENTIFIERS}
        if actor:
            agent = quote(json.dumps(actor), safe="")
            await self._json("GET", f"/xAPI/agents?agent={agent}", short=True)
            await self._json("GET", f"{STATEMENTS}?related_agents=true&limit=1&agent={agent}", short=True)

    async def _document(self, target: str) -> None:
        self.followed += 1
        reply = await self._send("GET", target)
        if reply.status != 200 or len(reply.header("etag")) != 1:
            raise Poisoned(f"GET {target[:200]}: {reply.status}")
        await self._json("GET", _listing(target))

    async def _attached(self, target: str, *, missing: bool = False) -> None:
        reply = await self._send("GET", target)
        if missing and reply.status == 404:
            return  # a voided one
        boundary = "".join(reply.header("content-type")).partition("boundary=")[2].encode()
        if reply.status != 200 or not boundary:
            raise Poisoned(f"GET {target}: {reply.status}")
        first, *others = reply.body.split(b"--" + boundary)[1:-1]
        loads(first.partition(b"\r\n\r\n")[2])
        for part in others:
            names = [line.partition(b":")[0].lower() for line in part.partition(b"\r\n\r\n")[0].split(b"\r\n") if line]
            if sorted(names) != [b"content-transfer-encoding", b"content-type", b"x-experience-api-hash"]:
                raise Poisoned(f"a part with the headers {names}")

    async def end(self, *, known: bool = True) -> list[str]:
        """What is wrong when all is read once more: page by page, and as the export does; `known` by its ids."""
        try:
            paged = [each async for each in self._pages()]
            exported = await self._export()
        except (Poisoned, Broken, ValueError) as error:
            return [f"S-02 at the end: {error!r}"]
        if known and not exported <= self._stored:
            return [f"S-02 at the end: {len(exported - self._stored)} statements that nobody knows of were exported"]
        if not len(paged) == len(set(paged)) == len(exported):
            return [f"S-02 at the end: {len(paged)} paged, {len(exported)} exported"]
        return []

    async def _pages(self) -> AsyncIterator[str]:
        target = f"{STATEMENTS}?limit=50&format=canonical"
        while target:
            page = await self._json("GET", target)
            for each in page["statements"]:
                yield each["id"].lower()
            target = page["more"]

    async def _export(self) -> set[str]:
        """The ids of all lines that `lrs export statements` writes."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", "from lrs.cli import main; main()", "export", "statements"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "LRS_DATABASE_URL": self._core.dsn, "LRS_PEPPER": "of the tests"},
            cwd=TREE,
        )
        out, err = await process.communicate()
        if process.returncode:
            raise Poisoned(f"export: {err[-500:]!r}")
        return {loads(line)["id"].lower() for line in out.split(b"\n") if line}

    async def _json(self, method: str, target: str, *, version: str = "2.0.0", short: bool = False) -> Any:
        if short and len(target) > 8_000:
            return None
        reply = await self._send(method, target, version=version)
        if reply.status != 200:
            raise Poisoned(f"{method} {target[:200]}: {reply.status} {reply.body[:200]!r}")
        try:
            return loads(reply.body)
        except ValueError as error:
            raise Poisoned(f"{method} {target[:200]}: no JSON: {error}") from error

    async def _send(self, method: str, target: str, *, version: str = "2.0.0") -> Reply:
        wire = request(method, "TARGET", version=version).replace(
            b"TARGET", target.encode("utf-8", "surrogateescape"), 1
        )
        reply = await send(self._port, wire)
        if reply is None:
            raise Poisoned(f"{method} {target[:200]}: closed without an answer")
        if reply.status >= 500:
            raise Poisoned(f"{method} {target[:200]}: {reply.status}")
        return reply


def _listing(target: str) -> str:
    path, _, query = target.partition("?")
    return path + "?" + "&".join(_others(query))


def _others(query: str) -> Iterator[str]:
    for pair in query.split("&"):
        if pair.partition("=")[0] not in ("stateId", "profileId"):
            yield pair
