"""Rubrics over time: every version that was loaded, when it is in force, and which criteria go on from which."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import msgspec

from lrs.reference.case import Match
from lrs.reference.criteria import Names
from lrs.reference.model import Criterion, Rubric


class Edition(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a rubric as it was loaded, to hold from a day."""

    rubric: Rubric
    effective_from: date


def added(editions: Sequence[Edition], rubric: Rubric, day: date) -> tuple[Edition, ...]:
    """The editions with one more; the same version loaded again takes the place of the former, from the same day."""
    for at, each in enumerate(editions):
        if (each.rubric.id, each.rubric.version) == (rubric.id, rubric.version):
            again = Edition(rubric=rubric, effective_from=each.effective_from)
            return (*editions[:at], again, *editions[at + 1 :])
    return (*editions, Edition(rubric=rubric, effective_from=day))


def dated(editions: Sequence[Edition], crosswalk: Iterable[Match]) -> tuple[Rubric, ...]:
    """The rubrics with their intervals. The first version of one that replaces none holds from ever."""
    replaced = _replaced(editions, crosswalk)
    owner = {criterion.id: each.rubric.id for each in editions for criterion in each.rubric.criteria}
    starts: dict[str, list[date]] = defaultdict(list)
    for each in editions:
        starts[each.rubric.id].append(each.effective_from)
    found: list[Rubric] = []
    for each in editions:
        id_, since = each.rubric.id, each.effective_from
        is_first = since == min(starts[id_]) and not _replaces(each.rubric, replaced, owner)
        ends = [day for day in starts[id_] if day > since]
        ends += [
            min(starts[owner[new]]) for old, new in _pairs(replaced)
            if owner.get(old) == id_ and owner[new] != id_ and min(starts[owner[new]]) >= since
        ]  # fmt: skip
        criteria = tuple(_with(criterion, replaced) for criterion in each.rubric.criteria)
        found.append(msgspec.structs.replace(
            each.rubric, criteria=criteria, since=None if is_first else since, until=min(ends, default=None),
        ))  # fmt: skip
    return tuple(found)


def _replaced(editions: Sequence[Edition], crosswalk: Iterable[Match]) -> Mapping[str, Sequence[str]]:
    """Of each criterion, those of other rubrics or versions that it goes on from."""
    criteria = [criterion for each in editions for criterion in each.rubric.criteria]
    names = Names((each.id, (each.id, each.uri, *each.iris)) for each in criteria)
    order = {criterion.id: at for at, each in enumerate(editions) for criterion in each.rubric.criteria}
    found: dict[str, list[str]] = defaultdict(list)
    for match in crosswalk:
        old, new = names.find(match.origin), names.find(match.destination)
        if old is None or new is None or old == new:
            continue
        if match.kind == "exactMatchOf":
            if order[old] == order[new]:
                continue
            old, new = sorted((old, new), key=lambda each: order[each])
        if old not in found[new]:
            found[new].append(old)
    return found


def _pairs(replaced: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    return [(old, new) for new, olds in replaced.items() for old in olds]


def _replaces(rubric: Rubric, replaced: Mapping[str, Sequence[str]], owner: Mapping[str, str]) -> bool:
    return any(owner[old] != rubric.id for each in rubric.criteria for old in replaced.get(each.id, ()))


def _with(criterion: Criterion, replaced: Mapping[str, Sequence[str]]) -> Criterion:
    return msgspec.structs.replace(criterion, replaces=tuple(replaced.get(criterion.id, ())))
