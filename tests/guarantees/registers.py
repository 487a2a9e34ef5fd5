"""C-01 to C-05: documents as registers, many clients at once, with and without kills."""

import asyncio
import contextlib
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final
from urllib.parse import urlencode

from tests.guarantees import processes, rows, sites
from tests.guarantees.linear import UNKNOWN, Call, linearizable
from tests.guarantees.rows import Outcome, Trial
from tests.guarantees.sites import Site
from tests.guarantees.wire import Reply, Unknown, Wire

AGENT: Final = json.dumps({"mbox": "mailto:ada@example.org"})
TRIES: Final = 500


def profile(trial: Trial, name: object) -> str:
    """The address of an activity's profile that no other trial has."""
    return "/xAPI/activities/profile?" + urlencode(
        {"activityId": f"https://example.org/{trial.seed}/{trial.folder.name}", "profileId": str(name)}
    )


def state(trial: Trial, context: object, name: str | None = None) -> str:
    """The address of a state document, or of all in a context."""
    named = {"activityId": f"https://example.org/{trial.seed}/{trial.folder.name}/{context}", "agent": AGENT}
    return "/xAPI/activities/state?" + urlencode(named | ({} if name is None else {"stateId": name}))


async def together(site: Site, count: int, act: Callable[[Wire, int], Awaitable[None]]) -> None:
    """So many clients at once, each on a connection of its own."""

    async def one(number: int) -> None:
        async with Wire(site.port) as client:
            await act(client, number)

    await asyncio.gather(*map(one, range(count)))


async def increments(trial: Trial, site: Site, *, clients: int) -> Outcome:
    """Each client reads, adds one and writes with If-Match, until `trial.loops` of its writes went well."""
    address = profile(trial, "counter")
    answers: Counter[int] = Counter()

    async def count(client: Wire, _: int) -> None:
        left = trial.loops
        while left:
            got = await client.send("GET", address)
            content = json.dumps({"n": got.json["n"] + 1}).encode()
            done = await client.send("PUT", address, content, {"If-Match": got.headers["etag"]})
            answers[done.status] += 1
            left -= done.status == 204

    async with Wire(site.port) as client:
        made = await client.send("PUT", address, b'{"n":0}', {"If-None-Match": "*"})
        assert made.status == 204, made
        await together(site, clients, count)
        final = (await client.send("GET", address)).json["n"]
    lost = answers[204] - final
    said = {str(status): times for status, times in answers.items()}
    figure = {"clients": clients, "final": final, "answers": said, "lost": lost}
    return Outcome(figure=figure, held=lost == 0 and final > 0 and set(answers) <= {204, 412})


@rows.row(
    "C-01", "16 clients, each so many increments: the counter ends at the number of 204s, 0 lost", loops=1_000, short=6
)
async def counter(trial: Trial) -> Outcome:
    async with sites.standing(trial.folder) as site:
        return await increments(trial, site, clients=16)


@rows.row("C-02", "32 clients create a document at once: one 204, the rest 412, in each round", loops=1_000, short=10)
async def created_once(trial: Trial) -> Outcome:
    wrong: list[object] = []
    async with sites.standing(trial.folder) as site:

        async def create(client: Wire, number: int) -> None:
            content = json.dumps({"by": number}).encode()
            for loop in range(trial.loops):
                await barriers[loop].wait()
                done = await client.send("PUT", profile(trial, loop), content, {"If-None-Match": "*"})
                answers[loop][done.status] += 1
                if done.status == 204:
                    winners[loop] = number

        barriers = [asyncio.Barrier(32) for _ in range(trial.loops)]
        answers = [Counter[int]() for _ in range(trial.loops)]
        winners: dict[int, int] = {}
        await together(site, 32, create)
        async with Wire(site.port) as client:
            for loop in range(trial.loops):
                kept = (await client.send("GET", profile(trial, loop))).json["by"]
                if answers[loop] != Counter({412: 31, 204: 1}) or winners[loop] != kept:
                    wrong.append([loop, str(answers[loop]), kept])
    return Outcome(figure={"clients": 32, "rounds_wrong": len(wrong), "examples": wrong[:5]}, held=not wrong)


@rows.row("C-03", "32 clients merge different keys at once: all are there, in each round", loops=500, short=10)
async def merged(trial: Trial) -> Outcome:
    wrong = 0
    statuses: Counter[int] = Counter()
    async with sites.standing(trial.folder) as site:

        async def merge(client: Wire, number: int) -> None:
            for loop in range(trial.loops):
                await barriers[loop].wait()
                content = json.dumps({f"key{number}": loop, "last": number}).encode()
                done = await client.send("POST", state(trial, "merged", str(loop)), content)
                statuses[done.status] += 1

        barriers = [asyncio.Barrier(32) for _ in range(trial.loops)]
        await together(site, 32, merge)
        async with Wire(site.port) as client:
            for loop in range(trial.loops):
                got = (await client.send("GET", state(trial, "merged", str(loop)))).json
                last = got.pop("last")
                wrong += got != {f"key{number}": loop for number in range(32)} or last not in range(32)
    figure = {"clients": 32, "rounds_wrong": wrong, "answers": {str(key): count for key, count in statuses.items()}}
    return Outcome(figure=figure, held=wrong == 0 and set(statuses) == {204})


# A document as the model has it: sorted members of an object, or None where there is none.
Document = tuple[tuple[str, int], ...] | None
Register = tuple[Document]
EMPTY: Final[Register] = (None,)


def step(now: Register, call: Call) -> Register | None:
    """The register of one document."""
    document = now[0]
    if call.name == "GET":
        return now if call.result == document else None
    if call.name == "PUT":
        assert isinstance(call.argument, tuple)
        return (call.argument,)
    if call.name == "POST":
        assert isinstance(call.argument, tuple)
        return (tuple(sorted({**dict(document or ()), **dict(call.argument)}.items())),)
    return EMPTY


async def history(trial: Trial, client: Wire, address: str, number: int, calls: list[Call], *, length: int) -> None:
    """What one client does to a document, at random; what goes unanswered is unknown, and not tried again."""
    for each in range(length):
        name = trial.dice.choice(("GET", "GET", "PUT", "POST", "DELETE"))
        argument = ((f"k{trial.dice.randrange(3)}", 1000 * number + each),) if name in ("PUT", "POST") else ()
        content = json.dumps(dict(argument)).encode() if argument else b""
        begun = time.monotonic()
        try:
            reply = await client.send(name, address, content)
        except Unknown:
            reply = Reply(status=503, headers={}, body=b"")
        result = _result(name, reply)
        ended = time.monotonic()
        if result != UNKNOWN:
            calls.append(Call(name=name, argument=argument, result=result, begun=begun, ended=ended))
        elif name != "GET":
            calls.append(Call(name=name, argument=argument, result=UNKNOWN, begun=begun))
        await asyncio.sleep(trial.dice.uniform(0, 0.01))
        if result == UNKNOWN:
            await _answered(client, address)


async def _answered(client: Wire, address: str) -> None:
    """Wait until there is an answer again: many unknown ones would explain anything, and take long to judge."""
    for _ in range(TRIES):
        with contextlib.suppress(Unknown):
            if (await client.send("GET", address)).status in (200, 404):
                return
        await asyncio.sleep(0.1)


def _result(name: str, reply: Reply) -> object:
    if reply.status == 503:
        return UNKNOWN
    if name == "GET" and reply.status == 404:
        return None
    if name == "GET" and reply.status == 200:
        return tuple(sorted(reply.json.items()))
    if name != "GET" and reply.status == 204:
        return "done"
    raise AssertionError(f"{name}: {reply.status} {reply.body[:300]!r}")


@rows.row("C-04", "histories under kills are linearizable: 0 violations", loops=1_000, short=8)
async def linear_under_kills(trial: Trial) -> Outcome:
    """Twenty documents at a time, five clients each, and in the midst of them one process is killed."""
    violations, operations, unknown, number = 0, 0, 0, 0
    async with sites.standing(trial.folder) as site:
        while number < trial.loops:
            documents = [state(trial, "linear", str(number + each)) for each in range(min(20, trial.loops - number))]
            histories: Mapping[str, list[Call]] = {address: [] for address in documents}
            number += len(documents)

            async def act(client: Wire, who: int, at: Mapping[str, list[Call]] = histories) -> None:
                address = list(at)[who % len(at)]
                await history(trial, client, address, who // len(at), at[address], length=12)

            async with asyncio.TaskGroup() as group:
                group.create_task(together(site, 5 * len(documents), act))
                group.create_task(_strike(trial, site))
            await site.answering()
            violations += sum(not linearizable(calls, EMPTY, step) for calls in histories.values())
            operations += sum(map(len, histories.values()))
            unknown += sum(call.result == UNKNOWN for calls in histories.values() for call in calls)
    figure = {"violations": violations, "histories": number, "operations": operations, "unknown": unknown}
    return Outcome(figure=figure, held=violations == 0)


async def _strike(trial: Trial, site: Site) -> None:
    """Kill a worker or PostgreSQL, at some instant of a round."""
    await asyncio.sleep(trial.dice.uniform(0.05, 0.6))
    if trial.dice.random() < 0.5:
        processes.kill(pid for pid in [site.worker(trial.dice)] if pid)
    else:
        site.kill_postgres()


# All documents of a context: for each of them its content.
Context = tuple[tuple[str, str], ...]
NOTHING: Final[Context] = ()


def step_all(now: Context, call: Call) -> Context | None:
    """The register of a context: PUT of one document, DELETE of all, and what is there."""
    documents = dict(now)
    if call.name == "LIST":
        return now if call.result == tuple(sorted(documents.items())) else None
    if call.name == "PUT":
        assert isinstance(call.argument, tuple)
        documents.update([call.argument])
        return tuple(sorted(documents.items()))
    return NOTHING


@rows.row("C-05", "DELETE of all against PUT: some order explains what is left, in each round", loops=500, short=20)
async def cleared(trial: Trial) -> Outcome:
    wrong, left = 0, Counter[int]()
    async with sites.standing(trial.folder) as site:
        for loop in range(trial.loops):
            calls: list[Call] = []

            async def act(client: Wire, number: int, context: int = loop, calls: list[Call] = calls) -> None:
                await asyncio.sleep(trial.dice.uniform(0, 0.01))
                name, document = ("CLEAR", None) if number < 2 else ("PUT", f"doc{number % 4}")
                begun = time.monotonic()
                method = "PUT" if document else "DELETE"
                done = await client.send(method, state(trial, context, document), str(number).encode())
                assert done.status == 204, done
                ended = time.monotonic()
                calls.append(Call(name=name, argument=(document, str(number)), result="done", begun=begun, ended=ended))

            await together(site, 10, act)
            there, listed = await _list(site, trial, loop)
            calls.append(listed)
            left[there] += 1
            wrong += not linearizable(calls, NOTHING, step_all)
    figure = {"rounds_wrong": wrong, "documents_left": {str(key): left[key] for key in sorted(left)}}
    return Outcome(figure=figure, held=wrong == 0)


async def _list(site: Site, trial: Trial, context: int) -> tuple[int, Call]:
    """How many documents are there when all have been answered, and which."""
    begun = time.monotonic()
    async with Wire(site.port) as client:
        names: Iterable[str] = (await client.send("GET", state(trial, context))).json
        found = [(name, (await client.send("GET", state(trial, context, name))).body.decode()) for name in names]
    ended = time.monotonic()
    return len(found), Call(name="LIST", argument=(), result=tuple(sorted(found)), begun=begun, ended=ended)
