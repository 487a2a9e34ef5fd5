"""What a key's rows were made of when they were last computed, so that the next time only what has changed is computed.

It changes no result: what it holds is the result of pure functions beside what they were given, and it gives that back
only for the same again, or lets what took some objects take the ones that are new. Nobody keeps what it gave.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from itertools import chain, compress, pairwise, repeat
from operator import ne
from typing import Any, Final, Protocol, TypeVar

Made = TypeVar("Made")
Key = TypeVar("Key", bound=Hashable)
Given = TypeVar("Given")
Taken_contra = TypeVar("Taken_contra", contravariant=True)


class Taking(Protocol[Taken_contra]):
    """What takes objects one by one."""

    def add(self, each: Taken_contra, /) -> None:
        """Take one more."""


Walk = TypeVar("Walk", bound=Taking[Any])


class Memo:
    """Results by part of a key, each with what it was made of; all under one reference data.

    A part that one computing of the key did not ask for is forgotten by the next.
    """

    __slots__ = ("_before", "_now")

    def __init__(self) -> None:
        self._before: dict[Hashable, tuple[Any, ...]] = {}
        self._now: dict[Hashable, tuple[Any, ...]] = {}

    def begin(self) -> None:
        """The key is about to be computed once more."""
        self._before, self._now = self._now, {}

    def end(self) -> None:
        """The key was computed: what it did not ask for is of no more use."""
        self._before = {}

    def of(self, part: Hashable, given: Any, make: Callable[[], Made]) -> Made:  # noqa: ANN401 - facts, lists of them
        """The result of `make`, a pure function of `given` and the reference data; as it was, if `given` was equal.

        Lists and tuples are compared object by object, which is quick where the objects are the same.
        """
        held = self._now.get(part) or self._before.get(part)
        if held is None or (held[0] is not given and held[0] != given):
            held = (given, make())
        self._now[part] = held
        made: Made = held[1]
        return made

    def of_all(
        self, part: Hashable, given: Mapping[Key, Given], make: Callable[[Key, Given], Made], beside: object = None
    ) -> Mapping[Key, Made]:
        """For each key of a part the result of `make(key, given)`, which may depend on `beside` too.

        It is what `of` would give key by key, at a fraction of the cost; the same mapping, where nothing was given
        anew. Neither mapping is changed afterwards.
        """
        was, made = self._kept(part, beside) or ({}, {})
        now: dict[Key, Made]
        if [*was] == [*given][: len(was)]:
            # Nearly always: most stay, each in its place, and others come behind.
            # Within a tuple, what is the same object is not looked at.
            is_new = chain(map(ne, zip(was.values()), zip(given.values())), repeat(True))
            new = {key: make(key, given[key]) for key in compress(given, is_new)}
            now = {**made, **new} if new else made
        else:
            now = {
                key: made[key] if key in was and (was[key] is each or was[key] == each) else make(key, each)
                for key, each in given.items()
            }
        self._now[part] = (beside, given, now)
        return now

    def of_parts(self, part: Hashable, given: Any, make: Callable[["Memo"], Made]) -> Made:  # noqa: ANN401 - as above
        """As `of`, for a part that has parts: `make` is given a memo for them, which is kept as long as the part."""
        held: Any = self._now.get(part) or self._before.get(part)
        if held is None or (held[0] is not given and held[0] != given):
            inner = Memo() if held is None else held[2]
            inner.begin()
            held = (given, make(inner), inner)
        self._now[part] = held
        made: Made = held[1]
        return made

    def of_each(
        self, part: Hashable, given: Iterable[Given], make: Callable[[Given], Made], beside: object = None
    ) -> list[Made]:
        """The result of `make` for each of these objects: facts, mostly; of one object, always of one `make`.

        Where they only go on from those of the last time, it costs about what the new ones do. `make` may depend on
        `beside` too: where that is another, results that come out equal stay the same objects. The list is not changed
        afterwards.
        """
        was, made, by = self._now.get(part) or self._before.get(part) or ([], [], beside)
        is_beside = by is beside or by == beside
        now = given if isinstance(given, list) else list(given)
        first = _alike(was, now) if is_beside else 0
        found: list[Made] = made[:first]
        if first == len(was):
            new = now[first:]
            found += [make(each) for each in new]
            # To go through many objects that stay costs more than to make few.
            was += new
        else:
            known = dict(zip(map(id, was[first:]), made[first:], strict=True))
            if is_beside:
                found += [known[id(each)] if id(each) in known else make(each) for each in now[first:]]
            else:
                found += [_same(known.get(id(each)), make(each)) for each in now]
            was = list(now)
        self._now[part] = (was, found, beside)
        return found

    def of_next(self, part: Hashable, given: list[Given], make: Callable[[Given, Given], Made]) -> list[Made]:
        """The result of `make` for each two of these objects that follow each other; no list is changed afterwards.

        It costs about what those do that come behind the first that is not where it was the last time.
        """
        was, made = self._now.get(part) or self._before.get(part) or ([], [])
        first = max(_alike(was, given) - 1, 0)
        found: list[Made] = made[:first]
        found += [make(*each) for each in pairwise(given[first:])]
        self._now[part] = (given, found)
        return found

    def of_sorts(
        self, part: Hashable, given: Iterable[Given], sort: Callable[[list[Given]], dict[Key, list[Made]]],
        beside: object = None,
    ) -> dict[Key, list[Made]]:  # fmt: skip
        """What `sort` makes of objects in order: lists by key, where each object adds to the ends of some lists,
        whatever the others are. A list that stays the same is the same object, and the mapping where all do.

        It may depend on `beside` too. It costs about what those do that come behind the first that is not where it was
        the last time. Neither the lists nor the mapping are changed afterwards.
        """
        was, old = self._kept(part, beside) or ([], {})
        now = given if isinstance(given, list) else [*given]
        first = len(was) if _goes_on(was, now) else _alike(was, now)
        found: dict[Key, list[Made]] = old
        if first < len(was) or first < len(now):
            found = dict(old)
            gone = sort(was[first:]) if first < len(was) else {}
            for key, each in gone.items():
                if len(each) == len(found[key]):
                    del found[key]
                else:
                    found[key] = found[key][: len(found[key]) - len(each)]
            for key, each in sort(now[first:]).items() if first < len(now) else ():
                found[key] = found[key] + each if key in found else each
            for key in gone:
                if key in found and found[key] == old[key]:
                    found[key] = old[key]
        was[first:] = now[first:]
        self._now[part] = (beside, was, found)
        return found

    def of_one_by_one(
        self, part: Hashable, given: list[Given], begin: Callable[[], Walk], *, is_ordered: bool = True
    ) -> Walk:
        """What `begin` gives, once it has taken these objects in order, each once; the list is not changed afterwards.

        Where they only go on from those of the last time, it is what took those, and takes the new ones too; where
        their order is nothing to it, also if new ones came between.
        """
        was, walk = self._now.pop(part, None) or self._before.pop(part, None) or ([], None)
        first = _alike(was, given)
        new = given[first:]
        if first < len(was) and not is_ordered:
            rest = set(map(id, was[first:]))
            new = [each for each in new if id(each) not in rest]
            first = len(given) - len(new)
        if walk is None or first < len(was):
            new, walk = given, begin()
        for each in new:
            walk.add(each)
        self._now[part] = (given, walk)
        taken: Walk = walk
        return taken

    def _kept(self, part: Hashable, beside: object) -> tuple[Any, Any] | None:
        """What a part was given and what was made of it, if that was beside the same."""
        held = self._now.get(part) or self._before.get(part)
        return None if held is None or (held[0] is not beside and held[0] != beside) else (held[1], held[2])


class _Afresh(Memo):
    """A memo that remembers nothing."""

    __slots__ = ()

    def of(self, part: Hashable, given: Any, make: Callable[[], Made]) -> Made:  # noqa: ANN401 - as it is above
        return make()

    def of_all(
        self, part: Hashable, given: Mapping[Key, Given], make: Callable[[Key, Given], Made], beside: object = None
    ) -> Mapping[Key, Made]:
        return {key: make(key, each) for key, each in given.items()}

    def of_parts(self, part: Hashable, given: Any, make: Callable[[Memo], Made]) -> Made:  # noqa: ANN401 - as above
        return make(self)

    def of_each(
        self, part: Hashable, given: Iterable[Given], make: Callable[[Given], Made], beside: object = None
    ) -> list[Made]:
        return [make(each) for each in given]

    def of_next(self, part: Hashable, given: list[Given], make: Callable[[Given, Given], Made]) -> list[Made]:
        return [make(*each) for each in pairwise(given)]

    def of_sorts(
        self, part: Hashable, given: Iterable[Given], sort: Callable[[list[Given]], dict[Key, list[Made]]],
        beside: object = None,
    ) -> dict[Key, list[Made]]:  # fmt: skip
        return sort(list(given))

    def of_one_by_one(
        self, part: Hashable, given: list[Given], begin: Callable[[], Walk], *, is_ordered: bool = True
    ) -> Walk:
        walk = begin()
        for each in given:
            walk.add(each)
        return walk


def _goes_on(own: list[Given], now: list[Given]) -> bool:
    """Whether a list of our own is the beginning of another.

    Lists of one length are compared without a look at objects that are the same. A copy would touch each, and most have
    not been touched for long.
    """
    size = len(own)
    own += now[size:]
    is_so = own == now
    del own[size:]
    return is_so


def _alike(one: list[Given], other: list[Given]) -> int:
    """With how many equal objects both begin; found quickly where one goes on from the other."""
    least = min(len(one), len(other))
    if one is other or (one == other[:least] if len(one) == least else one[:least] == other):
        return least
    return next(at for at in range(least) if one[at] != other[at])


def _same(old: Made | None, new: Made) -> Made:
    """What there was, where it is equal."""
    return new if old is None or old != new else old


# For `rows`, which computes a key by the code of `again`, once.
AFRESH: Final[Memo] = _Afresh()
