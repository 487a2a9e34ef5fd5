"""The carriers of all enabled hooks, as `relay.outside` asks for them: made once for each version of a hook."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, runtime_checkable
from uuid import UUID

from lrs.hooks.registry import Hook, Hooks
from lrs.relay.carrier import Carrier

Maker = Callable[[Hook], Carrier]


@runtime_checkable
class Closing(Protocol):
    """A carrier that holds something open, such as connections."""

    async def aclose(self) -> None:
        """Let go of it; the carrier is not used again."""


class Carrying:
    """Makes a carrier of each hook by its kind's maker; those `beside` them are always there."""

    def __init__(self, hooks: Hooks, makers: Mapping[str, Maker], beside: Sequence[Carrier] = ()) -> None:
        self._hooks = hooks
        self._makers = makers
        self._beside = tuple(beside)
        self._carriers: dict[tuple[UUID, int], Carrier] = {}
        self._dropped: list[Carrier] = []

    async def source(self) -> Sequence[Carrier]:
        """What is to be carried now; a hook that has changed has a new carrier."""
        # Those that were dropped the last time have ended by now.
        await self._close_dropped()
        wanted = {
            (hook.id, hook.position): hook
            for hook in await self._hooks.every()
            if hook.enabled and hook.kind in self._makers
        }
        for key in self._carriers.keys() - wanted.keys():
            self._dropped.append(self._carriers.pop(key))
        for key, hook in wanted.items():
            if key not in self._carriers:
                self._carriers[key] = self._makers[hook.kind](hook)
        return (*self._carriers.values(), *self._beside)

    async def aclose(self) -> None:
        """Let go of what all carriers hold open, when nothing is carried any more."""
        self._dropped += [*self._carriers.values(), *self._beside]
        self._carriers.clear()
        self._beside = ()
        await self._close_dropped()

    async def _close_dropped(self) -> None:
        dropped, self._dropped = self._dropped, []
        for carrier in dropped:
            if isinstance(carrier, Closing):
                await carrier.aclose()
