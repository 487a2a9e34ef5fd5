"""A user as her events and rows hold her, and how she changes. No I/O, no clock, no chance."""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from lrs.errors import Conflict, Invalid

ADMIN: Final = "admin"
DIRECTOR: Final = "director"
# What each sees of the analytics is said in projections/answers/README.md; `admin` sets up, and sees no content.
ROLES: Final = ("educator", "coach", "facilitator", "principal", "evaluator", DIRECTOR, "researcher", ADMIN)
# Who sees what is hers alone, and who sees schools: neither sees anything before it is said whose.
PERSONAL: Final = ("educator", "coach", "facilitator")
OF_SCHOOLS: Final = ("principal", "evaluator")
LONGEST: Final = 255
LEAST_PASSWORD: Final = 8
MOST_PASSWORD: Final = 1_000


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """What a user is in a store: her roles, whom of the roster she is, and the organisations given to her.

    Without organisations, a principal or evaluator sees those of her posts in the roster.
    """

    roles: tuple[str, ...]
    person: str | None = None
    orgs: tuple[str, ...] = ()


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A user at one version: what is kept of her password, and her places by the id of the store."""

    name: str
    password: str
    places: Mapping[int, Place] = {}
    disabled: bool = False

    @classmethod
    def parse(cls, content: bytes) -> "User":
        """The user that `encode` wrote."""
        return msgspec.json.decode(content, type=cls)

    def encode(self) -> bytes:
        """JSON: the payload of her event and the content of her row."""
        return msgspec.json.encode(self)

    def placed(self, store: int, place: Place) -> "User":
        """With a place in a store, in place of the one she had there."""
        return msgspec.structs.replace(self, places={**self.places, store: place})

    def elsewhere(self, store: int) -> "User":
        """Without her place in a store."""
        return msgspec.structs.replace(self, places={key: each for key, each in self.places.items() if key != store})

    def with_password(self, password: str) -> "User":
        """With another password, of which this is what is kept."""
        if self.disabled:
            raise Conflict(f"the user {self.name} is disabled: enable her first")
        return msgspec.structs.replace(self, password=password)


def roles(names: Iterable[str]) -> tuple[str, ...]:
    """The roles of that name without repeats, in the order of `ROLES`; Invalid names one that does not exist."""
    wanted = set(names)
    unknown = sorted(wanted - set(ROLES))
    if unknown or not wanted:
        what = f"there is no role {unknown[0]!r}" if unknown else "a user needs a role"
        raise Invalid(f"{what}; choose from {', '.join(ROLES)}", rule="role")
    return tuple(role for role in ROLES if role in wanted)


def lacking(place: Place) -> str | None:
    """What a place lacks for its roles to see anything, and how to say it; None where it lacks nothing."""
    personal = [role for role in place.roles if role in PERSONAL]
    if personal and place.person is None:
        what, option = personal[0], "--person SOURCED_ID"
    elif place.person is None and not place.orgs and (found := [each for each in place.roles if each in OF_SCHOOLS]):
        what, option = found[0], "--person SOURCED_ID or --org SOURCED_ID"
    else:
        return None
    return (
        f"as {what} she sees nothing yet, since nothing says who she is in the roster: give {option} when she is made,"
        " or PUT /admin/v1/users/NAME with roles, person and orgs now"
    )


def check_name(name: str) -> None:
    """Invalid for what cannot be sent as the name of Basic authentication, or looks like something else."""
    if not name.isprintable() or ":" in name or name != name.strip() or not 0 < len(name.encode()) <= LONGEST:
        raise Invalid(f"a name has 1 to {LONGEST} printable characters, no colon and no space around it", rule="name")


def check_password(password: str) -> None:
    """Invalid for a password that is too short to be one, or too long to be meant."""
    if not LEAST_PASSWORD <= len(password) <= MOST_PASSWORD:
        raise Invalid(f"a password has {LEAST_PASSWORD} to {MOST_PASSWORD} characters", rule="password")
