"""JSONPath as closures: compiled once, run for each statement; and the rules of Statement Templates over them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

from lrs.reference.jsonpath import Path, Step
from lrs.reference.mapping import ProfileRule

Values: TypeAlias = Callable[[object], Sequence[object]]
One: TypeAlias = Callable[[object], object]
Normal: TypeAlias = Callable[[str], str]

NOTHING: Final[Sequence[object]] = ()


class _Absent:
    """What a selector that found nothing leaves in place of a value."""


UNMATCHABLE: Final = _Absent()


def values(path: Path) -> Values:
    """All values at the path, in order, each once for each way to it."""
    branches = [_branch(steps) for steps in path.branches]
    if len(branches) == 1:
        return branches[0]
    return lambda root: [value for branch in branches for value in branch(root)]


def first(path: Path) -> One:
    """The first value at the path that is not null; None where there is none."""
    if (keys := plain(path)) is not None:
        return _direct(keys)
    every = values(path)
    return lambda root: next((value for value in every(root) if value is not None), None)


def plain(path: Path) -> tuple[str, ...] | None:
    """The keys of a path that goes from one to the next and can give one value at most."""
    return _plain(path.branches[0]) if len(path.branches) == 1 else None


def _plain(steps: Sequence[Step]) -> tuple[str, ...] | None:
    names = [key for step in steps if step is not None and len(step) == 1 for key in step if isinstance(key, str)]
    return tuple(names) if len(names) == len(steps) else None


def _direct(keys: Sequence[str]) -> One:
    def find(root: object) -> object:
        for key in keys:
            if not isinstance(root, dict):
                return None
            root = root.get(key)
        return root

    return find


def _branch(steps: Sequence[Step]) -> Values:
    if (keys := _plain(steps)) is not None:
        return _straight(keys)

    def find(root: object) -> Sequence[object]:
        found: Sequence[object] = [root]
        for step in steps:
            found = [value for holder in found for value in _inner(holder, step)]
            if not found:
                return NOTHING
        return found

    return find


def _straight(keys: Sequence[str]) -> Values:
    def find(root: object) -> Sequence[object]:
        for key in keys:
            if not isinstance(root, dict) or key not in root:
                return NOTHING
            root = root[key]
        return (root,)

    return find


def _inner(holder: object, step: Step) -> Sequence[object]:
    if isinstance(holder, dict):
        if step is None:
            return list(holder.values())
        return [holder[key] for key in step if isinstance(key, str) and key in holder]
    if isinstance(holder, list):
        if step is None:
            return holder
        return [holder[key] for key in step if isinstance(key, int) and key < len(holder)]
    return NOTHING


def follows(rule: ProfileRule, normal: Normal) -> Callable[[object], bool]:
    """Whether a statement follows a rule of a Statement Template. (xAPI Profiles, Communication 2.1)

    Texts are compared in their normal form, so that a rule need not name the aliases of an IRI. Where nothing is found,
    `any` fails, `all` and `none` hold; with presence `recommended` all of them hold.
    """
    at = _located(rule)
    tests = [test for test in (_presence(rule), *_members(rule, normal)) if test is not None]
    if len(tests) == 1 and rule.presence != "recommended":
        (only,) = tests
        return lambda statement: only(at(statement))

    def check(statement: object) -> bool:
        found = at(statement)
        if not found and rule.presence == "recommended":
            return True
        return all(test(found) for test in tests)

    return check


def _located(rule: ProfileRule) -> Values:
    location = values(rule.location)
    if rule.selector is None:
        return location
    select = values(rule.selector)

    def find(root: object) -> Sequence[object]:
        found: list[object] = []
        for value in location(root):
            found += select(value) or (UNMATCHABLE,)
        return found

    return find


def _presence(rule: ProfileRule) -> Callable[[Sequence[object]], bool] | None:
    if rule.presence == "included":
        return lambda found: bool(found) and UNMATCHABLE not in found
    if rule.presence == "excluded":
        return lambda found: all(value is UNMATCHABLE for value in found)
    return None


def _members(rule: ProfileRule, normal: Normal) -> Sequence[Callable[[Sequence[object]], bool] | None]:
    some, every, none = (
        None if listed is None else [_normal(value, normal) for value in listed]
        for listed in (rule.any, rule.all, rule.none)
    )
    return (
        None if some is None else lambda found: any(_normal(value, normal) in some for value in found),
        None if every is None else lambda found: all(_normal(value, normal) in every for value in found),
        None if none is None else lambda found: not any(_normal(value, normal) in none for value in found),
    )


def _normal(value: object, normal: Normal) -> object:
    """A value as it is compared: numbers are not truths, though Python has 1 equal True."""
    if isinstance(value, str):
        return normal(value)
    if isinstance(value, bool):
        return ("bool", value)
    if isinstance(value, Mapping):
        return {key: _normal(each, normal) for key, each in value.items()}
    return [_normal(each, normal) for each in value] if isinstance(value, list) else value
