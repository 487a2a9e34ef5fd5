"""A question that is being answered, by whatever way it came: what may be read, how far it holds, and the audit."""

from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

import msgspec

from lrs.errors import Forbidden, Invalid, Unavailable
from lrs.events import Look
from lrs.http import responses
from lrs.reference.reference import Reference
from lrs.storage import pool as storage
from lrs.xapi.parameters import Pairs
from projections.analytic.standing import Through
from projections.answers import asked as asking
from projections.answers import known, sight
from projections.answers.asked import Asked
from projections.answers.asker import Asker
from projections.answers.data import Data, Moment
from projections.answers.ground import Ground
from projections.answers.pages import Pages
from projections.answers.question import Column, Question, Row
from projections.answers.sight import Sight
from projections.answers.summaries import Sums


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A question that is being answered, within its transaction; `latest` is the reference data of now.

    `stands_on` is what rows depend on that may be kept; `kept` are its sums where they were made a while ago and hold
    through `through`.
    """

    question: Question
    asked: Asked
    seen: Sight
    data: Data
    through: Through
    latest: Reference
    stands_on: Hashable = None
    kept: Sequence[Row] | None = None

    @property
    def is_sum(self) -> bool:
        """Whether sums are told in place of rows."""
        return self.seen.is_sum(self.asked)

    def said(self) -> dict[str, Any]:
        """How far the answer holds."""
        return {
            "through_position": self.through.position,
            "through_stored": None if self.through.stored is None else responses.timestamp(self.through.stored),
            "as_of": self.asked.as_of.isoformat(),
        }


async def ask(
    ground: Ground, question: Question, pairs: Pairs, path: Mapping[str, str], *, asker: Asker, accept: str = ""
) -> Asked:
    """What these parameters ask, with reference data as of the log; Invalid says what is wrong."""
    reference = await ground.references.of(asker.store)
    now = datetime.fromtimestamp(ground.now(), UTC)
    asked = asking.parse(
        question, pairs, path, asker=asker, reference=reference, today=reference.local_date(now, None), accept=accept
    )
    if asked.known_at is None:
        known.check(question, asked, reference)
        return asked
    async with storage.connection(ground.pool) as connection:
        head = await ground.marks.through(connection, asker.store, ())
    known.check_position(asked.known_at, head.position)
    known.check(question, asked, reference, await ground.references.as_known(asker.store, asked.known_at))
    return asked


@asynccontextmanager
async def find(
    ground: Ground, question: Question, asked: Asked, *, tick: Callable[[], object] = lambda: None, anew: bool = False
) -> AsyncIterator[Found]:
    """What may be read, all of it as of one moment of the database; Forbidden where the asker sees nothing.

    Of what goes over all rows one is computed at a time, and who waits has no connection meanwhile. `tick` is called
    when it is its turn, and now and then where the past takes long to compute. Sums of today may be some seconds old
    where they are dear to make, unless they are wanted `anew`.
    """
    seen = sight.of(question, asked)
    asked = msgspec.structs.replace(asked, purposes=_purposes(question, asked, seen))
    if not asked.is_live and ground.past is None:
        raise Invalid("this server cannot tell of the past: ask without as_of and as_known_at", rule="parameter")
    if question.is_common or seen.is_sum(asked):
        async with _open(ground, question, asked, seen, tick) as opened:
            found = await _kept(opened, ground, anew=anew)
            if found.kept is not None or found.stands_on in ground.kept:
                yield found
                return
        async with ground.lanes[asked.asker.store, asked.is_live]:
            tick()
            async with _open(ground, question, asked, seen, tick) as opened:
                # Who had the lane before may have made the same.
                yield await _kept(opened, ground, anew=anew)
    else:
        async with _open(ground, question, asked, seen, tick) as found:
            yield found


@asynccontextmanager
async def _open(
    ground: Ground, question: Question, asked: Asked, seen: Sight, tick: Callable[[], object]
) -> AsyncIterator[Found]:
    day = asked.as_of if asked.as_of < asked.today else None
    async with (
        storage.connection(ground.pool) as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        store = asked.asker.store
        through = await ground.marks.through(connection, store, question.projections)
        known_at = None if asked.known_at is None else min(asked.known_at, through.position)
        # Who may see what goes by what is known now; what is told, by what the rows were made of. That may be newer,
        # too, than what was known when the question came.
        at = through.position if known_at is None else known_at
        latest = asked.reference
        asked = msgspec.structs.replace(asked, reference=await ground.references.as_known(store, at, connection))
        moment = None if asked.is_live else Moment(as_of=day, known_at=known_at, through=through.position)
        then = ground.past.at(connection, store, asked.reference, moment, tick) if ground.past and moment else None
        data = Data(connection, store, ground.tables, then, through.position)
        found = Found(question=question, asked=asked, seen=seen, data=data, through=through, latest=latest)
        yield found
        await _check_whole(found, ground)


async def sums(found: Found, ground: Ground) -> tuple[tuple[Column, ...], Sequence[Row]]:
    """The columns and rows of sums; Forbidden where there are none to tell."""
    if not found.question.summary:
        raise Forbidden("this is not told in sums: ask for what has them, or in another role")
    made = Sums(found.question, found.asked, found.seen, found.data)
    if found.kept is not None:
        return made.columns, found.kept
    # What one sees who sees sums alone is the same for all who do.
    if found.seen.grants:
        return made.columns, await made.rows()
    about = _stands_on(found, None) if found.asked.is_live else None
    compute = partial(_whole, found, ground, made.rows)
    return made.columns, await ground.kept.rows(found.stands_on, compute, about=about, through=found.through)


async def _kept(found: Found, ground: Ground, *, anew: bool) -> Found:
    """The same with what it stands on, and where nothing newer is kept with recent sums, if they may be told."""
    found = msgspec.structs.replace(found, stands_on=_stands_on(found, await _told(found, ground)))
    if anew or found.stands_on in ground.kept or found.seen.grants or not found.is_sum or not found.asked.is_live:
        return found
    recent = ground.kept.recent(_stands_on(found, None))
    return found if recent is None else msgspec.structs.replace(found, through=recent.through, kept=recent.rows)


async def pages(found: Found, ground: Ground) -> Pages:
    """The pages of an answer; rows that are the same for all who see them are computed once for what they stand on."""
    question, asked, data = found.question, found.asked, found.data
    compute = question.compute
    if compute is None or not question.is_common:
        return Pages(question, asked, found.seen, data)
    whole = partial(_whole, found, ground, partial(compute, asked, data))
    common = await ground.kept.rows(found.stands_on, whole)
    return Pages(question, asked, found.seen, data, common)


def check(found: Found, rows: int) -> None:
    """NotFound where an answer has no row since its path names what there is not, or what the asker may not see."""
    if not rows:
        known.check_found(found.question, found.asked, found.seen, found.latest)


async def keep(found: Found, ground: Ground, people: frozenset[str], rows: int) -> None:
    """Keep whose data is shown, if it is anybody's; Unavailable where it cannot be kept: then show nothing."""
    if not people:
        return
    asked = found.asked
    look = Look(
        who=asked.asker.name,
        roles=tuple(sorted(asked.asker.roles)),
        endpoint=found.question.path,
        filter=urlencode([(name, value) for name, values in sorted(asked.values.items()) for value in values]),
        people=tuple(sorted(people)),
        rows=rows,
        why=asked.why,
        format=asked.format,
    )
    await ground.audit.looked(asked.asker.store, look)


async def _whole(found: Found, ground: Ground, compute: Callable[[], Awaitable[Sequence[Row]]]) -> Sequence[Row]:
    """Rows that may be kept: all of them those of one position."""
    rows = await compute()
    await _check_whole(found, ground)
    return rows


async def _check_whole(found: Found, ground: Ground) -> None:
    """Unavailable where the tables were switched meanwhile for those of a rebuild, which may hold through another
    position, and of which this transaction may not see all.
    """
    if await ground.marks.is_switched(found.data.connection, found.question.projections):
        raise Unavailable("the projections were rebuilt while this was answered: ask again")


async def _told(found: Found, ground: Ground) -> Hashable:
    """What the rows can depend on in the database."""
    asked = found.asked
    day = asked.as_of if asked.as_of < asked.today and asked.known_at is None else None
    return await ground.marks.told(
        found.data.connection, asked.asker.store, found.through.position, found.question.projections, day=day
    )


def _stands_on(found: Found, told: Hashable) -> Hashable:
    """All that rows depend on that do not depend on who asks; `told` is what they can depend on in the database."""
    asked = found.asked
    return (
        asked.asker.store, found.question.path, asked.by, tuple(sorted(asked.values.items())), asked.method,
        asked.as_of, asked.today, asked.known_at, asked.purposes, told, asked.reference.through,
    )  # fmt: skip


def _purposes(question: Question, asked: Asked, seen: Sight) -> frozenset[str] | None:
    """The purposes that may be shown where the question's own function minds them: those of every grant."""
    wanted = asked.purposes
    for grant in [each for each, _ in seen.grants] + ([seen.summary] if seen.summary else []):
        if grant.purposes is not None and question.minds_purpose:
            wanted = grant.purposes if wanted is None else wanted & grant.purposes
        if grant.purposes is not None and not question.minds_purpose and question.purpose is None:
            raise LookupError(f"{question.path} minds no purpose, and a grant of it does")
    return wanted
