"""W-04 for other LRSs: whoever forwards and pulls is killed at random, and every statement is there, once, in order."""

import asyncio
import subprocess
from typing import Any, Final
from uuid import UUID

from lrs import main
from lrs.auth import scopes
from lrs.auth.issuing import Issued
from lrs.log.store import Store
from lrs.recording import stores as recorded_stores
from tests.guarantees import processes, rows, served
from tests.guarantees.dispatching import ALLOWED
from tests.guarantees.hooking import LEASE_SECONDS, tell
from tests.guarantees.projecting import end
from tests.guarantees.rows import Outcome, Trial

SECRET: Final = "of the other LRS"
DRAIN_SECONDS: Final = 120.0
STORES: Final = ("there", "back")


async def exchanger(dsn: str, chance: float = 0.0) -> subprocess.Popen[bytes]:
    """A process that forwards and pulls; by that chance it dies before a checkpoint moves."""
    return await processes.at_work("tests.guarantees.exchanging", dsn, LEASE_SECONDS, chance)


async def connected(core: main.Core, port: int) -> tuple[Store, Store, Store]:
    """Store `default`, forwarded to store `there`, from which store `back` pulls."""
    here = await main.default_store(core)
    there, back = [await recorded_stores.create(core.log, core.stores, name) for name in STORES]
    for store in (there, back):
        await core.issuing.issue(store.id, name="", scopes=scopes.EVERY, given=Issued(key=store.name, secret=SECRET))
    other: dict[str, Any] = {"url": f"http://127.0.0.1:{port}/xAPI", "key": "there"}
    hooks, secrets = core.hooks.registry, {"secret": SECRET}
    await hooks.create(here.id, "forward", "forward", {**other, "batch": 7}, secrets=secrets, start=0)
    pull = {**other, "credential": "back", "limit": 9, "interval": 1}
    await hooks.create(back.id, "pull", "pull", pull, secrets=secrets)
    return here, there, back


async def subjects(core: main.Core, store: Store) -> list[UUID]:
    """The statements of a store in the order of its log."""
    query = "select subject from log.events where store = $1 and kind = 1 order by position"
    return [row["subject"] for row in await core.reads.fetch(query, store.id)]


@rows.row("W-04F", "0 missing, 0 double, 0 reordered in the LRS forwarded to; 0 missing, 0 double pulled back",
          loops=200, short=2)  # fmt: skip
async def exchanger_killed(trial: Trial) -> Outcome:
    by_itself = sent = 0
    async with served.server(trial.folder, hook_allow=ALLOWED) as (client, core):
        here, there, back = await connected(core, client.port)
        for loop in range(trial.loops):
            process = await exchanger(core.dsn, chance=0.0 if loop % 2 else 0.1)
            telling = asyncio.ensure_future(tell(client, trial.dice, trial.dice.randint(20, 80)))
            await asyncio.sleep(trial.dice.uniform(0.2, 2.0))
            by_itself += process.poll() is not None
            end(process)
            sent += await telling
        process = await exchanger(core.dsn)
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                while len(await subjects(core, back)) < sent:  # noqa: ASYNC110 - another process
                    await asyncio.sleep(0.2)
        except TimeoutError:
            pass
        finally:
            end(process)
        sources, forwarded, pulled = [await subjects(core, store) for store in (here, there, back)]
    figure = {
        "kills": trial.loops,
        "between_effect_and_checkpoint": by_itself,
        "statements": len(sources),
        "missing_there": len(set(sources) - set(forwarded)),
        "double_there": len(forwarded) - len(set(forwarded)),
        "in_order": forwarded == sources,
        "missing_back": len(set(sources) - set(pulled)),
        "double_back": len(pulled) - len(set(pulled)),
    }
    return Outcome(figure=figure, held=forwarded == sources and sorted(pulled) == sorted(sources) and sent > 0)
