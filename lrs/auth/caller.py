"""The one who asks, as every layer above knows them."""

from typing import Self

import msgspec

from lrs import errors
from lrs.auth import scopes as scopes_


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """A credential or a user that has been proven, and what it may do in its one store.

    `authority` is the JSON of the Agent that its statements get, `authority_ifi` its canonical identifier. `roles`,
    `person` (of the roster) and `orgs` are a user's; a credential has none.
    """

    store: int
    key: str
    scopes: frozenset[str]
    authority: bytes
    authority_ifi: str
    store_secret: bytes
    roles: frozenset[str] = frozenset()
    person: str | None = None
    orgs: tuple[str, ...] = ()

    def may(self, scope: str) -> bool:
        """Whether `scope`, or one that includes it, is held."""
        return not self.scopes.isdisjoint(scopes_.GRANTED_BY[scope])

    def must(self, *needed: str) -> Self:
        """This caller if any of the `needed` scopes is held, else Forbidden. (1.0.3 Communication 3.2; 2.0 4.1.5)"""
        if any(self.may(scope) for scope in needed):
            return self
        raise errors.Forbidden(f"this credential has none of the scopes {', '.join(needed)}; ask for one that has")

    @property
    def mine(self) -> str | None:
        """The authority to which what is read is limited, None for one who may read all statements."""
        return None if self.may(scopes_.STATEMENTS_READ) else self.authority_ifi
