"""Receiving in one word, for tests of statements."""

from collections.abc import Callable
from itertools import count
from uuid import UUID

import pytest

from lrs.errors import Invalid
from lrs.xapi import statements
from lrs.xapi.limits import DEFAULT, Limits
from lrs.xapi.versions import Version
from tests.factories import body, statement

BOTH = pytest.mark.parametrize("version", Version)
JSON_TYPE = "application/json"


def receive(
    content: object,
    version: Version = Version.V2_0_0,
    *,
    content_type: str = JSON_TYPE,
    limits: Limits = DEFAULT,
    statement_id: UUID | None = None,
) -> statements.Receipt:
    raw = content if isinstance(content, bytes) else body(content)
    return statements.receive(
        raw, content_type, version=version, ids=numbered(), limits=limits, statement_id=statement_id
    )


def numbered() -> Callable[[], UUID]:
    numbers = count(1)
    return lambda: UUID(int=next(numbers))


def refused(content: object, version: Version, pointer: str, words: str | None = None) -> None:
    """Refused alone at `pointer`, and in a batch below its index."""
    for sent, place in ((content, pointer), ([statement(), content], f"/1{pointer}")):
        with pytest.raises(Invalid, match=words) as error:
            receive(sent, version)
        assert error.value.pointer == place
        assert error.value.rule
        assert (error.value.paragraph or "").startswith(version.value[:3])
