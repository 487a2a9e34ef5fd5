"""The first credential, so that a fresh server can be used at once."""

from lrs.auth import scopes
from lrs.auth.issuing import Issued, Issuing
from lrs.config import Settings
from lrs.errors import Conflict

FIRST = (scopes.ALL, *scopes.OURS)


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


async def _issue(issuing: Issuing, store: int, given: Issued | None) -> Issued | None:
    try:
        return await issuing.issue(store, name="first", scopes=FIRST, given=given)
    except Conflict:
        # Another server that started at the same moment was first.
        return None
