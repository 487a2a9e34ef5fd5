"""P-12: what is voided, or erased, is in no row and in no answer.

Two stores are told the same, but one is also told statements that are void, before or after: both must hold the same
rows. Then every question is asked over HTTP, all pages, and no answer may name what is void, nor after a rebuild what
is erased. Nothing erases yet: the payload is taken out of the log as its owner could.
"""

import random
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from lrs.recording import stores as recording
from tests.guarantees import asking, ground, rows
from tests.guarantees.asking import Asking
from tests.guarantees.ground import Ground, Json
from tests.guarantees.projecting import content, fields
from tests.guarantees.rows import Outcome, Trial
from tests.world import VOIDED, World, voids

ERASE = "delete from log.payloads where store = $1 and position in (select position from log.events where store = $1"
ERASE += " and kind = 1 and subject = any($2))"


async def beside(site: Ground, told: Sequence[Json]) -> Ground:
    """Another store in the same database, which is told the same reference data and these statements."""
    store = await recording.create(site.world.log, site.world.stores, "beside")
    caller = type(site.world.caller)(**{**fields(site.world.caller), "store": store.id})
    world = World(**{**fields(site.world), "store": store, "caller": caller})
    references = list(site.references)
    made = Ground(folder=site.folder, where=site.where, world=world, references=references, statements=iter(told))
    await made.apply()
    await made.tell(len(told))
    return made


async def tell(site: Ground, told: Sequence[Json], void: Sequence[Json], dice: random.Random) -> None:
    """Tell statements; of those that are void, half are voided before they come, and half some time after."""
    early = {each["id"] for each in void[::2]}
    late: list[Json] = []
    for each in told:
        if each["id"] in early:
            await ground.send(site.world, voids(UUID(each["id"])))
        await ground.send(site.world, each)
        if each in void and each["id"] not in early:
            late.append(each)
        if late and dice.random() < 0.1:
            await ground.send(site.world, voids(UUID(late.pop(0)["id"])))
        if dice.random() < 0.02:
            await site.settle()
    for each in late:
        await ground.send(site.world, voids(UUID(each["id"])))
    await site.settle()


async def answers(one: Asking, cohorts: Sequence[str]) -> dict[str, str]:
    """The rows of every question that this asker may ask, all of them, as text."""
    found = {}
    for question in (await one.ask(""))["questions"]:
        path = question["path"].removeprefix("/analytics/v1/")
        named = [path.replace("{cohort}", cohort) for cohort in cohorts] if "{cohort}" in path else [path]
        for each in named:
            found[each] = orjson.dumps(await one.every(f"{each}?limit=1000")).decode()
    return found


async def erase(site: Ground, statements: Sequence[str]) -> int:
    """Take the payloads of statements out of the log; how many there were."""
    connection = await asyncpg.connect(site.where.owner_dsn)
    try:
        async with connection.transaction():
            await connection.execute("set local session_replication_role = replica")
            done: str = await connection.execute(ERASE, site.world.store.id, [UUID(each) for each in statements])
            return int(done.rsplit(maxsplit=1)[-1])
    finally:
        await connection.close()


async def unexplained(one: Asking, void: Sequence[str]) -> list[str]:
    """Voided statements of which it is not told that they are, and that they count in nothing."""
    found = []
    for each in void:
        told = await one.explain(each)
        counts: list[dict[str, Any]] = told["counts_in"]
        if not told["voided"] or any(fact["until"] is None for fact in told["facts"]):
            found.append(f"{each} lives")
        elif any(place["keys"] for place in counts):
            found.append(f"{each} counts")
    return found


def naming(told: dict[str, str], statements: Sequence[str]) -> list[str]:
    """The answers that name any of these statements; not who asked after one, which stays known."""
    return sorted({path for path, text in told.items() for each in statements if each in text and path != "access"})


@rows.row("P-12", "0 rows and 0 answers of what is void or erased", loops=2_000, short=250)
async def what_is_void_is_gone(trial: Trial) -> Outcome:
    async with ground.standing(trial.folder, trial.seed) as site:
        policy, roster = site.references[0], site.references[3]
        site.references[0] = type(policy)(**{**fields(policy), "body": policy.body + asking.POLICY})
        cohorts = sorted(roster.body["parts"]["classes"]["rows"])
        told = [each for _, each in zip(range(trial.loops), site.statements, strict=False)]
        # What voids cannot be voided.
        mortal = [each for each in told if each["verb"]["id"] != VOIDED]
        void = trial.dice.sample(mortal, len(mortal) // 4)
        kept = [each for each in told if each not in void]
        # Some are delivered twice.
        gone = sorted(
            {each["id"] for each in trial.dice.sample([one for one in mortal if one in kept], len(kept) // 5)}
        )
        without = await beside(site, kept)
        await site.apply()
        await tell(site, told, void, trial.dice)
        voided = [each["id"] for each in void]
        different = [name for name, own in (await content(site)).items() if own != (await content(without))[name]]
        async with asking.asking(site, roster) as one:
            before = await answers(one, cohorts)
            named = naming(before, voided)
            known = len(naming(before, gone))
            strange = await unexplained(one, voided[:200])
            erased = await erase(site, gone) + await erase(without, gone)
            await site.building().switch()
            await site.settle()
            after = naming(await answers(one, cohorts), [*voided, *gone])
            explained = [await one.explain(each) for each in gone[:50]]
        alive = [each["statement"] for each in explained if not each.get("erased") or each["facts"]]
        figure = {
            "statements": len(told), "voided": len(void), "erased": erased // 2, "questions": len(before),
            "tables_different": different, "answers_naming_voided": named, "unexplained": strange[:5],
            "answers_naming_erased": after, "erased_and_alive": alive[:5],
            "parked": await site.value("select count(*) from relay.parked"), "rows": await site.rows(),
        }  # fmt: skip
        wrong = different or named or strange or after or alive or figure["parked"]
        return Outcome(
            figure=figure, held=not wrong and erased == 2 * len(gone) and known > 0 and await site.rows() > 0
        )
