"""Users: people who sign in with a name and a password, and are something in one store or several.

Each change is an event in the log of store 0. A request of a user asks the database, so that a change acts at once.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

import asyncpg
import msgspec

from lrs.auth import people, scopes, states
from lrs.auth.caller import Caller
from lrs.auth.passwords import Passwords
from lrs.auth.people import Place, User
from lrs.auth.pepper import Hasher
from lrs.errors import Conflict, Forbidden, Invalid, NotFound, Unauthorized
from lrs.events import Draft, Event, Kind
from lrs.log.append import Log
from lrs.log.group import Keys
from lrs.log.store import Store
from lrs.log.stores import SYSTEM, Stores
from lrs.log.writing import Writing
from lrs.storage import pool as storage
from lrs.storage import sqlfile
from lrs.storage.pool import Connection, Pool

SQL: Final = sqlfile.load(__package__, "users.sql")
REFUSED: Final = "this name and password are unknown, or the user is disabled"


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A user as she is at her latest version."""

    user: User
    position: int

    @classmethod
    def from_row(cls, row: asyncpg.Record) -> "Known":
        """The user in a row of `one` or `all`."""
        return cls(user=User.parse(row["state"]), position=row["position"])


class Users:
    """Every user; proves who asks, and changes them."""

    def __init__(self, pool: Pool, log: Log, stores: Stores, *, pepper: bytes, homepage: str) -> None:
        self._pool = pool
        self._log = log
        self._stores = stores
        self._hasher = Hasher(pepper)
        self._passwords = Passwords()
        self._homepage = homepage

    async def prove(self, name: str, digest: bytes, *, store: str | None) -> Caller:
        """Who has this name and the password of that digest, in the store that is named or in her only one.

        Unauthorized in the same words and time whatever is wrong of the two; Forbidden where she is nothing.
        """
        known = await self.find(name)
        is_right = await self._passwords.prove(None if known is None else known.user.password, digest)
        if known is None or not is_right or known.user.disabled:
            raise Unauthorized(REFUSED)
        return self._caller(known.user, await self._chosen(known.user, store))

    async def check(self, caller: Caller, store: str) -> None:
        """Forbidden unless the caller's store has that name."""
        if (await self._stores.get(caller.store)).name != store:
            raise Forbidden(f"you have no place in a store {store[:80]!r}")

    async def find(self, name: str) -> Known | None:
        """The user of that name, if there is one."""
        if "\0" in name:
            return None
        async with storage.connection(self._pool) as connection:
            row = await SQL.fetchrow(connection, "one", name=name)
        return None if row is None else Known.from_row(row)

    async def get(self, name: str, *, store: int) -> Known:
        """The user of that name who has a place in the store; else NotFound."""
        known = await self.find(name)
        if known is None or store not in known.user.places:
            raise NotFound(f"there is no user {name!r} in this store: `lrs user list` shows those that are")
        return known

    async def of_store(self, store: int) -> Sequence[User]:
        """Every user who has a place in a store, disabled ones too, by name."""
        async with storage.connection(self._pool) as connection:
            rows = await SQL.fetch(connection, "all")
        every = (Known.from_row(row).user for row in rows)
        return [user for user in every if store in user.places]

    async def is_empty(self) -> bool:
        """Whether there is no user at all."""
        async with storage.connection(self._pool) as connection:
            return not await SQL.fetch(connection, "all")

    async def create(self, name: str, store: int, place: Place, *, password: str, by: str | None = None) -> None:
        """A new user with a place in a store; Conflict where there is one of her name."""
        people.check_name(name)
        kept = await self._passwords.make(self._hasher.digest(password))
        await self._append(0, User(name=name, password=kept, places={store: place}), by)

    async def place(self, name: str, store: int, place: Place | None, *, by: str | None = None) -> None:
        """A place in a store for a user that there is, or none any more; else NotFound."""
        known = await self._known(name)
        user = known.user.elsewhere(store) if place is None else known.user.placed(store, place)
        await self._append(known.position, user, by)

    async def disable(self, name: str, *, disabled: bool = True, by: str | None = None) -> None:
        """A user who can sign in no more, at once; or again."""
        known = await self._known(name)
        if known.user.disabled != disabled:
            await self._append(known.position, msgspec.structs.replace(known.user, disabled=disabled), by)

    async def change_password(self, name: str, password: str, *, by: str | None = None) -> None:
        """Another password for a user; the old one is good no more."""
        known = await self._known(name)
        kept = await self._passwords.make(self._hasher.digest(password))
        await self._append(known.position, known.user.with_password(kept), by)

    async def _known(self, name: str) -> Known:
        known = await self.find(name)
        if known is None:
            raise NotFound(f"there is no user {name!r}: `lrs user list` shows those that are")
        return known

    async def _chosen(self, user: User, name: str | None) -> Store:
        if name is not None:
            every = (await self._stores.all()).values()
            found = next((each for each in every if each.name == name and each.id in user.places), None)
            if found is None:
                raise Forbidden(f"you have no place in a store {name[:80]!r}")
            return found
        if not user.places:
            raise Forbidden("you have no place in any store: ask an administrator for one")
        if len(user.places) > 1:
            raise Invalid("you have a place in several stores: name one by ?store=", rule="store")
        return await self._stores.get(next(iter(user.places)))

    def _caller(self, user: User, store: Store) -> Caller:
        place = user.places[store.id]
        authority = bytes(states.authority(self._homepage, user.name))
        return Caller(
            store=store.id,
            key=user.name,
            scopes=frozenset({scopes.ADMIN} if people.ADMIN in place.roles else ()),
            authority=authority,
            authority_ifi=states.ifi(authority),
            store_secret=store.secret,
            roles=frozenset(place.roles),
            person=place.person,
            orgs=place.orgs,
        )

    async def _append(self, after: int, user: User, by: str | None) -> None:
        draft = Draft(
            kind=Kind.USER_CHANGED,
            subject=subject(user.name),
            payload=user.encode(),
            filled=b"{}",
            detail=Changed(name=user.name, after=after),
        )
        await self._log.append(SYSTEM, keys=Keys(), decide=lambda known: [draft], credential=by)


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """What the row of a new version needs besides its payload: the name, and the version that it follows (0: none)."""

    name: str
    after: int


class Inline:
    """Writes the rows of users in the transaction that appends their events."""

    kinds = frozenset({Kind.USER_CHANGED})

    async def known(self, tx: Connection, store: Store, keys: Keys) -> Iterable[Event]:
        """Nothing: that a user has changed meanwhile shows when her row is written."""
        return ()

    async def write(self, to: Writing, store: Store, events: Sequence[Event], *, alone: bool) -> None:
        """The rows of new versions; Conflict where another change came first."""
        for event in events:
            change = event.detail
            if not isinstance(change, Changed):
                raise TypeError("an event of a user needs its Changed")
            added = await SQL.execute(
                to.transaction(),
                "add",
                name=change.name,
                position=event.position,
                state=event.payload,
                after=change.after,
            )
            if not added:
                raise Conflict(f"the user {change.name} exists, or was changed meanwhile: look, then try again")


def subject(name: str) -> UUID:
    """What the events of a user have in common."""
    return UUID(bytes=hashlib.sha256(b"user\0" + name.encode()).digest()[:16])
