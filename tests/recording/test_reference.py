"""Applying reference data: one event, nothing twice, and of a roster only what is new."""

from datetime import date
from typing import Any

import pytest

from lrs.errors import Invalid
from lrs.events import Kind
from lrs.recording.reference import Outcome, References, Wanted
from lrs.reference import applied
from lrs.reference.applied import Kind as Of
from lrs.reference.flaws import Flawed
from lrs.reference.incoming import Given
from tests.reference.given import FIRST, LATER, ROSTER, criterion, csv, package, without
from tests.world import World


def wanted(kind: Of, content: bytes | dict[str, bytes], day: date = FIRST, **more: Any) -> Wanted:
    given = Given.of(f"{kind}.csv", content) if isinstance(content, bytes) else Given(source=kind, files=content)
    return Wanted(kind=kind, given=given, day=day, **more)


class Store:
    """References of a world's store."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.references = References(world.log, world.events)

    async def apply(self, want: Wanted, *, dry_run: bool = False) -> Outcome:
        return await self.references.apply(self.world.store.id, want, by="key", dry_run=dry_run)

    async def events(self) -> list[Any]:
        return await self.world.events.references(self.world.store.id)


@pytest.fixture
def store(world: World) -> Store:
    return Store(world)


async def test_application_is_one_event(store: Store) -> None:
    outcome = await store.apply(wanted("roster", dict(ROSTER)))
    (event,) = await store.events()
    assert (event.position, event.kind) == (outcome.position, Kind.REFERENCE_APPLIED)
    assert {"people: cy added (Cy Mills)", "cohorts: plc added"} <= {str(each) for each in outcome.changes}
    assert b"secret" not in event.payload


async def test_log_alone_gives_the_same(store: Store) -> None:
    await store.apply(wanted("roster", dict(ROSTER)))
    await store.apply(wanted("rubric", package(criterion("c"))))
    await store.apply(wanted("roster", without("users.csv", "ada,"), LATER))
    state = applied.EMPTY
    for event in await store.events():
        state = applied.fold(state, applied.decode(event.payload), event.position)
    known = await References(store.world.log, store.world.events).known(store.world.store.id)
    assert state.reference().records == known.reference.records
    assert known.reference.org_of("ada", LATER) is None


async def test_same_content_appends_nothing(store: Store) -> None:
    first = await store.apply(wanted("roster", dict(ROSTER)))
    again = await store.apply(wanted("roster", dict(ROSTER), LATER))
    assert (again.is_known, again.position, again.sha256) == (True, None, first.sha256)
    assert len(await store.events()) == 1


async def test_same_policy_from_another_day_is_another(store: Store) -> None:
    content = b"freshness_days: 9"
    await store.apply(wanted("policy", content))
    assert (await store.apply(wanted("policy", content, LATER))).is_known
    assert not (await store.apply(wanted("policy", content, LATER, effective_from=LATER))).is_known


async def test_former_content_again_is_no_repetition(store: Store) -> None:
    a, b = b"freshness_days: 9", b"freshness_days: 8"
    outcomes = [await store.apply(wanted("policy", content)) for content in (a, b, a)]
    assert [each.is_known for each in outcomes] == [False, False, False]


async def test_dry_run_appends_nothing(store: Store) -> None:
    outcome = await store.apply(wanted("roster", dict(ROSTER)), dry_run=True)
    assert outcome.position is None
    assert outcome.changes
    assert await store.events() == []


async def test_faults_append_nothing(store: Store) -> None:
    with pytest.raises(Flawed):
        await store.apply(wanted("calendar", csv("org,from,to,kind", "d,soon,,holiday")))
    assert await store.events() == []


async def test_daily_export_costs_what_changed(store: Store) -> None:
    await store.apply(wanted("roster", dict(ROSTER)))
    await store.apply(wanted("roster", without("enrollments.csv", "e1,"), LATER))
    first, second = await store.events()
    kept = applied.decode(second.payload).body["parts"]
    assert kept["enrollments"] == {"mode": "delta", "gone": {"e1": ""}}
    assert kept["users"] == {"mode": "delta"}
    assert len(second.payload) < len(first.payload) / 2


async def test_roster_of_the_past_is_refused(store: Store) -> None:
    await store.apply(wanted("roster", dict(ROSTER), LATER))
    with pytest.raises(Invalid, match="the last roster holds from 2025-01-06"):
        await store.apply(wanted("roster", without("users.csv", "ada,"), FIRST))


async def test_export_wins_over_one_that_came_in_between(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    await store.apply(wanted("roster", dict(ROSTER)))
    other = Store(store.world)
    append = store.references._append
    raced: list[bool] = []

    async def late(*arguments: Any) -> int:
        if not raced:
            raced.append(True)
            await other.apply(wanted("roster", without("users.csv", "bob,"), LATER))
        return await append(*arguments)

    monkeypatch.setattr(store.references, "_append", late)
    await store.apply(wanted("roster", without("users.csv", "ada,"), LATER))
    known = await store.references.known(store.world.store.id)
    assert known.reference.org_of("bob", LATER) == "south"
    assert known.reference.org_of("ada", LATER) is None
