"""The JSONPath of xAPI Profiles: names, `*`, numbers, unions, `|` between paths; no filters, scripts, slices or `..`.

$.context.contextActivities.parent[*].id        $.result['duration','score']        $.actor | $.context.team
"""

import re
from typing import Final, TypeAlias

import msgspec

# The keys of one step in order; None is `*`.
Step: TypeAlias = tuple[str | int, ...] | None

_DOT: Final = re.compile(r"\.(?:(\*)|([A-Za-z_][A-Za-z0-9_-]*))")
_KEY: Final = re.compile(r"""\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(0|[1-9][0-9]{0,8}))\s*""")
_ESCAPED: Final = re.compile(r"\\(.)")


class Path(msgspec.Struct, frozen=True, kw_only=True):
    """A path: what several `|` join are its branches."""

    text: str
    branches: tuple[tuple[Step, ...], ...]


def parse(text: str) -> Path:
    """The path in `text`; ValueError, with the words for people, where it is none."""
    branches: list[tuple[Step, ...]] = []
    at = 0
    while True:
        at = _skip(text, at)
        if text[at : at + 1] != "$":
            raise ValueError(f"a path begins with $, not {text[at:] or 'nothing'!r}")
        steps, at = _steps(text, at + 1)
        branches.append(steps)
        at = _skip(text, at)
        if at == len(text):
            return Path(text=text, branches=tuple(branches))
        if text[at] != "|":
            raise ValueError(f"{text[at:]!r} in the path {text!r} is not understood")
        at += 1


def _skip(text: str, at: int) -> int:
    while text[at : at + 1].isspace():
        at += 1
    return at


def _steps(text: str, at: int) -> tuple[tuple[Step, ...], int]:
    steps: list[Step] = []
    while at < len(text) and text[at] in ".[":
        if text[at] == ".":
            step, at = _dotted(text, at)
        else:
            step, at = _bracketed(text, at)
        steps.append(step)
    return tuple(steps), at


def _dotted(text: str, at: int) -> tuple[Step, int]:
    if text.startswith("..", at):
        raise ValueError(f"`..` in the path {text!r} is not taken: name each step")
    found = _DOT.match(text, at)
    if found is None:
        raise ValueError(f"{text[at:]!r} in the path {text!r} is not understood; write ['…'] for other keys")
    return (None if found[1] else (found[2],)), found.end()


def _bracketed(text: str, at: int) -> tuple[Step, int]:
    end = at + 1
    if text.startswith("*]", end):
        return None, end + 2
    if text[end : end + 1] in {"?", "("}:
        raise ValueError(f"filters and scripts, as in the path {text!r}, are not taken")
    keys: list[str | int] = []
    while True:
        found = _KEY.match(text, end)
        if found is None:
            raise ValueError(f"{text[at:]!r} in the path {text!r} is not understood: ['key'], [0], [*] and [0,2] are")
        quoted = found[1] if found[1] is not None else found[2]
        keys.append(int(found[3]) if quoted is None else _ESCAPED.sub(r"\1", quoted))
        end = found.end()
        if text[end : end + 1] == "]":
            return tuple(keys), end + 1
        if text[end : end + 1] != ",":
            raise ValueError(f"the bracket in the path {text!r} does not end")
        end += 1
