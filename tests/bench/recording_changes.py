"""What recording changed rows costs: rounds of a projector over a simulated district, where somebody wants them
and where nobody does; every row is new, which is the most that there can be to record.

python -m tests.bench.recording_changes [ROUNDS]
"""

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

from lrs import main
from lrs.storage import pool as storage
from projections.analytic import changes
from tests.guarantees import ground
from tests.guarantees.ground import Ground

STATEMENTS = 3_000


async def measure(rounds: int) -> None:
    """Print rows a second of rounds that compute every key anew, from nothing, in turn without and with recording."""
    with tempfile.TemporaryDirectory(prefix="lrs-bench-") as folder:
        async with ground.standing(Path(folder), 7) as site:
            await site.apply()
            await site.tell(STATEMENTS)
            await site.settle()
            found: dict[bool, list[float]] = {False: [], True: []}
            for number in range(2 * rounds):
                is_wanted = bool(number % 2)
                found[is_wanted].append(await _filled(site, is_wanted=is_wanted))
            count = await site.value("select count(*) from changes.rows")
            for is_wanted, rates in found.items():
                print(f"{'with' if is_wanted else 'without'} recording: {statistics.median(rates):,.0f} rows/s {rates}")
            print(f"changes of the last round: {count}")


async def _filled(site: Ground, *, is_wanted: bool) -> float:
    """Rows a second of filling all tables anew."""
    for each in main.projections():
        for table in each.tables:
            await site.value(f"delete from {each.name}.{table.name}")  # noqa: S608
        await site.value("delete from facts.marks where target = $1", each.name)
    await site.value("delete from changes.rows")
    await site.value("delete from changes.heads")
    async with storage.transaction(site.world.pool) as tx:
        for each in main.projections():
            if is_wanted:
                await changes.want(tx, site.world.store.id, each.name)
            await tx.execute(
                "insert into facts.marks values ($1, $2, 1, '{**}', '{1}')",
                site.world.store.id,
                each.name,
            )
    running = site.running()
    begun = time.perf_counter()
    for projector in running.projectors:
        await projector.drain()
    seconds = time.perf_counter() - begun
    return round(await site.rows() / seconds)


if __name__ == "__main__":
    asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 3))
