"""One group of requests decided in order of arrival, on what the log holds and on one another. No I/O, no clock."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from lrs.errors import Conflict, LrsError
from lrs.events import Draft, Event
from lrs.log import leaf
from lrs.log.store import Store

MICROSECOND = timedelta(microseconds=1)
# Statements that another LRS stored at one time follow one another here; so much may the last be ahead of it.
NUDGE = timedelta(seconds=1)
SALT = 16

Known = Mapping[UUID, Event]
Decide = Callable[[Known], Sequence[Draft]]


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """What a decision depends on: the latest events of these subjects are looked up under the lock of the head.

    `statements` are statement ids, `documents` subjects of documents, `contexts` name every document in them.
    """

    statements: tuple[UUID, ...] = ()
    documents: tuple[UUID, ...] = ()
    contexts: tuple[UUID, ...] = ()

    @classmethod
    def of(cls, every: Iterable["Keys"]) -> "Keys":
        """The keys of a whole group."""
        groups = list(every)
        return cls(
            statements=tuple(key for keys in groups for key in keys.statements),
            documents=tuple(key for keys in groups for key in keys.documents),
            contexts=tuple(key for keys in groups for key in keys.contexts),
        )


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The end of a log, locked: the last position, the floor, and the clock that gives `stored`."""

    position: int
    floor: datetime
    clock: datetime


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """An event with what only the tables need: salt, commitment and leaf (32 bytes each)."""

    event: Event
    salt: bytes
    commitment: bytes
    leaf: bytes


class Group:
    """Events of one store that will be written in one transaction, after `head`."""

    def __init__(self, store: Store, head: Head, known: Iterable[Event]) -> None:
        self.written: list[Written] = []
        self._store = store
        self._origin = leaf.origin(store.uuid, store.epoch)
        self._known = {event.subject: event for event in known}
        self._position = head.position
        self._floor = head.floor
        self._clock = head.clock
        self._keeps_times = True

    @property
    def position(self) -> int:
        """The position of the last event, or of the head where there is none."""
        return self._position

    @property
    def floor(self) -> datetime:
        """No later `stored` can fall at or below it."""
        return self._floor

    @property
    def keeps_times(self) -> bool:
        """Whether every event kept the `stored` of another LRS, so that older ones may yet follow the clock."""
        return self._keeps_times

    def add(self, decide: Decide, credential: str | None) -> list[Event] | LrsError:
        """What a request's decision adds to the group; its refusal takes out itself alone."""
        try:
            drafts = decide(self._known)
        except LrsError as refusal:
            return refusal
        if any(draft.stored is not None and draft.stored < self._floor - NUDGE for draft in drafts):
            return Conflict("the log holds later statements already; load older ones into a store of their own")
        return [self._write(draft, credential) for draft in drafts]

    def _write(self, draft: Draft, credential: str | None) -> Event:
        self._position += 1
        self._keeps_times &= draft.stored is not None
        self._floor = max(draft.stored or self._clock, self._floor + MICROSECOND)
        event = Event(
            store=self._store.id,
            position=self._position,
            kind=draft.kind,
            stored=self._floor,
            credential=credential,
            subject=draft.subject,
            payload=draft.payload,
            filled=_with_timestamp(draft.filled, self._floor) if draft.fill_timestamp else draft.filled,
            contexts=draft.contexts,
            digests=draft.digests,
            detail=draft.detail,
        )
        self._known[event.subject] = event
        self.written.append(self._seal(event))
        return event

    def _seal(self, event: Event) -> Written:
        salt = os.urandom(SALT)
        commitment = leaf.commitment(salt, event.payload, event.filled, event.digests)
        return Written(
            event=event,
            salt=salt,
            commitment=commitment,
            leaf=leaf.leaf(
                origin=self._origin,
                position=event.position,
                kind=event.kind,
                subject=event.subject,
                stored=event.stored,
                credential=event.credential,
                commitment=commitment,
            ),
        )


def _with_timestamp(filled: bytes, stored: datetime) -> bytes:
    """A statement that came without a timestamp has that of its storing. (1.0.3 Data 2.4.7; 2.0 4.2.4.2)"""
    timestamp = stored.strftime("%Y-%m-%dT%H:%M:%S.%fZ").encode()
    head = filled[:-1] + b"," if len(filled) > 2 else b"{"
    return head + b'"timestamp":"' + timestamp + b'"}'
