"""The difference between two states of reference data in words, for whoever is about to apply something."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final, Literal, TypeAlias, TypeVar

import msgspec

from lrs.reference.model import Interval, Pause
from lrs.reference.reference import Reference

What: TypeAlias = Literal["added", "changed", "ended", "removed"]
WHATS: Final[tuple[What, ...]] = ("added", "changed", "ended", "removed")
LONGEST: Final = 80

K = TypeVar("K")
V = TypeVar("V")
I = TypeVar("I", bound=Interval)  # noqa: E741


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is different: of which `part` (people, memberships, …), which one, and in what."""

    part: str
    what: What
    id: str
    words: str = ""

    def __str__(self) -> str:
        return f"{self.part}: {self.id} {self.what}{f' ({self.words})' if self.words else ''}"


def difference(old: Reference, new: Reference) -> tuple[Change, ...]:
    """Every change from one to the other, part by part."""
    return tuple(_all(old, new))


def counts(changes: Iterable[Change]) -> Mapping[str, Mapping[What, int]]:
    """How many things were added, changed, ended and removed, by part; parts without a change are left out."""
    found: dict[str, Counter[What]] = defaultdict(Counter)
    for change in changes:
        found[change.part][change.what] += 1
    return {part: {what: counted[what] for what in WHATS if counted[what]} for part, counted in found.items()}


def _all(old: Reference, new: Reference) -> Iterator[Change]:
    before, after = old.records, new.records
    yield from _things("organisations", old.orgs, new.orgs)
    yield from _people(old, new)
    yield from _spans("posts", before.posts, after.posts, lambda post: f"{post.person} {post.role} at {post.org}")
    yield from _things("cohorts", old.cohorts, new.cohorts)
    yield from _spans("memberships", before.memberships, after.memberships,
                      lambda each: f"{each.person} {each.role} of {each.cohort}")  # fmt: skip
    yield from _spans("assignments", before.assignments, after.assignments, _pair)
    yield from _things("terms", _ids(before.periods), _ids(after.periods))
    yield from _spans("pauses", before.pauses, after.pauses, _pause)
    yield from _spans("identities", before.links, after.links, lambda link: f"{link.ifi} of {link.person}")
    yield from _things("alignments", _pairs(before.alignments), _pairs(after.alignments))
    yield from _rubrics(old, new)
    yield from _policies(old, new)
    if old.mapping != new.mapping:
        yield Change(part="mapping", what="added" if old.mapping is None else "changed", id="mapping")


def _ids(records: Iterable[Any]) -> dict[str, Any]:
    return {each.id: each for each in records}


def _pairs(records: Iterable[Any]) -> dict[str, Any]:
    return {f"{each.activity} with {each.criterion}": each for each in records}


def _pair(each: Any) -> str:  # noqa: ANN401
    plan = f" on {each.plan}" if each.plan else ""
    target = f" every {each.target_interval_days} days" if each.target_interval_days else ""
    return f"{each.coach} coaches {each.educator}{plan}{target}"


def _pause(each: Pause) -> str:
    return f"{each.kind} of {each.person or each.org or 'everybody'} {each.since or ''}".strip()


def _things(
    part: str, old: Mapping[str, Any], new: Mapping[str, Any], words: Callable[[Any], str] = lambda thing: ""
) -> Iterator[Change]:  # fmt: skip
    """What came, went or changed, by id."""
    for id_, thing in new.items():
        if id_ not in old:
            yield Change(part=part, what="added", id=id_, words=words(thing))
        elif old[id_] != thing:
            yield Change(part=part, what="changed", id=id_, words=_fields(old[id_], thing))
    for id_ in old:
        if id_ not in new:
            yield Change(part=part, what="removed", id=id_)


def _people(old: Reference, new: Reference) -> Iterator[Change]:
    """Persons, of whom those are ended who had a post without end and have none now."""
    yield from _things("people", old.people, new.people, lambda person: f"{person.given_name} {person.family_name}")
    was, is_ = _working(old), _working(new)
    for person, end in is_.items():
        if end is not None and person in was and was[person] is None:
            yield Change(part="people", what="ended", id=person, words=f"until {end}")


def _working(reference: Reference) -> dict[str, date | None]:
    """Until when each has a post: None, until further notice."""
    found: dict[str, date | None] = {}
    for post in reference.records.posts:
        ends = (found.get(post.person, date.min), post.until)
        found[post.person] = None if None in ends else max(end for end in ends if end is not None)
    return found


def _spans(part: str, old: Iterable[I], new: Iterable[I], name: Callable[[I], str]) -> Iterator[Change]:
    """What holds for other days than before, by what it is called."""
    before, after = _grouped(old, name), _grouped(new, name)
    for id_, spans in after.items():
        known = before.get(id_)
        if known is None:
            yield Change(part=part, what="added", id=id_, words=_days(spans))
        elif known != spans:
            ended = known[-1].until is None and spans[-1].until is not None
            yield Change(part=part, what="ended" if ended else "changed", id=id_, words=_days(spans))
    for id_ in before:
        if id_ not in after:
            yield Change(part=part, what="removed", id=id_)


def _grouped(records: Iterable[I], name: Callable[[I], str]) -> dict[str, list[Interval]]:
    found: dict[str, list[Interval]] = defaultdict(list)
    for each in records:
        found[name(each)].append(Interval(since=each.since, until=each.until))
    for spans in found.values():
        spans.sort(key=lambda span: span.since or date.min)
    return found


def _days(spans: Sequence[Interval]) -> str:
    return ", ".join(f"{span.since or 'ever'} to {span.until or 'further notice'}" for span in spans)


def _rubrics(old: Reference, new: Reference) -> Iterator[Change]:
    before = {f"{each.id} version {each.version}": each for each in old.records.rubrics}
    after = {f"{each.id} version {each.version}": each for each in new.records.rubrics}
    for id_, rubric in after.items():
        if id_ not in before:
            words = f"{rubric.title}, {len(rubric.criteria)} criteria"
            yield Change(part="rubrics", what="added", id=id_, words=words)
            continue
        if _days([rubric]) != _days([before[id_]]):
            yield Change(part="rubrics", what="changed", id=id_, words=_days([rubric]))
        yield from _things("criteria", _ids(before[id_].criteria), _ids(rubric.criteria))


def _policies(old: Reference, new: Reference) -> Iterator[Change]:
    before = {str(since): policy for since, policy in old.policies.dated}
    after = {str(since): policy for since, policy in new.policies.dated}
    for since, policy in after.items():
        former = before.get(since) or old.policies.on(date.max if since == str(None) else date.fromisoformat(since))
        if since not in before or former != policy:
            words = _fields(former, policy)
            yield Change(part="policy", what="changed" if since in before else "added", id=f"from {since}", words=words)


def _fields(old: object, new: object) -> str:
    """Which fields differ: `email: 'a' → 'b'`."""
    return "; ".join(
        f"{name}: {_shown(before)} → {_shown(after)}"
        for name, before, after in _differing("", msgspec.to_builtins(old), msgspec.to_builtins(new))
    )


def _differing(name: str, old: object, new: object) -> Iterator[tuple[str, object, object]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys((*old, *new)):
            yield from _differing(f"{name}.{key}" if name else str(key), old.get(key), new.get(key))
    elif old != new:
        yield name, old, new


def _shown(value: object) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
