"""S-03: whatever is sent, no 5xx and no hang, and what was stored by it can be read."""

import asyncio
import resource
import sys
from collections import Counter
from typing import Final

from tests.guarantees import hostile, rows, served
from tests.guarantees.grammar_requests import Grammar
from tests.guarantees.hostile_readers import Readers
from tests.guarantees.hostile_wire import Broken, Reply, send
from tests.guarantees.rows import Outcome, Trial

AT_ONCE: Final = 8
LARGEST: Final = 200_000
TOLD: Final = 5
PATIENCE: Final = 100
# What does not come whole is given up at once.
SETTINGS: Final[dict[str, object]] = {"body_grace_seconds": 0.2, "header_seconds": 0.2, "body_rate": 10**9}


@rows.row("S-03", "0 x 5xx, 0 hangs, 0 out of step, 0 unreadable, in loops requests", loops=20_000, short=400)
async def grammar(trial: Trial) -> Outcome:
    """Some requests at once; each that fails is made shorter and told."""
    wires = [wire for wire in (each.wire() for each in hostile.every()) if len(wire) < LARGEST]
    words = Grammar(trial.dice, wires)
    statuses: Counter[str] = Counter()
    faults: list[str] = []
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    async with served.server(trial.folder, **{**hostile.SETTINGS, **SETTINGS}) as (client, core):
        for _ in range(-(-trial.loops // AT_ONCE)):
            sent = [words.request() for _ in range(AT_ONCE)]
            for wire, (status, wrong) in zip(
                sent, await asyncio.gather(*(attempt(client.port, each) for each in sent)), strict=True
            ):
                statuses[status] += 1
                if wrong and len(faults) < TOLD:
                    faults.append(f"{wrong}: {await shortest(client.port, wire)!r}, of {wire[:2_000]!r}")
        unread = await Readers(client.port, core).end(known=False)
    figure = {
        "requests": statuses.total(),
        "statuses": dict(sorted(statuses.items())),
        "faults": [*faults, *unread],
        "grown_kib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before if sys.platform == "linux" else None,
    }
    return Outcome(figure=figure, held=not faults and not unread)


async def attempt(port: int, wire: bytes) -> tuple[str, str]:
    """What was answered, and what is wrong with it."""
    try:
        reply = await send(port, wire)
    except Broken as error:
        return "broken", str(error)
    return ("closed", "") if reply is None else (str(reply.status), _wrong(reply))


def _wrong(reply: Reply) -> str:
    if reply.status >= 500:
        return f"{reply.status} {reply.body[:300]!r}"
    if reply.seconds > hostile.SLOW:
        return f"{reply.seconds:.1f} s"
    if reply.header("X-Injected"):
        return "a header was injected"
    return ""


async def shortest(port: int, wire: bytes) -> bytes:
    """The request without what it fails without."""
    size, runs = max(1, len(wire) // 2), 0
    while size and runs < PATIENCE:
        for start in range(0, len(wire), size):
            shorter = wire[:start] + wire[start + size :]
            runs += 1
            # Of nothing, no answer is the right one.
            if shorter.strip() and runs < PATIENCE and (await attempt(port, shorter))[1]:
                wire = shorter
                break
        else:
            size //= 2
    return wire
