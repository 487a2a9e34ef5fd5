"""Whatever somebody writes into a mapping file is a mapping, or Invalid with the line: never anything else."""

import random
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from lrs.errors import Invalid
from lrs.reference import mapping
from lrs.reference.mapping import Mapping
from lrs.reference.reference import EMPTY
from projections.facts.mapper import Mapper

HEAD = "mapping: own\nversion: 1\nextends: [default]\n"
BLOCKS = re.split(r"(?m)^(?=  - id:)", mapping.source("default").partition("\nrules:\n")[2])[1:]
WORDS = (
    "null", "true", "7", "-1.5", "[]", "{}", "''", "$each", "$", "$.a..b", "'{x}'", "anywhere", "none", "actor",
    "contextAgents(*)", "extension(*)", "learn", "rubric.score", "each", "emit", "when", "{of: actor}", "{const: 1}",
    "{of: $.a, map: {b: c}}", "[[]]", "[null]", "object", "&a", "*a", "? x", "- y", ":", "#", "\t", "\\", '"', "'",
)  # fmt: skip


def mutated(seed: int) -> str:
    """Some rules of the default mapping, with some of their words replaced, lines gone or moved."""
    dice = random.Random(seed)
    lines = "".join(dice.sample(BLOCKS, 2)).splitlines()
    for _ in range(dice.randint(1, 3)):
        at = dice.randrange(len(lines))
        match dice.randrange(4):
            case 0:
                lines[at] = re.sub(r"(?<=: ).*", lambda _: dice.choice(WORDS), lines[at], count=1)
            case 1:
                words = re.split(r"(\W+)", lines[at])
                words[dice.randrange(len(words))] = dice.choice(WORDS)
                lines[at] = "".join(words)
            case 2:
                lines[at] = " " * dice.randrange(10) + lines[at].lstrip()
            case _:
                del lines[at]
                lines = lines or ["  - id: x"]
    return HEAD + "rules:\n" + "\n".join(lines) + "\n"


def read(text: str) -> Mapping | str:
    """The mapping, or what is wrong with it."""
    try:
        return mapping.parse(text)
    except Invalid as fault:
        return fault.detail


@given(st.integers(0, 2**32))
@settings(max_examples=500, deadline=None)
def test_faults_are_told_with_their_line(seed: int) -> None:
    text = mutated(seed)
    found = read(text)
    if isinstance(found, Mapping):
        # What is sound can be run.
        assert Mapper(found, EMPTY).mapping is found
        return
    line = re.match(r"line (\d+): ", found)
    assert line, found
    assert 1 <= int(line[1]) <= len(text.splitlines()) + 1


@given(st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_text_is_told_of(text: str) -> None:
    found = read(text)
    assert isinstance(found, Mapping) or found.startswith(("line ", "the file is no YAML"))
