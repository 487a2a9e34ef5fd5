"""W-03: one of 20 webhooks never answers, and the others get their events as soon as they do without it."""

import time
from collections.abc import Sequence
from typing import Final

from tests.guarantees import checker, ground, rows
from tests.guarantees.ground import Ground
from tests.guarantees.rows import Outcome, Trial
from tests.hooks import sinks
from tests.hooks.sinks import Sink, hang
from tests.world import statement

OTHERS: Final = 19
AT_ONCE: Final = 5
ONLY: Final = {"kinds": ["StatementStored"]}
MOST: Final = 1.2


async def arriving(site: Ground, sink: Sink) -> list[float]:
    """How long each message to each of the others took, from before its statement was sent."""
    had, begun = len(sink.got), time.monotonic()
    await site.world.send(*(statement() for _ in range(AT_ONCE)))
    await sink.has(had + OTHERS * AT_ONCE, seconds=60)
    return [got.at - begun for got in sink.got[had:]]


def p99(seconds: Sequence[float]) -> float:
    """The 99th of a hundred."""
    return sorted(seconds)[int(len(seconds) * 0.99)]


@rows.row("W-03", "p99 of the other 19 webhooks at most 1.2 times that without the dead one", loops=200, short=0)
async def one_is_dead(trial: Trial) -> Outcome:
    """In turns, so that whatever else the machine does slows both alike."""
    alone: list[float] = []
    beside: list[float] = []
    async with ground.standing(trial.folder, trial.seed) as site, sinks.sink() as sink, sinks.raw(hang) as dead:
        there = sinks.hooked(site.world)
        for number in range(OTHERS):
            await there.webhook(f"{sink.url}/{number}", name=f"hook {number}", filter=ONLY)
        made = await there.webhook(dead.url, name="dead", filter=ONLY)
        async with there.carrying() as outside:
            await outside.refresh()
            await arriving(site, sink)
            for loop in range(trial.loops):
                is_beside = loop % 2 == 1
                hook = await there.hook(made)
                await (there.hooks.enable(hook) if is_beside else there.hooks.disable(hook))
                await outside.refresh()
                (beside if is_beside else alone).extend(await arriving(site, sink))
    ratio = p99(beside) / p99(alone)
    figure = {
        "alone": checker.quantiles(alone),
        "beside": checker.quantiles(beside),
        "ratio_of_p99": round(ratio, 3),
        "requests_to_the_dead": dead.connections,
        "messages": len(alone) + len(beside),
    }
    return Outcome(figure=figure, held=ratio <= MOST and dead.connections > 0)
