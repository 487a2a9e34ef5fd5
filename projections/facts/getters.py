"""What expressions come to: functions of a `View`, those that are known beforehand, and how they are put together."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, TypeAlias, TypeVar

from projections.facts.view import NOBODY, View

Get: TypeAlias = Callable[[View], Any]
People: TypeAlias = Callable[[View], Sequence[str]]
Found: TypeAlias = Callable[[View], Sequence[str]]
# Of a criterion, the level that is named.
Level: TypeAlias = Callable[[View, str | None], str | None]
Spoken: TypeAlias = Callable[[View], Sequence[object]]
Convert: TypeAlias = Callable[[Any], Any]
Answer = TypeVar("Answer")


class Always:
    """Gives the same value for every statement."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value

    def __call__(self, _: View) -> object:
        """That value."""
        return self.value


# In place of what was not looked for yet.
_UNKNOWN: Final[Any] = object()

# What an expression comes to that finds nothing in any statement of a shape.


def nothing(_: View) -> None:
    """No value."""


def nobody(_: View) -> Sequence[str]:
    """No person."""
    return NOBODY


def nowhere(_: View) -> Sequence[str]:
    """Nothing that resolves."""
    return ()


def always(value: object) -> Get:
    """That value, or nothing."""
    return nothing if value is None else Always(value)


def surely(keys: Sequence[str]) -> Get:
    """What stands at keys that are there."""
    *before, last = keys
    if not before:
        return lambda view: view.statement[last]
    if len(before) == 1:
        (one,) = before
        return lambda view: view.statement[one][last]
    if len(before) == 2:
        one, other = before
        return lambda view: view.statement[one][other][last]

    def get(view: View) -> object:
        holder = view.statement
        for key in before:
            holder = holder[key]
        return holder[last]

    return get


def converted(raw: Get, convert: Convert) -> Get:
    """What is given, if anything is, in another form."""
    if raw is nothing:
        return nothing
    if isinstance(raw, Always):
        return always(convert(raw.value))

    def get(view: View) -> object:
        found = raw(view)
        return None if found is None else convert(found)

    return get


def first(options: Iterable[Get]) -> Get:
    """The first that gives anything; those that never do are not asked, nor are those after one that always does."""
    tried: list[Get] = []
    for option in options:
        if option is not nothing:
            tried.append(option)
        if isinstance(option, Always):
            break
    if len(tried) < 2:
        return tried[0] if tried else nothing

    def get(view: View) -> object:
        for option in tried:
            if (found := option(view)) is not None:
                return found
        return None

    return get


def persons(options: Iterable[People], *, every: bool) -> People:
    """The persons of the first that gives any, or of `every` one, none twice."""
    tried = [option for option in options if option is not nobody]
    if not tried:
        return nobody
    if every:
        return _everybody(tried)
    if len(tried) == 1:
        return tried[0]

    def get(view: View) -> Sequence[str]:
        for option in tried:
            if found := option(view):
                return found
        return NOBODY

    return get


def _everybody(options: Sequence[People]) -> People:
    if len(options) == 1:
        (only,) = options
        return lambda view: unique(only(view))

    def get(view: View) -> Sequence[str]:
        found: dict[str, None] = {}
        for option in options:
            for ifi in option(view):
                found[ifi] = None
        return list(found)

    return get


def unique(people: Sequence[str]) -> Sequence[str]:
    """These, none twice."""
    return people if len(people) < 2 else list(dict.fromkeys(people))


def together(options: Iterable[Found]) -> Found:
    """All that resolves, one option after the other, none twice."""
    tried = [option for option in options if option is not nowhere]
    return _everybody(tried) if tried else nowhere


def levels(options: Iterable[Level | None]) -> Level | None:
    """The first level, one option after the other."""
    tried = [option for option in options if option is not None]

    def get(view: View, criterion: str | None) -> str | None:
        return next((found for option in tried if (found := option(view, criterion)) is not None), None)

    return get if tried else None


def once(find: Callable[[View], Answer]) -> Callable[[View], Answer]:
    """What is found in a statement is remembered while it is mapped, however many conditions and fields ask for it."""

    def get(view: View) -> Answer:
        answer: Answer = view.found.get(find, _UNKNOWN)
        if answer is _UNKNOWN:
            answer = view.found[find] = find(view)
        return answer

    return get


def acting(raw: Get) -> People:
    """Those that stand there are remembered while a statement is mapped."""

    def get(view: View) -> Sequence[str]:
        found: Sequence[str] | None = view.found.get(raw)
        if found is None:
            found = view.agents(raw(view))
            if len(found) > 1:
                found = list(dict.fromkeys(found))
            view.found[raw] = found
        return found

    return get


def agents(view: View, found: Sequence[object]) -> Sequence[str]:
    """The persons that some values stand for, none twice."""
    if not found:
        return NOBODY
    if len(found) == 1:
        return unique(view.agents(found[0]))
    return list(dict.fromkeys(ifi for each in found for ifi in view.agents(each)))
