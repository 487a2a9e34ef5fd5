"""What every sort of hook says of itself: the form of its configuration, and the secrets that it has."""

import json
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import jsonschema_rs
import msgspec

from lrs.errors import Invalid
from lrs.hooks import filters
from lrs.storage.pool import Connection

# Something that is done in a transaction.
Effect = Callable[[Connection], Awaitable[object]]
Begin = Callable[[int, UUID, Any], Effect]

BASE: Final = "https://schemas.daybook.example/hooks"


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
        check_shape(self.name, given)
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
            raise Invalid(f"this is no configuration of a {self.name}: {error}", rule="hook.config") from error
        await self.check(config)
        return config

    def read(self, stored: bytes) -> msgspec.Struct:
        """The configuration that was stored."""
        read: msgspec.Struct = msgspec.json.decode(stored, type=self.config)
        return read


def check_shape(name: str, given: object) -> None:
    """Invalid, with its place, unless the JSON has the form of schemas/hooks/NAME.json."""
    try:
        _verdict(name).validate(given)
    except jsonschema_rs.ValidationError as error:
        place = "".join(f"/{part}" for part in error.instance_path)
        words = error.message if len(error.message) <= 300 else f"{error.message[:299]}…"
        raise Invalid(f"{place.lstrip('/') or name}: {words}", pointer=place, rule="hook.config") from None


@lru_cache(32)
def _verdict(name: str) -> jsonschema_rs.Draft202012Validator:
    files = [json.loads(file.read_bytes()) for file in _folder().iterdir() if file.name.endswith(".json")]
    registry = jsonschema_rs.Registry([(str(file["$id"]), file) for file in files])
    return jsonschema_rs.Draft202012Validator({"$ref": f"{BASE}/{name}.json"}, registry=registry)


def _folder() -> Traversable:
    package = resources.files("lrs")
    shipped = package.joinpath("schemas")
    return (shipped if shipped.is_dir() else Path(str(package)).parent / "schemas").joinpath("hooks")
