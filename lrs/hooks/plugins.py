"""Hooks that are installed beside ours: entry points of the group `lrs.hooks`, functions of a batch of events.

    [project.entry-points."lrs.hooks"]
    gradebook = "some_package.gradebook:sync"

A function is told every event of every store, in order, at least once: it has a checkpoint in each store, is told
again later where it raises, and what it can never take is parked. A `Plugin` says more: which events, and how many at
once. One that does not fit stops the start, in words.
"""

import asyncio
import inspect
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final
from uuid import UUID

import msgspec
import orjson

from lrs.errors import CannotStart
from lrs.hooks import message
from lrs.hooks.filters import Filter
from lrs.log.read import Told
from lrs.log.store import Store
from lrs.relay.carrier import Carrier, Refused

GROUP: Final = "lrs.hooks"
NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,48}")
# After so many failures an event is parked that is told alone.
TRIES: Final = 8


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """An event as it is told outside; `id` is the same however often it is told. `message` is its JSON, whole.

    schemas/events/KIND-vVERSION.json has the form of `data`; None where the content was erased.
    """

    id: str
    store: str
    position: int
    kind: str
    stored: datetime
    subject: UUID
    message: bytes

    @property
    def data(self) -> Any:  # noqa: ANN401 - JSON
        """What the event is about: of a statement, the statement."""
        return orjson.loads(self.message)["data"]


class Park(Exception):
    """Raised by a plugin where `event` can never be taken, and all before it are: it is set aside, with the words."""

    def __init__(self, event: Event, words: str) -> None:
        super().__init__(words)
        self.event = event


Function = Callable[[Sequence[Event]], Any]


class Plugin(msgspec.Struct, frozen=True, kw_only=True):
    """A function, and what it is told: events that `filter` takes, `batch` at once at most.

    It may be a coroutine function; any other is called in a thread.
    """

    function: Function
    filter: Filter = Filter()
    batch: int = 100


class Plugged:
    """Carries the events of every store to a plugin, from the first on."""

    stores: frozenset[int] | None = None
    start = 0

    def __init__(self, name: str, plugin: Plugin) -> None:
        self.name = f"plugin:{name}"
        self._plugin = plugin
        # Up to where events are told one by one, and how often the one that comes next has failed, by store.
        self._careful: dict[int, int] = {}
        self._tries: dict[tuple[int, int], int] = {}

    def forget(self, store: Store) -> None:
        """Nothing: what is remembered are failures."""

    async def carry(self, store: Store, events: Sequence[Told]) -> int:
        """Tell the plugin; the position through which it has taken all."""
        wanted = [event for event in events if self._plugin.filter.takes(event)]
        if not wanted:
            return events[-1].position
        is_careful = wanted[0].position <= self._careful.get(store.id, 0)
        part = wanted[: 1 if is_careful else self._plugin.batch]
        try:
            await self._call([_event(store, each) for each in part])
        except Park as parked:
            raise Refused(parked.event.position, parked) from parked
        except Exception as error:
            if len(part) > 1:
                # Which of them it is shows when each is told alone.
                self._careful[store.id] = part[-1].position
                return part[0].position - 1
            self._count(store, part[0], error)
            raise
        self._tries.pop((store.id, part[0].position), None)
        return wanted[len(part)].position - 1 if len(part) < len(wanted) else events[-1].position

    def _count(self, store: Store, event: Told, error: Exception) -> None:
        """Refused where an event has failed too often."""
        key = store.id, event.position
        self._tries[key] = self._tries.get(key, 0) + 1
        if self._tries[key] >= TRIES:
            del self._tries[key]
            raise Refused(event.position, error) from error

    async def _call(self, events: Sequence[Event]) -> None:
        if inspect.iscoroutinefunction(self._plugin.function):
            await self._plugin.function(events)
        else:
            await asyncio.to_thread(self._plugin.function, events)


def load(installed: Iterable[EntryPoint] | None = None) -> tuple[Carrier, ...]:
    """What carries to each that is installed; CannotStart says which does not fit, and why."""
    found: dict[str, Carrier] = {}
    for point in entry_points(group=GROUP) if installed is None else installed:
        try:
            loaded = point.load()
        except Exception as error:
            raise CannotStart(f"hook {point.name} ({point.value}) cannot be loaded: {error}") from error
        if not NAME.fullmatch(point.name):
            raise CannotStart(f"hook {point.name!r}: its name is of a-z, 0-9, _ and -")
        if point.name in found:
            raise CannotStart(f"there are two hooks {point.name}: rename one of them")
        plugin = loaded if isinstance(loaded, Plugin) else Plugin(function=loaded)
        if flaw := fit(plugin):
            raise CannotStart(f"hook {point.name} ({point.value}) does not fit: {flaw}")
        found[point.name] = Plugged(point.name, plugin)
    return tuple(found.values())


def fit(plugin: Plugin) -> str | None:
    """Why something is no plugin; None if it is one."""
    function: object = plugin.function
    chosen: object = plugin.filter
    if not callable(function):
        return "expected a function of a batch of events, or a lrs.hooks.plugins.Plugin"
    try:
        inspect.signature(function).bind(())
    except (TypeError, ValueError):
        return "it cannot be called with one batch of events"
    if not isinstance(chosen, Filter) or not 0 < plugin.batch <= 500:
        return "filter is a lrs.hooks.filters.Filter, and batch from 1 to 500"
    return None


def _event(store: Store, told: Told) -> Event:
    return Event(
        id=message.identity(store, told.position), store=store.name, position=told.position, kind=told.kind.label,
        stored=told.stored, subject=told.subject, message=message.of(store, told),
    )  # fmt: skip
