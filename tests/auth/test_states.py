from datetime import UTC, datetime, timedelta

import pytest

from lrs.auth import states
from lrs.auth.states import Secret, State
from lrs.errors import Conflict

NOW = datetime(2026, 1, 31, tzinfo=UTC)
DAY = timedelta(days=1)


def secret(name: str, *, since: datetime = NOW, expires: datetime | None = None) -> Secret:
    return Secret(hmac=name, not_before=since, expires=expires)


def state(*secrets: Secret) -> State:
    return State(name="", scopes=("all",), authority=states.authority("http://h|ome", "k"), secrets=secrets)


def test_state_survives_its_encoding() -> None:
    assert State.parse(state(secret("a")).encode()).encode() == state(secret("a")).encode()


def test_rotation_keeps_the_old_secret_for_a_while() -> None:
    rotated = state(secret("a")).rotated(secret("b", since=NOW + DAY), overlap=DAY)
    assert [each.hmac for each in rotated.secrets] == ["a", "b"]
    assert rotated.secrets[0].expires == NOW + 2 * DAY


def test_only_two_secrets_live() -> None:
    rotated = state(secret("a"), secret("b")).rotated(secret("c", since=NOW + DAY), overlap=DAY)
    assert [each.hmac for each in rotated.secrets] == ["b", "c"]


def test_rotation_at_once_drops_the_old_secret() -> None:
    assert [each.hmac for each in state(secret("a")).rotated(secret("b"), overlap=timedelta(0)).secrets] == ["b"]


def test_rotation_does_not_lengthen_a_life() -> None:
    rotated = state(secret("a", expires=NOW + DAY)).rotated(secret("b"), overlap=7 * DAY)
    assert rotated.secrets[0].expires == NOW + DAY


def test_revoked_credential_has_nothing_to_guess() -> None:
    revoked = state(secret("a")).without_secrets()
    assert (revoked.secrets, revoked.is_live(NOW)) == ((), False)
    with pytest.raises(Conflict):
        revoked.rotated(secret("b"), overlap=DAY)


def test_authority_is_an_account_of_the_server() -> None:
    assert states.ifi(bytes(states.authority("http://h|ome", "k"))) == r"account:http://h\|ome|k"
