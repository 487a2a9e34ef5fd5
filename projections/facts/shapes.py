"""What a statement looks like, values apart: statements of one shape are mapped by one program, which asks no more of
them than they may hold.
"""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from lrs.reference.jsonpath import Path, Step

Keys: TypeAlias = tuple[str, ...]
Head: TypeAlias = tuple[str, str, str | None]
Members: TypeAlias = tuple[Keys, ...]
# The last is that of the SubStatement, where the object is one.
Written: TypeAlias = tuple[Head, Members, "Written | None"]

# Where rules look most: the objects whose keys are part of a shape, in the order in which `of` gives them.
HOLDERS: Final[tuple[Keys, ...]] = (
    ("context",),
    ("context", "contextActivities"),
    ("context", "extensions"),
    ("result",),
    ("result", "extensions"),
    ("object", "definition", "extensions"),
)
ACTIVITY: Final = "Activity"
SUBSTATEMENT: Final = "SubStatement"
_ABSENT: Final[Mapping[str, Any]] = {}


def of(statement: Mapping[str, Any]) -> Written:
    """Of a valid statement: verb, kind of the object and its type, as they are written, and the keys of HOLDERS."""
    held = statement["object"]
    kind = held.get("objectType", ACTIVITY)
    definition = held.get("definition", _ABSENT)
    context = statement.get("context", _ABSENT)
    result = statement.get("result", _ABSENT)
    return (
        (statement["verb"]["id"], kind, definition.get("type")),
        (
            tuple(context),
            tuple(context.get("contextActivities", ())),
            tuple(context.get("extensions", ())),
            tuple(result),
            tuple(result.get("extensions", ())),
            tuple(definition.get("extensions", ())),
        ),
        of(held) if kind == SUBSTATEMENT else None,
    )


class Shape:
    """What all statements of one head and of the same members have in common; ANY, of which nothing is known."""

    def __init__(self, head: Head | None = None, members: Members = (), inner: Written | None = None) -> None:
        self._texts: dict[Keys, str | None] = {}
        self._sure: set[Keys] = set()
        if head is not None:
            self._sure = {("actor",), ("object", "id")} if head[1] == ACTIVITY else {("actor",)}
            self._texts = {("verb", "id"): head[0], ("object", "definition", "type"): head[2]}
        self._members = dict(zip(HOLDERS, map(frozenset, members), strict=bool(members)))
        self.head: Final = head
        self.inner: Final[Shape | None] = None if inner is None else Shape(*inner)
        if self.inner is not None:
            self._sure |= set(map(_within, self.inner._sure))
            self._texts |= {_within(keys): text for keys, text in self.inner._texts.items()}
            self._members |= {_within(keys): found for keys, found in self.inner._members.items()}

    @property
    def is_whole(self) -> bool:
        """Whether all of a statement that bears on it is known to be in itself, and not in a SubStatement."""
        return self.head is not None and self.head[1] != SUBSTATEMENT

    def has(self, keys: Keys) -> bool:
        """Whether there surely is something at these keys."""
        return keys in self._sure or (len(keys) > 0 and keys[-1] in self._members.get(keys[:-1], ()))

    def lacks(self, path: Path) -> bool:
        """Whether there surely is nothing at a path."""
        return all(map(self._ends, path.branches))

    def may_have(self, keys: Keys) -> bool:
        """Whether there may be something at these keys."""
        return not self._ends(tuple((key,) for key in keys))

    def says(self, keys: Keys) -> bool:
        """Whether the text at these keys is known."""
        return keys in self._texts

    def text(self, keys: Keys) -> str | None:
        """The text that is known to stand there, None where there is none."""
        return self._texts[keys]

    def _ends(self, steps: tuple[Step, ...]) -> bool:
        """Whether one of the steps surely leads nowhere."""
        before: Keys = ()
        for step in steps:
            known = self._members.get(before)
            if known is not None and (not known if step is None else known.isdisjoint(step)):
                return True
            if step is None or len(step) > 1 or not isinstance(step[0], str):
                return False
            before = (*before, step[0])
        return False


def _within(keys: Keys) -> Keys:
    return ("object", *keys)


ANY: Final = Shape()
