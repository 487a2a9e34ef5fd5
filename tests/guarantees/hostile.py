"""S-01 and S-02: every hostile input gets the status that the standard or a documented limit gives, and what was
accepted harms no reader.
"""

import importlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from tests.guarantees import hostile_limits, hostile_log, rows, served
from tests.guarantees.hostile_inputs import CLOSED, Input
from tests.guarantees.hostile_readers import Poisoned, Readers
from tests.guarantees.hostile_wire import Broken, Reply, send
from tests.guarantees.rows import Outcome, Trial
from tests.serving import Client

SLOW: Final = 2.0
TOLD_FAULTS: Final = 40
TABLES: Final = (
    "framing.INPUTS", "headers.INPUTS", "headers.CREDENTIALS", "query.INPUTS", "json.INPUTS", "statements.INPUTS",
    "multipart.INPUTS", "multipart.SIGNATURES", "documents.INPUTS", "alternate.INPUTS", "alternate.ORIGIN_INPUTS",
    "limits.INPUTS",
)  # fmt: skip
SETTINGS: Final[dict[str, object]] = {
    "body_grace_seconds": 0.3,
    "header_seconds": 0.5,
    "sign_in_failures": 0,
    "cors_origins": ("https://lms.example.org",),
    "access_log": True,
}
TOLD: Final = (b"Traceback", b"asyncpg", b"aiohttp", b".py", b"PostgreSQL", b"site-packages", b"msgspec", b"jiter")


@rows.row(
    "S-01",
    "0 x 5xx, 0 > 2 s, all statuses as expected, 0 readers harmed (S-02); a loop is the table",
    loops=1,
    short=1,
)
async def hostile(trial: Trial) -> Outcome:
    """Every input of every table, and after each that was accepted everything that reads."""
    inputs = list(every())
    settings = {**SETTINGS, **hostile_limits.SETTINGS}
    async with served.server(trial.folder, **settings) as (client, core):
        readers = Readers(client.port, core)
        with hostile_log.listening() as log:
            tried = [await attempt(each, client, readers) for _ in range(trial.loops) for each in inputs]
        ended = await readers.end()
    faults = [*(fault for _, wrong in tried for fault in wrong), *ended, *log.faults]
    slowest, which = max(
        zip((seconds for seconds, _ in tried), (each.name for each in inputs * trial.loops), strict=True)
    )
    figure = {
        "inputs": len(inputs),
        "groups": dict(sorted(Counter(each.group for each in inputs).items())),
        "read_again": readers.followed,
        "lines_logged": log.lines,
        "faults": len(faults),
        "first_faults": faults[:TOLD_FAULTS],
        "slowest": round(slowest, 3),
        "slowest_input": which,
    }
    return Outcome(figure=figure, held=not faults)


def every() -> Iterator[Input]:
    """The whole table."""
    for name in TABLES:
        module, _, attribute = name.partition(".")
        yield from getattr(importlib.import_module(f"tests.guarantees.hostile_{module}"), attribute)


async def attempt(each: Input, client: Client, readers: Readers) -> tuple[float, list[str]]:
    """How long the answer to an input took, and what is wrong with it and with what it left behind."""
    name = f"{each.group}: {each.name}"
    try:
        reply = await send(client.port, each.wire(), ends=each.ends)
    except Broken as error:
        return 0.0, [f"{name}: {error}"]
    if reply is None:
        return 0.0, [] if CLOSED in each.expected else [f"{name}: closed without an answer"]
    if reply.seconds > SLOW and (second := await send(client.port, each.wire(), ends=each.ends)):
        # Slow is what is slow each time, and not when others have the processor.
        reply = replace(reply, seconds=min(reply.seconds, second.seconds))
    wrong = [*_wrong(each, reply), *await harmed(each, reply, readers)]
    return reply.seconds, [f"{name}: {what}" for what in wrong]


def _wrong(each: Input, reply: Reply) -> Iterator[str]:
    if reply.status not in each.expected:
        yield f"{reply.status} in place of {sorted(each.expected)}: {reply.body[:300]!r}"
    if reply.seconds > SLOW:
        yield f"{reply.seconds:.1f} s"
    if not reply.in_step:
        yield "the next request on the connection did not get its own answer"
    if is_xapi(each.wire()) and reply.header("X-Experience-API-Version") not in (["1.0.3"], ["2.0.0"]):
        yield f"version header {reply.header('X-Experience-API-Version')}"
    if len(reply.header("Date")) != 1:
        yield f"Date {reply.header('Date')}"
    if reply.header("X-Injected"):
        yield "a header was injected"
    if reply.status >= 400 and (told := [word for word in TOLD if word in reply.body]):
        yield f"tells of its inside: {told}"


def is_xapi(wire: bytes) -> bool:
    """Whether the request is for the standard's part of the server; what is no request counts as such."""
    target = [*wire.split(b" ", 2), b""][1]
    return not target.startswith((b"//", b"/xapi", b"/health", b"*", b"xAPI", b"\\")) and not wire.startswith(
        b"CONNECT"
    )


async def harmed(each: Input, reply: Reply, readers: Readers) -> list[str]:
    """What cannot be read any more after an input that was accepted."""
    try:
        await readers.follow(each, reply)
    except (Poisoned, Broken) as error:
        return [f"S-02: {error}"]
    return []
