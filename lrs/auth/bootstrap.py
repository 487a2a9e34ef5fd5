"""The first credential and the first administrator, so that a fresh server can be used at once."""

from lrs.auth import passwords, people, scopes
from lrs.auth.issuing import Issued, Issuing
from lrs.auth.people import Place
from lrs.auth.users import Users
from lrs.config import Settings
from lrs.errors import Conflict

FIRST = (scopes.ALL, *scopes.OURS)
ADMINISTRATOR = "admin"


async def first_credential(settings: Settings, issuing: Issuing, store: int) -> Issued | None:
    """Make LRS_API_KEY if there is no such key; without it, one key if there is none at all. What was generated.

    Its secret is to be shown now, for it cannot be shown again. What was set is known to whoever set it.
    """
    given = Issued(key=settings.api_key, secret=settings.api_secret) if settings.api_key else None
    if given is not None:
        if await issuing.find(given.key) is None:
            await _issue(issuing, store, given)
        return None
    return None if await issuing.of_store(store) else await _issue(issuing, store, None)


async def first_user(settings: Settings, users: Users, store: int) -> Issued | None:
    """Make LRS_ADMIN_USER if there is no such user; without it, one if there is none at all. What was generated.

    An administrator sets up; as director she sees what is told in sums.
    """
    place = Place(roles=people.roles((people.ADMIN, people.DIRECTOR)))
    if settings.admin_user:
        if await users.find(settings.admin_user) is None:
            await _create(users, store, place, Issued(key=settings.admin_user, secret=settings.admin_password))
        return None
    if not await users.is_empty():
        return None
    generated = Issued(key=ADMINISTRATOR, secret=passwords.generate())
    return generated if await _create(users, store, place, generated) else None


async def _create(users: Users, store: int, place: Place, given: Issued) -> bool:
    try:
        await users.create(given.key, store, place, password=given.secret)
    except Conflict:
        # Another server that started at the same moment was first.
        return False
    return True


async def _issue(issuing: Issuing, store: int, given: Issued | None) -> Issued | None:
    try:
        return await issuing.issue(store, name="first", scopes=FIRST, given=given)
    except Conflict:
        # Another server that started at the same moment was first.
        return None
