"""P-10: what facts and projections hold depends on the log alone, and not on the machine that computes them."""

import asyncio
import itertools
import locale
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import asyncpg
import orjson

from lrs import main
from lrs.config import Settings
from lrs.log.stores import Stores
from lrs.storage import pool as storage
from projections.analytic import digests as of
from projections.analytic.building import Building
from projections.analytic.running import Running
from tests.guarantees import ground, rows
from tests.guarantees.ground import Ground
from tests.guarantees.rows import Outcome, Trial
from tests.guarantees.sites import TREE

HASH_SEEDS: Final = ("0", "1", "4294967295")
ZONES: Final = ("UTC", "Asia/Kathmandu", "America/Los_Angeles")
LANGUAGES: Final = ("C.UTF-8", "tr_TR.UTF-8", "C")
STATEMENTS: Final = 9_000


def combinations() -> Sequence[Mapping[str, str]]:
    """Every mix of hash seed, time zone and language; the first three differ in everything."""
    every = [
        {"PYTHONHASHSEED": seed, "TZ": zone, "LANG": language, "LC_ALL": language}
        for seed, zone, language in itertools.product(HASH_SEEDS, ZONES, LANGUAGES)
    ]
    diagonal = [every[0], every[13], every[26]]
    return [*diagonal, *(each for each in every if each not in diagonal)]


async def built(site: Ground, surroundings: Mapping[str, str]) -> tuple[str, ...]:
    """The digests of all that a process in these surroundings builds anew."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.guarantees.surroundings", str(site.data), cwd=TREE,
        env={**os.environ, **surroundings}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"a rebuild ended with {process.returncode} in {surroundings}")
    told = orjson.loads(out)
    assert {name: told[name] for name in surroundings} == dict(surroundings)
    return tuple(told["digests"])


def languages() -> list[str]:
    """Those of the languages that this machine has: the others are set all the same, and mean C."""
    found = []
    before = locale.setlocale(locale.LC_ALL)
    for each in LANGUAGES:
        try:
            locale.setlocale(locale.LC_ALL, each)
            found.append(each)
        except locale.Error:
            continue
    locale.setlocale(locale.LC_ALL, before)
    return found


@rows.row("P-10", "the same digests in whatever surroundings they are built", loops=27, short=3)
async def surroundings_do_not_matter(trial: Trial) -> Outcome:
    async with ground.standing(trial.folder, trial.seed) as site:
        await site.apply(5)
        await site.tell(STATEMENTS if trial.loops > 3 else 300)
        await site.apply()
        await site.settle()
        live = tuple(await digests(site.where.owner_dsn))
        seen = [await built(site, each) for each in combinations()[: trial.loops]]
        different = sum(each != live for each in seen)
        figure = {
            "rebuilds": len(seen), "different": different, "digests": len(live), "events": site.told,
            "rows": await site.rows(), "languages": languages(),
        }  # fmt: skip
        return Outcome(figure=figure, held=not different and len(seen) == trial.loops and await site.rows() > 0)


async def digests(owner_dsn: str) -> list[str]:
    """The digests of facts and of each projection, in the order of their names."""
    connection = await asyncpg.connect(owner_dsn)
    try:
        own = {each.name: of.of_projection(each) for each in main.projections()}
        tables = {"facts": of.OF_FACTS, **own}
        return [await of.digest(connection, name, columns) for name, columns in sorted(tables.items())]
    finally:
        await connection.close()


async def build(data: Path) -> list[str]:
    """Build all anew, have it in place of what is live, and tell its digests."""
    with main.database(Settings(data_dir=data)) as where:
        pool = await storage.open(where.dsn, size=6, statement_seconds=60)
        try:
            stores = Stores(pool)
            await Building(where.owner_dsn, pool, stores, main.projections(), "facts").switch()
            await Running(pool, stores, main.projections(), holder=f"built {os.getpid()}").settle()
            return await digests(where.owner_dsn)
        finally:
            pool.terminate()


if __name__ == "__main__":
    made = asyncio.run(build(Path(sys.argv[1])))
    told = {name: os.environ.get(name) for name in ("PYTHONHASHSEED", "TZ", "LANG", "LC_ALL")}
    sys.stdout.buffer.write(orjson.dumps({**told, "digests": made}))
