"""R-30: what is sent is what is read back. The comparison shares nothing with `lrs.xapi.equivalence`."""

import gzip
import random
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from lrs.xapi.versions import Version
from tests.guarantees import rows, served
from tests.guarantees.roundtrip_statements import Maker, Object
from tests.guarantees.roundtrip_text import Value, read, write
from tests.guarantees.rows import Outcome, Trial
from tests.serving import Client

STATEMENTS: Final = "/xAPI/statements"
BATCH: Final = 25
TOLD: Final = 10
AGAIN: Final = 0.3
TIME: Final = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d)(?::(\d\d)(?:[.,](\d+))?)?([Zz]|[+-]\d\d(?::?\d\d)?)?")


@rows.row("R-30", "0 differences between statements sent and read back, in loops statements", loops=10_000, short=300)
async def roundtrip(trial: Trial) -> Outcome:
    """Arbitrary valid statements of both versions, by POST, PUT and gzip; each is read by its id and in a list."""
    differences: list[str] = []
    done = 0
    async with served.server(trial.folder, log_level="error") as (client, _):
        while done < trial.loops:
            batch = min(trial.dice.choice((1, 1, 2, BATCH)), trial.loops - done)
            differences += await exchange(client, trial.dice, batch)
            done += batch
    figure = {"statements": done, "differences": len(differences), "first": differences[:TOLD]}
    return Outcome(figure=figure, held=not differences)


async def exchange(client: Client, dice: random.Random, count: int) -> list[str]:
    """Send so many statements in one request, read them, and tell what differs."""
    version = dice.choice(list(Version))
    maker = Maker(dice, version)
    sent = [write(maker.statement(), dice).encode() for _ in range(count)]
    ids = await send(client, sent, version, dice)
    if isinstance(ids, str):
        return [ids]
    reader = dice.choice(list(Version)).value
    found = []
    for id, one in zip(ids, sent, strict=True):
        got = await client.get(f"{STATEMENTS}?statementId={id}&format=exact", X_Experience_API_Version=reader)
        if got.status != 200:
            found.append(f"{got.status} for {one[:500]!r}")
            continue
        found += [f"{place} of {one[:2_000]!r}" for place in differs(read(one), read(got.body))]
        if dice.random() < AGAIN:
            found += await again(client, id, got.body, version, dice)
    return found + await listed(client, ids, sent)


async def again(client: Client, id: str, got: bytes, version: Version, dice: random.Random) -> list[str]:
    """What is wrong when what was read is sent again, and when it is read in the other formats."""
    header = {"X-Experience-API-Version": version.value}
    resent = await client.send("POST", STATEMENTS, write(read(got), dice).encode(), header)
    found = [] if resent.status == 200 else [f"{resent.status} for what was read, sent again: {got[:2_000]!r}"]
    for form in ("ids", "canonical"):
        answer = await client.get(f"{STATEMENTS}?statementId={id}&format={form}", Accept_Language="de, en;q=0.5")
        if answer.status != 200 or not isinstance(read(answer.body), dict):
            found.append(f"{answer.status} in format {form} for {got[:2_000]!r}")
    return found


async def send(client: Client, sent: Sequence[bytes], version: Version, dice: random.Random) -> list[str] | str:
    """The ids under which they are stored, in their order; else what was answered."""
    headers = {"X-Experience-API-Version": version.value}
    if len(sent) == 1 and dice.random() < 0.3:
        whole = read(sent[0])
        assert isinstance(whole, dict)
        own = str(whole.get("id") or f"{dice.getrandbits(128):032x}")
        id = own if "-" in own else "-".join((own[:8], own[8:12], own[12:16], own[16:20], own[20:]))
        answer = await client.send("PUT", f"{STATEMENTS}?statementId={id}", sent[0], headers)
        return [id] if answer.status == 204 else f"{answer.status} {answer.body!r} for {sent[0]!r}"
    body = sent[0] if len(sent) == 1 else b"[" + b" ,\n".join(sent) + b"]"
    if dice.random() < 0.2:
        body, headers = gzip.compress(body, 1), {**headers, "Content-Encoding": "gzip"}
    answer = await client.send("POST", STATEMENTS, body, headers)
    if answer.status != 200 or not isinstance(answer.json, list):
        return f"{answer.status} {answer.body!r}" + (f" for {sent[0]!r}" if len(sent) == 1 else "")
    return answer.json


async def listed(client: Client, ids: Sequence[str], sent: Sequence[bytes]) -> list[str]:
    """What differs in the list of the newest, which are those just sent in their order."""
    answer = await client.get(f"{STATEMENTS}?limit={len(ids)}&format=exact")
    whole = read(answer.body)
    found = whole.get("statements") if isinstance(whole, dict) else None
    if not isinstance(found, list) or len(found) != len(ids):
        return [f"a list of {len(ids)} gave {answer.status}"]
    pairs = zip(reversed(found), sent, strict=True)
    return [f"{place} in a list, of {one[:2_000]!r}" for got, one in pairs for place in differs(read(one), got)]


def differs(sent: Value, got: Value) -> list[str]:
    """The places where what was got is not what was sent, save for what an LRS sets, fills in and writes otherwise."""
    if not isinstance(sent, dict) or not isinstance(got, dict):
        return ["/"]
    wanted = settled(sent)
    for name in ("stored", "authority"):
        wanted[name] = got.get(name, "nothing")
    for name in ("id", "version", "timestamp"):
        if name not in sent:
            wanted[name] = got.get(name, "nothing")
    if not isinstance(got.get("authority"), dict) or "nothing" in wanted.values():
        return ["/ lacks what an LRS fills in"]
    return list(places(wanted, got, ""))


def settled(sent: Object) -> Object:
    """A statement or SubStatement as an LRS writes it: times in UTC, arrays in contextActivities."""
    wanted = dict(sent)
    if isinstance(time := sent.get("timestamp"), str):
        wanted["timestamp"] = in_utc(time)
    if isinstance(context := sent.get("context"), dict) and isinstance(
        around := context.get("contextActivities"), dict
    ):
        lists: Object = {name: each if isinstance(each, list) else [each] for name, each in around.items()}
        wanted["context"] = {**context, "contextActivities": lists}
    if isinstance(target := sent.get("object"), dict) and target.get("objectType") == "SubStatement":
        wanted["object"] = settled(target)
    return wanted


def in_utc(text: str) -> str:
    """A time with Z, its seconds and their digits as they were."""
    found = TIME.fullmatch(text)
    assert found is not None
    date, clock, second, digits, zone = found.groups()
    local = datetime.strptime(f"{date} {clock}", "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    if zone and zone not in "Zz":
        size = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:].lstrip(":") or 0))
        local += -size if zone[0] == "+" else size
    whole = f"{local.year:04}-{local:%m-%dT%H:%M}:{second or '00'}"
    return f"{whole}.{digits}Z" if digits else f"{whole}Z"


def places(wanted: Value, got: Value, pointer: str) -> Iterator[str]:
    """Where two values differ."""
    if type(wanted) is not type(got):
        yield pointer
    elif isinstance(wanted, dict) and isinstance(got, dict):
        for name in wanted.keys() | got.keys():
            if name in wanted and name in got:
                yield from places(wanted[name], got[name], f"{pointer}/{name}")
            else:
                yield f"{pointer}/{name} is {'missing' if name in wanted else 'more'}"
    elif isinstance(wanted, list) and isinstance(got, list):
        if len(wanted) != len(got):
            yield f"{pointer} has {len(got)} elements, not {len(wanted)}"
        for index, (one, other) in enumerate(zip(wanted, got, strict=False)):
            yield from places(one, other, f"{pointer}/{index}")
    elif wanted != got:
        yield pointer
