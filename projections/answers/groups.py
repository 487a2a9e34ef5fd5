"""Rows that stand for groups of people: what is hidden of those whose group is small."""

from collections.abc import Sequence

from projections.answers import suppression
from projections.answers.asked import Asked
from projections.answers.data import Data, identity
from projections.answers.question import Group, Kind, Question, Row


class Groups:
    """Hides what `question.group` says, by the same cut whatever was filtered."""

    def __init__(self, question: Question, asked: Asked, data: Data) -> None:
        assert question.group is not None
        self._question = question
        self._group: Group = question.group
        self._k = least(self._group.kind, asked)
        self._data = data

    async def suppress(self, rows: Sequence[Row], whole: Sequence[bool]) -> list[Row]:
        """The rows, with nulls and their names in `suppressed` where a group is small, unless it is told `whole`."""
        families = await self._families(rows) if self._group.within else {}
        shown = []
        for row, is_whole in zip(rows, whole, strict=True):
            is_small = 0 < (row[self._group.size] or 0) < self._k or identity(row, self._question.key) in families
            shown.append(row if is_whole or not is_small else hide(row, self._group.hides))
        return shown

    async def _families(self, rows: Sequence[Row]) -> frozenset[tuple[object, ...]]:
        """The keys of rows that are hidden, among all that share a total with one of these."""
        assert self._question.table is not None
        hidden: set[tuple[object, ...]] = set()
        for family in {identity(row, self._group.within) for row in rows}:
            where = {column: (str(value),) for column, value in zip(self._group.within, family, strict=True)}
            every = await self._data.rows(self._question.table, where)
            found = suppression.line([row[self._group.size] or 0 for row in every], self._k)
            hidden |= {
                identity(row, self._question.key)
                for row, is_hidden in zip(every, found.cells, strict=True)
                if is_hidden
            }
        return frozenset(hidden)


def hide(row: Row, columns: frozenset[str]) -> Row:
    """The row without these columns, which it names as suppressed."""
    return {
        **{name: None if name in columns else value for name, value in row.items()},
        "suppressed": sorted(columns),
    }


def least(kind: Kind, asked: Asked) -> int:
    """The fewest people of whom something is told, by the policy of the day; never less than two."""
    settings = asked.reference.policy(asked.as_of).suppression
    return max(2, settings.performance_k if kind == "performance" else settings.participation_k)
