from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from lrs import main
from lrs.auth import bootstrap
from lrs.auth.credentials import Credentials
from lrs.auth.issuing import Issued
from lrs.auth.listening import Listener
from lrs.config import Settings
from lrs.errors import Conflict, Invalid, Unauthorized
from tests.conftest import Database
from tests.serving import until

SETTINGS = Settings(pepper="of the tests")
SCOPES = ("statements/write",)


@pytest.fixture
async def core(database: Database) -> AsyncIterator[main.Core]:
    where = main.Database(dsn=database.dsn, owner_dsn=database.owner_dsn, is_embedded=False)
    async with main.core(SETTINGS, where) as made:
        await main.default_store(made)
        yield made


@pytest.fixture
async def listening(core: main.Core) -> AsyncIterator[Credentials]:
    """Credentials that hear of changes."""
    listener = Listener(core.dsn, core.credentials, role=core.role)
    listener.start()
    await wait_for_trust(core.credentials)
    yield core.credentials
    await listener.stop()


async def wait_for_trust(credentials: Credentials) -> None:
    async def holds() -> bool:
        return credentials.is_trusted

    await until(holds)


async def issue(core: main.Core, **given: object) -> Issued:
    store = await core.stores.by_name(main.DEFAULT_STORE)
    return await core.issuing.issue(store.id, name="", scopes=SCOPES, **given)  # type: ignore[arg-type]


async def is_known(credentials: Credentials, issued: Issued) -> bool:
    try:
        await credentials.verify(issued.key, issued.secret)
    except Unauthorized:
        return False
    return True


async def test_issued_credential_is_known(core: main.Core) -> None:
    issued = await issue(core)
    caller = await core.credentials.verify(issued.key, issued.secret)
    assert (caller.key, caller.scopes) == (issued.key, frozenset(SCOPES))
    assert caller.authority_ifi == f"account:http://localhost:8080|{issued.key}"


@pytest.mark.parametrize("changes", [{"secret": "wrong"}, {"key": "unknown"}, {"key": "\0"}, {"key": "ü:"}])
async def test_wrong_is_told_alike(core: main.Core, changes: dict[str, str]) -> None:
    issued = await issue(core)
    wrong = {"key": issued.key, "secret": issued.secret} | changes
    with pytest.raises(Unauthorized, match="unknown, expired or revoked"):
        await core.credentials.verify(**wrong)


async def test_known_credential_asks_no_database(core: main.Core, listening: Credentials) -> None:
    issued = await issue(core)
    await heard(listening, issued)
    core.reads.terminate()
    assert await is_known(listening, issued)


async def heard(credentials: Credentials, issued: Issued) -> None:
    """Wait until the credential is in memory."""

    async def holds() -> bool:
        return credentials.remembers(issued.key)

    await until(holds)


async def test_revocation_is_heard_at_once(core: main.Core, listening: Credentials) -> None:
    issued = await issue(core)
    await heard(listening, issued)
    await core.issuing.revoke(issued.key)

    async def holds() -> bool:
        return not await is_known(listening, issued)

    assert await until(holds) < 1


async def test_lost_connection_trusts_no_memory(core: main.Core, listening: Credentials, database: Database) -> None:
    issued = await issue(core)
    await heard(listening, issued)
    owner = await asyncpg.connect(database.owner_dsn)
    try:
        await owner.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and application_name = 'daybook credentials'"
        )
    finally:
        await owner.close()

    async def holds() -> bool:
        return not listening.is_trusted

    await until(holds)
    await core.issuing.revoke(issued.key)
    assert not await is_known(listening, issued)
    await wait_for_trust(listening)
    assert not await is_known(listening, issued)


async def test_rotated_secrets_are_both_good(core: main.Core) -> None:
    old = await issue(core)
    new = await core.issuing.rotate(old.key, overlap=timedelta(hours=1))
    assert await is_known(core.credentials, old)
    assert await is_known(core.credentials, new)
    last = await core.issuing.rotate(old.key, overlap=timedelta(0))
    assert [await is_known(core.credentials, each) for each in (old, new, last)] == [False, False, True]


async def test_expired_credential_is_unknown(core: main.Core) -> None:
    issued = await issue(core, expires=datetime.now(UTC) - timedelta(seconds=1))
    assert not await is_known(core.credentials, issued)


async def test_key_is_taken_once(core: main.Core) -> None:
    given = Issued(key="k", secret="s")
    await issue(core, given=given)
    with pytest.raises(Conflict):
        await issue(core, given=given)


@pytest.mark.parametrize("key", ["", "a:b", "a\nb", "x" * 256])
async def test_key_must_fit_the_header(core: main.Core, key: str) -> None:
    with pytest.raises(Invalid):
        await issue(core, given=Issued(key=key, secret="s"))


async def test_database_holds_no_usable_secret(core: main.Core, database: Database) -> None:
    issued = await issue(core)
    owner = await asyncpg.connect(database.owner_dsn)
    try:
        rows = await owner.fetch(
            "select state as held from auth.credentials union all select payload from log.payloads"
        )
    finally:
        await owner.close()
    assert rows
    assert not any(issued.secret.encode() in row["held"] for row in rows)


async def test_first_credential_is_made_once(core: main.Core) -> None:
    store = await core.stores.by_name(main.DEFAULT_STORE)
    first = await bootstrap.first_credential(SETTINGS, core.issuing, store.id)
    assert first is not None
    caller = await core.credentials.verify(first.key, first.secret)
    assert caller.may("all")
    assert caller.may("admin")
    assert await bootstrap.first_credential(SETTINGS, core.issuing, store.id) is None


async def test_first_credential_may_be_set(core: main.Core) -> None:
    settings = Settings(pepper="of the tests", api_key="k", api_secret="s:s")
    store = await core.stores.by_name(main.DEFAULT_STORE)
    for _ in range(2):
        assert await bootstrap.first_credential(settings, core.issuing, store.id) is None
    assert (await core.credentials.verify("k", "s:s")).key == "k"
