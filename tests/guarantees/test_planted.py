"""The rows of hostile and generated input find defects that are planted in the server."""

import random
from collections.abc import Callable, Iterator
from urllib.parse import unquote
from uuid import UUID

import pytest

from lrs.http import params
from lrs.recording.documents import Conditions
from lrs.xapi import formats, values
from lrs.xapi.parameters import Pairs
from projections.statements import plan
from tests.guarantees import grammar, hostile, model, roundtrip, rows
from tests.guarantees.rows import Run, Trial

Plant = Callable[[pytest.MonkeyPatch], None]


async def holds(run: Run, loops: int) -> bool:
    with rows.folder("planted") as folder:
        return (await run(Trial(loops=loops, seed=1, folder=folder, dice=random.Random(1)))).held


@pytest.fixture
def plans() -> Iterator[None]:
    """Plans are made anew, before and after."""
    plan.plan.cache_clear()
    yield
    plan.plan.cache_clear()


def voided_are_listed(patch: pytest.MonkeyPatch) -> None:
    end = plan._end
    patch.setattr(plan, "_end", lambda *given: end(*given).replace("v.store = :store", "v.store < 0"))


def mine_shows_others(patch: pytest.MonkeyPatch) -> None:
    rest = plan._rest
    patch.setattr(
        plan,
        "_rest",
        lambda shape: {name: text.replace("= :mine", "<> :mine - 1") for name, text in rest(shape).items()},
    )


def preconditions_are_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Conditions, "check", lambda *given: None)


@pytest.mark.usefixtures("plans")
@pytest.mark.parametrize("plant", [voided_are_listed, mine_shows_others, preconditions_are_forgotten])
async def test_the_model_finds(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    monkeypatch.setattr(model, "PATIENCE", 0)
    assert not await holds(model.model, 40)


async def test_rewritten_numbers_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = formats.exact
    monkeypatch.setattr(formats, "exact", lambda payload, *given: exact(payload.replace(b"1.10", b"1.1"), *given))
    assert not await holds(roundtrip.roundtrip, 60)


def bytes_become_one_character(patch: pytest.MonkeyPatch) -> None:
    def parse(text: bytes) -> Pairs:
        pairs = (part.decode().partition("=") for part in text.split(b"&") if part)
        return tuple((unquote(name), unquote(value, errors="replace")) for name, _, value in pairs)

    patch.setattr(params, "parse", parse)


async def test_the_table_finds_what_is_taken_for_something_else(monkeypatch: pytest.MonkeyPatch) -> None:
    bytes_become_one_character(monkeypatch)
    monkeypatch.setattr(hostile, "TABLES", ("query.INPUTS",))
    assert not await holds(hostile.hostile, 1)


async def test_an_unforeseen_error_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "uuid", UUID)
    monkeypatch.setattr(grammar, "PATIENCE", 0)
    assert not await holds(grammar.grammar, 400)
