"""Rows come in the order in which their keys are compared here, whatever the database takes for the order of text."""

from typing import Any, cast

import pytest

from lrs.storage.pool import Connection
from projections.answers.data import Data, selecting
from tests.projections.answers.asking import stored

C = ' collate "C"'


class Words:
    """A connection to a database that orders text as a dictionary does, or as we do; notes what it was asked."""

    def __init__(self, *, like_ours: bool) -> None:
        self.asked = ""
        self._like_ours = like_ours

    async def fetchval(self, text: str) -> bool:
        assert text == "select 'a' > 'B'"
        return self._like_ours

    async def fetch(self, text: str, *values: Any) -> list[Any]:
        self.asked = text
        return []


@pytest.mark.parametrize(("like_ours", "by"), [(False, f"t.person_id{C}"), (True, "t.person_id")])
async def test_people_come_in_our_order(like_ours: bool, by: str) -> None:
    words = Words(like_ours=like_ours)
    data = Data(cast(Connection, words), 1, {"visits.visit": stored()})
    await data.first("visits.visit", "person_id", [], after="ann", limit=1)
    assert f"{by} > $2" in words.asked
    assert f"order by {by} limit" in words.asked


def test_the_text_of_a_key_is_ordered_by_a_collation() -> None:
    text, _ = selecting("visits.visit", stored(), [], "t.day", 1, ("ann", "2026-02-01"), 1, C)
    assert f"(t.person_id{C}, t.day) > (" in text
    assert text.endswith(f"order by t.person_id{C}, t.day limit 1")
