"""Hooks: what leaves a store, and where to. Each change is an event in the log of the store, without any secret."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec

from lrs.errors import Conflict, Invalid, NotFound
from lrs.events import Draft, Event, Kind
from lrs.hooks.sorts import Effect, Sort
from lrs.hooks.vault import Vault
from lrs.log.append import Log
from lrs.log.group import Keys
from lrs.log.read import Reader
from lrs.log.store import Store
from lrs.log.writing import Writing
from lrs.relay import checkpoints, parked
from lrs.storage import pool as storage
from lrs.storage import sqlfile
from lrs.storage.pool import Connection, Pool

SQL: Final = sqlfile.load(__package__, "registry.sql")
MOST: Final = 200
LONGEST_NAME: Final = 100
NO_OVERLAP: Final = timedelta()


class State(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a hook, which is the payload of its event.

    `change` is what happened: created, changed, renamed, rotated, enabled, disabled, removed, replayed, redelivered.
    `start` is the position after which it begins, None for that of its creation. `message` is what was redelivered,
    `after` the position that it was put back to.
    """

    hook: UUID
    kind: str
    name: str
    change: str
    enabled: bool = True
    why: str = ""
    start: int | None = None
    config: msgspec.Raw = msgspec.Raw(b"{}")
    message: str | None = None
    after: int | None = None


class Hook(msgspec.Struct, frozen=True, kw_only=True):
    """A hook at its latest version, which is the event at `position`; it begins after position `start`.

    `config` is what its Sort says; `why` tells why it is not `enabled`, where the server disabled it.
    """

    store: int
    id: UUID
    kind: str
    name: str
    config: Any
    enabled: bool
    why: str
    start: int
    position: int

    @property
    def carrier(self) -> str:
        """What its checkpoint is kept under."""
        return f"{self.kind}:{self.id}"


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """A hook, and the secrets that were made for it, which nobody can ask for again."""

    hook: Hook
    secrets: Mapping[str, str] = {}


class Secret(msgspec.Struct, frozen=True, kw_only=True):
    """A secret of a hook; `until` says when it ends, if it was replaced."""

    name: str
    secret: str
    since: datetime
    until: datetime | None


class Failing(msgspec.Struct, frozen=True, kw_only=True):
    """Since when nothing arrives at a hook, and the last error."""

    since: datetime
    error: str


class Hooks:
    """The hooks of all stores; `by` is the key of who changes one, None for a command or the server itself."""

    def __init__(self, pool: Pool, log: Log, vault: Vault, sorts: Iterable[Sort]) -> None:
        self._pool = pool
        self._log = log
        self._vault = vault
        self.sorts = {sort.name: sort for sort in sorts}

    async def every(self) -> Sequence[Hook]:
        """Every hook of every store whose kind is known here."""
        async with storage.connection(self._pool) as connection:
            rows = await SQL.fetch(connection, "all")
        return [hook for row in rows if (hook := self._hook(row)) is not None]

    async def of_store(self, store: int) -> Sequence[Hook]:
        """The hooks of a store, by name."""
        async with storage.connection(self._pool) as connection:
            rows = await SQL.fetch(connection, "of_store", store=store)
        return [hook for row in rows if (hook := self._hook(row)) is not None]

    async def failing(self, store: int) -> Mapping[UUID, Failing]:
        """Which hooks of a store fail."""
        async with storage.connection(self._pool) as connection:
            rows = await SQL.fetch(connection, "failing", store=store)
        return {row["hook"]: Failing(since=row["since"], error=row["error"]) for row in rows}

    async def get(self, store: int, which: UUID | str) -> Hook:
        """The hook of that id or name; else NotFound."""
        for hook in await self.of_store(store):
            if which in (hook.id, hook.name, str(hook.id)):
                return hook
        raise NotFound(f"there is no hook {str(which)[:LONGEST_NAME]!r} in this store: `lrs hook list` shows all")

    async def create(
        self,
        store: int,
        kind: str,
        name: str,
        config: object,
        *,
        secrets: Mapping[str, str] | None = None,
        start: int | None = None,
        enabled: bool = True,
        by: str | None = None,
    ) -> Made:
        """A new hook: for events after position `start` (0: all there are), by default those that follow now.

        Invalid where its configuration is wrong, Conflict where there is one of its name.
        """
        sort = self._sort(kind)
        _check_name(name)
        if len(await self.of_store(store)) >= MOST:
            raise Conflict(f"a store has at most {MOST} hooks: remove one")
        given = dict(secrets or {})
        for each, secret in given.items():
            _check_secret(sort, each, secret)
        if start:
            await self._must_reach(store, start)
        made = {each: make() for each, make in sort.made.items() if each not in given}
        id = uuid.uuid4()
        state = State(
            hook=id, kind=kind, name=name, change="created", enabled=enabled, start=start,
            config=await _config(sort, config),
        )  # fmt: skip
        effects = [self._secrets(store, id, {**given, **made}, NO_OVERLAP)]
        if sort.begin is not None:
            effects.append(sort.begin(store, id, sort.read(bytes(state.config))))
        await self._append(store, state, 0, by, *effects)
        return Made(hook=await self.get(store, id), secrets=made)

    async def change(
        self, hook: Hook, *, name: str | None = None, config: object = None, by: str | None = None
    ) -> Hook:
        """The hook with another name or configuration."""
        if name is not None:
            _check_name(name)
        changed = self._state(hook, "changed" if config is not None else "renamed", name=name or hook.name)
        if config is not None:
            changed = msgspec.structs.replace(changed, config=await _config(self._sort(hook.kind), config))
        await self._append(hook.store, changed, hook.position, by)
        return await self.get(hook.store, hook.id)

    async def rotate(
        self, hook: Hook, *, secrets: Mapping[str, str] | None = None, overlap: timedelta, by: str | None = None
    ) -> Made:
        """New secrets for a hook: those given, else all that can be made. The old ones stay good for `overlap`."""
        sort = self._sort(hook.kind)
        given = dict(secrets or {})
        for each, secret in given.items():
            _check_secret(sort, each, secret)
        made = {} if given else {each: make() for each, make in sort.made.items()}
        if not given and not made:
            raise Invalid(f"a {hook.kind} has no secret that could be made: give one of {', '.join(sort.secrets)}")
        effect = self._secrets(hook.store, hook.id, {**given, **made}, overlap)
        await self._append(hook.store, self._state(hook, "rotated"), hook.position, by, effect)
        return Made(hook=await self.get(hook.store, hook.id), secrets=made)

    async def enable(self, hook: Hook, *, by: str | None = None) -> Hook:
        """A hook that goes on from where it was; what is pending is tried at once, also of one that fails."""
        if hook.enabled and hook.id not in await self.failing(hook.store):
            return hook
        revive = _effect(SQL, "revive", store=hook.store, hook=hook.id)
        await self._append(hook.store, self._state(hook, "enabled", enabled=True, why=""), hook.position, by, revive)
        return await self.get(hook.store, hook.id)

    async def disable(self, hook: Hook, *, why: str = "", by: str | None = None) -> Hook:
        """A hook that sends nothing more, and keeps its place."""
        if not hook.enabled:
            return hook
        state = self._state(hook, "disabled", enabled=False, why=why)
        await self._append(hook.store, state, hook.position, by)
        return await self.get(hook.store, hook.id)

    async def remove(self, hook: Hook, *, by: str | None = None) -> None:
        """No hook any more: its secrets, checkpoint and deliveries are forgotten, its versions stay."""
        state = self._state(hook, "removed", enabled=False)
        await self._append(
            hook.store,
            state,
            hook.position,
            by,
            _effect(SQL, "remove", store=hook.store, hook=hook.id),
            _effect(checkpoints.SQL, "drop", follower=hook.carrier),
            _effect(parked.SQL, "drop", follower=hook.carrier),
        )

    async def replay(self, hook: Hook, position: int, *, by: str | None = None) -> None:
        """Have a hook be told again every event from `position` on."""
        if position < 1:
            raise Invalid("positions begin at 1", rule="hook.replay")
        if not self._sort(hook.kind).follows:
            raise Conflict(f"{hook.name} is a {hook.kind}, and told no events that could be told again")
        after = position - 1
        await self._must_reach(hook.store, after)
        rewind = _effect(checkpoints.SQL, "rewind", store=hook.store, follower=hook.carrier, position=after)
        await self._append(hook.store, self._state(hook, "replayed", after=after), None, by, rewind)

    async def _must_reach(self, store: int, position: int) -> None:
        """Invalid where the log ends before a position behind which a hook shall begin."""
        head = (await Reader(self._pool).head(store)).position
        if position > head:
            raise Invalid(f"the log of this store ends at {head}, and {position + 1} lies beyond", rule="hook.from")

    async def note(self, hook: Hook, change: str, *effects: Effect, by: str | None = None, **more: object) -> None:
        """Tell the log of something done with a hook that leaves it as it is, with its effects in the database."""
        await self._append(hook.store, self._state(hook, change, **more), None, by, *effects)

    async def secrets(self, hook: Hook) -> Sequence[Secret]:
        """The secrets that are good now, the newest of each name first."""
        async with storage.connection(self._pool) as connection:
            rows = await SQL.fetch(connection, "secrets", store=hook.store, hook=hook.id)
        return [
            Secret(
                name=row["name"],
                secret=self._vault.open(row["sealed"], _purpose(hook.store, hook.id, row["name"])),
                since=row["since"],
                until=row["until"],
            )
            for row in rows
        ]

    def _secrets(self, store: int, id: UUID, given: Mapping[str, str], overlap: timedelta) -> Effect:
        sealed = {name: self._vault.seal(secret, _purpose(store, id, name)) for name, secret in given.items()}

        async def write(tx: Connection) -> None:
            for name, secret in sealed.items():
                await SQL.execute(tx, "replace_secret", store=store, hook=id, name=name, overlap=overlap)
                await SQL.execute(tx, "add_secret", store=store, hook=id, name=name, sealed=secret)
            await SQL.execute(tx, "forget_secrets", store=store, hook=id)

        return write

    def _hook(self, row: asyncpg.Record) -> Hook | None:
        state = msgspec.json.decode(row["state"], type=State)
        sort = self.sorts.get(state.kind)
        if sort is None:
            return None
        return Hook(
            store=row["store"],
            id=state.hook,
            kind=state.kind,
            name=state.name,
            config=sort.read(bytes(state.config)),
            enabled=state.enabled,
            why=state.why,
            start=row["created"] if state.start is None else state.start,
            position=row["position"],
        )

    def _sort(self, kind: str) -> Sort:
        if kind not in self.sorts:
            raise Invalid(
                f"there is no kind of hook {kind[:80]!r}: there are {', '.join(self.sorts)}",
                pointer="/kind",
                rule="hook.kind",
            )
        return self.sorts[kind]

    def _state(self, hook: Hook, change: str, **more: object) -> State:
        known = State(
            hook=hook.id,
            kind=hook.kind,
            name=hook.name,
            change=change,
            enabled=hook.enabled,
            why=hook.why,
            start=hook.start,
            config=msgspec.Raw(msgspec.json.encode(hook.config)),
        )
        return msgspec.structs.replace(known, **more)

    async def _append(self, store: int, state: State, after: int | None, by: str | None, *effects: Effect) -> None:
        draft = Draft(
            kind=Kind.HOOK_CHANGED,
            subject=state.hook,
            payload=msgspec.json.encode(state),
            filled=b"{}",
            detail=Changed(state=state, after=after, effects=effects),
        )
        await self._log.append(store, keys=Keys(), decide=lambda known: [draft], credential=by)


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """What an event of a hook brings about: a version after that at `after` (None: no version), and `effects`."""

    state: State
    after: int | None
    effects: tuple[Effect, ...]


class Inline:
    """Writes the rows of hooks in the transaction that appends their events."""

    kinds = frozenset({Kind.HOOK_CHANGED})

    async def known(self, tx: Connection, store: Store, keys: Keys) -> Iterable[Event]:
        """Nothing: that a hook has changed meanwhile shows when its row is written."""
        return ()

    async def write(self, to: Writing, store: Store, events: Sequence[Event], *, alone: bool) -> None:
        """The rows of new versions; Conflict where another change came first, or the name is another's."""
        for event in events:
            change = event.detail
            if not isinstance(change, Changed):
                raise TypeError("an event of a hook needs its Changed")
            tx = to.transaction()
            if change.after is not None:
                await _add(tx, event, change.state, change.after)
            for effect in change.effects:
                await effect(tx)


async def _add(tx: Connection, event: Event, state: State, after: int) -> None:
    added = await SQL.execute(
        tx,
        "add",
        store=event.store,
        id=state.hook,
        position=event.position,
        name="" if state.change == "removed" else state.name,
        state=event.payload,
        after=after,
    )
    if not added:
        words = "was changed meanwhile: look, then try again" if after else "is there already: choose another name"
        raise Conflict(f"a hook {state.name!r} {words}")


def _effect(sql: sqlfile.File, name: str, **values: object) -> Effect:
    async def run(tx: Connection) -> object:
        return await sql.execute(tx, name, **values)

    return run


async def _config(sort: Sort, config: object) -> msgspec.Raw:
    try:
        return msgspec.Raw(msgspec.json.encode(await sort.parse(config)))
    except Invalid as error:
        error.pointer = f"/config{error.pointer or ''}"
        raise


def _check_name(name: str) -> None:
    if not name.isprintable() or not 0 < len(name) <= LONGEST_NAME or name != name.strip():
        raise Invalid(f"the name of a hook has 1 to {LONGEST_NAME} printable characters", pointer="/name")


def _check_secret(sort: Sort, name: str, secret: str) -> None:
    if name not in sort.secrets:
        there = f"there are {', '.join(sort.secrets)}" if sort.secrets else "it has none"
        raise Invalid(f"a {sort.name} has no secret {name[:80]!r}: {there}", pointer="/secrets")
    if not 0 < len(secret) <= 4_096 or not secret.isprintable():
        raise Invalid("a secret has 1 to 4096 printable characters", pointer=f"/secrets/{name}")
    sort.check_secret(name, secret)


def _purpose(store: int, id: UUID, name: str) -> str:
    return f"{store} {id} {name}"
