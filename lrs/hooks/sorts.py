"""What every sort of hook says of itself: the form of its configuration, and the secrets that it has."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

import msgspec

from lrs.errors import Invalid
from lrs.hooks import filters, shape
from lrs.storage.pool import Connection
from lrs.xapi import misfit

# Something that is done in a transaction.
Effect = Callable[[Connection], Awaitable[object]]
Begin = Callable[[int, UUID, Any], Effect]


class Sort(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of hook, such as `webhook`, with its schema in schemas/hooks/NAME.json.

    `config` is the struct of a configuration: what is stored is its JSON, and every event tells it, so no secret has a
    place in it; a field `filter` is a `filters.Filter`. `check` is asked before a configuration is taken (Invalid
    where it cannot be used; pointers are within it). `secrets` are the names of those that may be given, `made` makes
    those that are made where none is given, `check_secret(name, secret)` says Invalid of a bad one. `begin(store, hook,
    configuration)` gives what is done in the transaction that makes a hook; `follows` says if it is told events.
    """

    name: str
    config: type[msgspec.Struct]
    check: Callable[[Any], Awaitable[None]]
    secrets: tuple[str, ...] = ()
    made: Mapping[str, Callable[[], str]] = {}
    check_secret: Callable[[str, str], None] = lambda name, secret: None
    begin: "Begin | None" = None
    follows: bool = True

    async def parse(self, given: object) -> msgspec.Struct:
        """The configuration in JSON that was sent; else Invalid, with the place within it."""
        shape.check(self.name, given)
        assert isinstance(given, dict)
        if "filter" in given:
            try:
                given = {**given, "filter": msgspec.to_builtins(filters.of_json(given["filter"]))}
            except Invalid as error:
                error.pointer = f"/filter{error.pointer or ''}"
                raise
        try:
            config: msgspec.Struct = msgspec.convert(given, self.config)
        except msgspec.ValidationError as error:
            raise misfit.refused(error, f"the configuration of a {self.name}", rule="hook.config") from error
        await self.check(config)
        return config

    def read(self, stored: bytes) -> msgspec.Struct:
        """The configuration that was stored."""
        read: msgspec.Struct = msgspec.json.decode(stored, type=self.config)
        return read
