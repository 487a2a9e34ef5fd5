import pytest

from lrs.auth import scopes
from lrs.errors import Forbidden, Invalid
from tests.serving import caller


def test_all_covers_the_standard_alone() -> None:
    holder = caller("all")
    assert all(holder.may(scope) for scope in scopes.STANDARD)
    assert not any(holder.may(scope) for scope in scopes.OURS)


@pytest.mark.parametrize(
    ("held", "granted"),
    [
        ("statements/read", {"statements/read", "statements/read/mine"}),
        ("statements/read/mine", {"statements/read/mine"}),
        ("all/read", {"all/read", "statements/read", "statements/read/mine"}),
        ("state", {"state"}),
        ("admin", {"admin"}),
    ],
)
def test_scope_includes_others(held: str, granted: set[str]) -> None:
    assert {scope for scope in scopes.EVERY if caller(held).may(scope)} == granted


def test_one_of_the_needed_scopes_will_do() -> None:
    assert caller("profile").must("state", "profile").key == "tests"
    with pytest.raises(Forbidden):
        caller("profile").must("state", "all/read")


def test_mine_limits_those_who_may_not_read_all() -> None:
    assert caller("statements/read/mine").mine == "account:http://localhost|tests"
    assert caller("all/read").mine is None


@pytest.mark.parametrize("names", [["nonsense"], []])
def test_unknown_scope_is_refused(names: list[str]) -> None:
    with pytest.raises(Invalid):
        scopes.parse(names)
