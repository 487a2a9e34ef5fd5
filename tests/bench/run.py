"""The benchmark: `make bench`, or `python -m tests.bench.run`.

One server on a temporary data directory takes statements, then holds a million, is read, and takes documents; another
answers questions about a simulated district. See report.py for what stands beside each figure and why.
"""

import argparse
import asyncio
import json
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

import asyncpg

from lrs import main as server
from lrs.config import Settings
from tests import tree
from tests.bench import client, leaving, machine, report, servers
from tests.bench.analytics import Analytics
from tests.bench.copying import TABLES, Copies
from tests.bench.documents import Documents
from tests.bench.figures import Figure
from tests.bench.generator import Generator
from tests.bench.ingest import Ingest, posting
from tests.bench.reads import Reads

PARTS: Final = ("ingest", "reads", "documents", "analytics", "leaving")
LOADED: Final = 500
LOADERS: Final = 4
STEP: Final = 100


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a run is asked for."""

    parts: Sequence[str]
    statements: int
    rounds: int
    scale: float
    reads: int
    seed: int
    workers: int
    district: float


async def run(asked: Asked) -> dict[str, Any]:
    """All parts that were asked for; the report."""
    began = datetime.now(UTC)
    with (
        tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder,
        servers.lrs(Path(folder) / "var", asked.workers) as lrs,
        servers.handler(asked.workers) as handler,
    ):
        connection = await asyncpg.connect(lrs.owner_dsn)
        meta = await machine.described(connection, Path(folder))
        figures = await _measure(asked, connection, lrs, handler)
        await connection.close()
    if "analytics" in asked.parts:
        figures += await asyncio.to_thread(_analytics, asked)
    meta |= {"time": began.isoformat(timespec="seconds"), "asked": vars(asked)}
    meta["machine"]["load after"] = round(os.getloadavg()[0], 2)
    return report.fields(meta, figures)


async def _measure(
    asked: Asked, connection: "asyncpg.Connection[asyncpg.Record]", lrs: servers.Server, handler: servers.Server
) -> list[Figure]:
    store = await connection.fetchval("select id from log.stores where name = $1", server.DEFAULT_STORE)
    generator = Generator(asked.seed)
    figures: list[Figure] = []
    if "ingest" in asked.parts:
        ingest = Ingest(lrs, handler, Copies(connection, store), generator, asked.scale)
        await ingest.warm_up()
        for number in range(asked.rounds):
            _say(f"ingest, round {number + 1} of {asked.rounds}")
            await ingest.round(number)
        figures += [seen.figures() for seen in ingest.seen]
    if "documents" in asked.parts:
        documents = Documents(lrs, handler, int(400 * asked.scale))
        for number in range(asked.rounds):
            _say(f"documents, round {number + 1} of {asked.rounds}")
            documents.round(number)
        figures += [case.figure() for case in documents.cases]
    if "leaving" in asked.parts:
        figures += _leaving(asked, lrs, generator)
    if "reads" in asked.parts:
        await _load(connection, store, lrs, generator, asked.statements)
        reads = Reads(lrs, connection, store, asked.reads)
        _say("choosing keys, following `more`")
        await reads.prepare()
        for number in range(asked.rounds):
            _say(f"reads, round {number + 1} of {asked.rounds}")
            reads.round()
        figures += [query.figure() for query in reads.queries]
    return figures


def _leaving(asked: Asked, lrs: servers.Server, generator: Generator) -> list[Figure]:
    """Every way out of the record."""
    setting = leaving.Setting(lrs=lrs, generator=generator, rounds=asked.rounds, scale=asked.scale)
    figures = []
    for way in leaving.WAYS:
        _say(f"leaving: {way.__name__}")
        figures += list(way(setting))
    return figures


def _analytics(asked: Asked) -> list[Figure]:
    """In a record of its own: the simulated district."""
    figures = []
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder:
        _say(f"analytics, a district of scale {asked.district:g}")
        part = Analytics(
            Path(folder), scale=asked.district, seed=asked.seed, rounds=min(3, asked.rounds), asked=asked.reads // 2
        )
        for figure in part.figures():
            _say(f"{figure.name}: {figure.rate:,.1f} {figure.unit}, median {figure.median:.1f} ms")
            figures.append(figure)
    return figures


async def _load(
    connection: "asyncpg.Connection[asyncpg.Record]",
    store: int,
    lrs: servers.Server,
    generator: Generator,
    statements: int,
) -> None:
    """Have so many statements stored, through POST, and the planner told of them."""
    await connection.execute("drop schema if exists bench cascade")
    stored = await connection.fetchval("select position from log.heads where store = $1", store)
    wanted = max(0, -(-(statements - stored) // LOADED))
    begun = time.monotonic()
    for done in range(0, wanted, STEP):
        client.run(lrs.port, list(islice(posting(generator, LOADED), min(STEP, wanted - done))), LOADERS)
        loaded = min(done + STEP, wanted) * LOADED
        rate = loaded / (time.monotonic() - begun)
        _say(f"loading, {loaded + stored:,} of {statements:,} ({rate:,.0f}/s with making them)")
    await connection.execute("; ".join(f"analyze {table}" for table in TABLES))


def _say(words: str) -> None:
    print(f"{datetime.now(UTC):%H:%M:%S} {words}", flush=True)


def main() -> None:
    """Run, write the report, print it."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.run", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few minutes: 100,000 statements, shorter rounds")
    parser.add_argument("--statements", type=int, help="held while it is read (1,000,000)")
    parser.add_argument("--district", type=float, help="scale of the simulated district (10)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=server.workers(Settings()))
    parser.add_argument("--parts", default=",".join(PARTS), help=f"some of {','.join(PARTS)}")
    parser.add_argument("--base", type=Path, help="JSON of an earlier run to compare with")
    parser.add_argument("--reports", type=Path, default=tree.ROOT / "reports", help="where the report is written")
    given = parser.parse_args()
    earlier = json.loads(given.base.read_text(encoding="utf-8")) if given.base else None
    asked = Asked(
        parts=given.parts.split(","),
        statements=given.statements or (100_000 if given.quick else 1_000_000),
        rounds=given.rounds,
        scale=0.25 if given.quick else 1.0,
        reads=50 if given.quick else 200,
        seed=given.seed,
        workers=given.workers,
        district=given.district or (1.0 if given.quick else 10.0),
    )
    # Servers and commands are measured as they are installed: compiled.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    made = asyncio.run(run(asked))
    stem = f"bench-{made['time'][:19].replace(':', '')}-{made['revision']}"
    files = report.write(given.reports, stem, made, earlier)
    print(files[1].read_text(encoding="utf-8"))
    print("\n".join(map(str, files)))


if __name__ == "__main__":
    main()
