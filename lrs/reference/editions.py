"""Rubrics over time: every version that was loaded, when it is in force, and which criteria go on from which."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import msgspec

from lrs.reference.case import Match
from lrs.reference.criteria import Names
from lrs.reference.model import Rubric


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
    of_id: dict[str, list[Edition]] = defaultdict(list)
    for each in sorted(editions, key=lambda edition: edition.effective_from):
        of_id[each.rubric.id].append(each)
    found: list[Rubric] = []
    for id_, every in of_id.items():
        for number, each in enumerate(every):
            is_first = number == 0 and not _replaces(each.rubric, replaced, owner)
            # Of two that hold from the same day, the one that came later is in force on it.
            ends = [other.effective_from for other in every[number + 1 :]]
            ends += [
                of_id[owner[new]][0].effective_from for old, new in _pairs(replaced)
                if owner.get(old) == id_ != owner[new] and of_id[owner[new]][0].effective_from >= each.effective_from
            ]  # fmt: skip
            since = None if is_first else each.effective_from
            found.append(_rubric(each, replaced, since=since, until=min(ends, default=None)))
    return tuple(found)


def _rubric(
    edition: Edition, replaced: Mapping[str, Sequence[str]], *, since: date | None, until: date | None
) -> Rubric:  # fmt: skip
    criteria = tuple(
        msgspec.structs.replace(each, replaces=tuple(replaced.get(each.id, ()))) for each in edition.rubric.criteria
    )
    return msgspec.structs.replace(edition.rubric, criteria=criteria, since=since, until=until)


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
