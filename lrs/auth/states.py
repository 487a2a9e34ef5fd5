"""A credential as its events and its rows hold it, and how it changes. No I/O, no clock, no chance."""

from datetime import datetime, timedelta

import msgspec

from lrs.errors import Conflict
from lrs.xapi import actors, strictjson


class Secret(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a secret: its HMAC under the pepper (64 hex digits), and when it is good."""

    hmac: str
    not_before: datetime
    expires: datetime | None = None

    def is_live(self, now: datetime) -> bool:
        """Whether it opens the door at that time."""
        return self.not_before <= now and (self.expires is None or now < self.expires)


class State(msgspec.Struct, frozen=True, kw_only=True):
    """A credential at one version. `authority` is the Agent, as JSON, that its statements get."""

    name: str
    scopes: tuple[str, ...]
    authority: msgspec.Raw
    secrets: tuple[Secret, ...]
    expires: datetime | None = None
    revoked: bool = False

    @classmethod
    def parse(cls, content: bytes) -> "State":
        """The state that `encode` wrote."""
        return msgspec.json.decode(content, type=cls)

    def encode(self) -> bytes:
        """JSON: the payload of its event and the content of its row."""
        return msgspec.json.encode(self)

    def is_live(self, now: datetime) -> bool:
        """Whether it is neither revoked nor expired at that time."""
        return not self.revoked and (self.expires is None or now < self.expires)

    def rotated(self, secret: Secret, *, overlap: timedelta) -> "State":
        """With a new secret; the newest of the old ones stays good for `overlap`, so that clients can change over."""
        if self.revoked:
            raise Conflict("this credential is revoked: issue a new one")
        end = secret.not_before + overlap
        kept = [self._until(old, end) for old in self.secrets[-1:] if overlap and old.is_live(secret.not_before)]
        return msgspec.structs.replace(self, secrets=(*kept, secret))

    def without_secrets(self) -> "State":
        """Revoked, with nothing left to guess."""
        return msgspec.structs.replace(self, revoked=True, secrets=())

    @staticmethod
    def _until(secret: Secret, end: datetime) -> Secret:
        earlier = end if secret.expires is None else min(end, secret.expires)
        return msgspec.structs.replace(secret, expires=earlier)


def authority(homepage: str, key: str) -> msgspec.Raw:
    """The Agent that stands for a credential: an account of this server. (1.0.3 Data 2.4.9; 2.0 4.2.4.2)"""
    agent = {"objectType": "Agent", "account": {"homePage": homepage, "name": key}}
    return msgspec.Raw(msgspec.json.encode(agent))


def ifi(authority: bytes) -> str:
    """The canonical identifier of an authority."""
    agent: dict[str, strictjson.JSON] = msgspec.json.decode(authority)
    found = actors.ifi(agent)
    if found is None:
        raise ValueError("an authority must be identified")
    return found
