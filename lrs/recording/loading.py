"""Loads files of statements. A load that is cut short goes on where it was: the mark moves with what is stored."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

import msgspec

from lrs.errors import Conflict, Invalid, LrsError, Unavailable
from lrs.events import Draft, Event, StatementDetail
from lrs.log.append import Log
from lrs.log.group import NUDGE, Keys, Known
from lrs.log.loads import Counts, Load, LoadedDetail, Loads, Step
from lrs.recording import statements
from lrs.recording.elements import Element, Mark
from lrs.recording.judging import Item, Judge, Refusal

STATEMENTS = 500
BYTES = 4 * 1024 * 1024
TRIES = 8
BREATH = 25


class Report(Protocol):
    """Who is told of what was refused, and how far the load has come."""

    def refused(self, refusals: Sequence[Refusal]) -> None:
        """Note these for good: they are told once, in the order of the file."""

    def reached(self, mark: Mark, counts: Counts) -> None:
        """All before `mark` is stored or refused."""


class Chunk(msgspec.Struct, frozen=True, kw_only=True):
    """What is stored at one go: all between two marks."""

    items: Sequence[Item]
    refusals: Sequence[Refusal]
    before: Mark
    after: Mark
    size: int


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a chunk came to."""

    drafts: Sequence[Draft]
    refusals: Sequence[Refusal]
    counts: Counts
    last: datetime


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """Where statements are stored and by whose credential; `last` is the floor of the store as the load begins."""

    store: int
    credential: str | None
    last: datetime


class Loading:
    """One load of one file, which goes on from the marks of `load`."""

    def __init__(self, log: Log, loads: Loads, load: Load, judge: Judge, target: Target, report: Report) -> None:
        self._log, self._loads, self._judge, self._target, self._report = log, loads, judge, target, report
        self._load = load
        self._done = Mark.parse(load.mark)
        # The floor may be ahead of the last `stored` that was kept, where many were the same.
        self._last = target.last - NUDGE

    async def run(self, elements: Iterable[Element]) -> Counts:
        """Store the elements of the file from the load's `previous` mark on; each chunk while the next one is judged.

        Where the file itself breaks off, what came before is stored, and its Invalid raised.
        """
        storing: asyncio.Task[None] | None = None
        try:
            async for chunk in self._chunks(elements):
                if storing is not None:
                    await storing
                storing = asyncio.create_task(self._store(chunk))
        finally:
            if storing is not None:
                await storing
        await self._loads.finish(self._load.id)
        return self._load.counts

    async def _chunks(self, elements: Iterable[Element]) -> AsyncIterator[Chunk]:
        before = Mark.parse(self._load.previous)
        judged: list[Item | Refusal] = []
        size = 0
        broken: Invalid | None = None
        remaining = iter(elements)
        while True:
            try:
                element = next(remaining, None)
            except Invalid as error:
                element, broken = None, error
            if element is not None:
                judged.append(self._judge.judge(element))
                size += len(element.raw or b"")
            if judged and (element is None or self._is_full(judged, size)):
                yield _chunk(judged, before, size)
                before, judged, size = judged[-1].mark, [], 0
            if element is None:
                break
            if len(judged) % BREATH == 0:
                await asyncio.sleep(0)
        if broken is not None:
            raise broken

    def _is_full(self, judged: Sequence[Item | Refusal], size: int) -> bool:
        return len(judged) >= STATEMENTS or size >= BYTES or judged[-1].mark.number == self._done.number

    async def _store(self, chunk: Chunk) -> None:
        outcome = await self._append(chunk)
        self._report.refused(sorted([*chunk.refusals, *outcome.refusals], key=lambda refusal: refusal.mark.number))
        self._last = outcome.last
        self._report.reached(chunk.after, self._load.counts)

    async def _append(self, chunk: Chunk) -> Outcome:
        """Store a chunk and move the mark, once; what the database does not answer is asked again for a while."""
        for left in range(TRIES - 1, -1, -1):
            try:
                if left < TRIES - 1:
                    # It may have been stored although nobody said so.
                    self._load = await self._loads.get(self._load.id)
                return await self._append_once(chunk)
            except Unavailable as error:
                if not left:
                    raise Unavailable(f"{error.detail}: run the same command again, it goes on from there") from error
                await asyncio.sleep(error.retry_after)
        raise AssertionError

    async def _append_once(self, chunk: Chunk) -> Outcome:
        is_new = chunk.after.number > Mark.parse(self._load.mark).number
        outcome: Outcome | None = None

        def decide(known: Known) -> Sequence[Draft]:
            nonlocal outcome
            outcome = _decided(chunk, known, self._load.id, self._last)
            return outcome.drafts if is_new else ()

        await self._log.append(
            self._target.store,
            keys=Keys(statements=tuple(item.received.id for item in chunk.items)),
            decide=decide,
            credential=self._target.credential,
            weight=len(chunk.items),
            size=chunk.size,
        )
        assert outcome is not None
        if is_new:
            if not outcome.drafts:
                await self._loads.advance(_step(chunk, self._load.id, outcome.counts))
            counts = self._load.counts + outcome.counts
            self._load = msgspec.structs.replace(self._load, mark=str(chunk.after), counts=counts)
        return outcome


def _decided(chunk: Chunk, known: Known, load: int, last: datetime) -> Outcome:
    """What becomes of each statement of a chunk, given those that are stored; pure."""
    seen: dict[UUID, Event | Draft] = dict(known)
    drafts: list[Draft] = []
    refusals: list[Refusal] = []
    for item in chunk.items:
        try:
            if not statements.is_known(item.received, seen, item.version):
                last = _in_order(item, last)
                draft = statements.draft(item.received, item.version, item.authority)
                seen[draft.subject] = draft
                drafts.append(draft if item.stored is None else msgspec.structs.replace(draft, stored=item.stored))
        except LrsError as error:
            refusals.append(Refusal(mark=item.mark, raw=item.received.payload, error=error))
    counts = Counts(
        loaded=len(drafts),
        known=len(chunk.items) - len(drafts) - len(refusals),
        refused=len(chunk.refusals) + len(refusals),
        without_data=sum(item.is_bare for item in chunk.items),
    )
    if drafts:
        drafts[-1] = _with_step(drafts[-1], _step(chunk, load, counts))
    return Outcome(drafts=drafts, refusals=refusals, counts=counts, last=last)


def _in_order(item: Item, last: datetime) -> datetime:
    """The `stored` that is kept, if it is not before that of the statement before it."""
    if item.stored is None:
        return last
    if item.stored < last:
        raise Conflict(
            f"its stored is before that of an earlier one ({last.isoformat()}): sort the file by stored",
            pointer="/stored",
        )
    return item.stored


def _with_step(draft: Draft, step: Step) -> Draft:
    detail = draft.detail
    assert isinstance(detail, StatementDetail)
    marked = LoadedDetail(found=detail.found, authority=detail.authority, define=detail.define, step=step)
    return msgspec.structs.replace(draft, detail=marked)


def _step(chunk: Chunk, load: int, counts: Counts) -> Step:
    return Step(load=load, before=str(chunk.before), after=str(chunk.after), counts=counts)


def _chunk(judged: Sequence[Item | Refusal], before: Mark, size: int) -> Chunk:
    return Chunk(
        items=[each for each in judged if isinstance(each, Item)],
        refusals=[each for each in judged if isinstance(each, Refusal)],
        before=before,
        after=judged[-1].mark,
        size=size,
    )
