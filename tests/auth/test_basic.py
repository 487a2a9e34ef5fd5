import base64

import pytest

from lrs.auth import basic
from lrs.errors import Unauthorized


def header(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("key:secret", ("key", "secret")),
        ("key:se:cr:et", ("key", "se:cr:et")),
        ("a key:geheimnüs", ("a key", "geheimnüs")),
        ("key:" + "x" * 128, ("key", "x" * 128)),
        ("key:", ("key", "")),
    ],
)
def test_key_and_secret_are_read(text: str, pair: tuple[str, str]) -> None:
    assert basic.parse("Basic " + header(text)) == pair
    assert basic.parse("bAsIc  " + header(text)) == pair


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "Basic",
        "Basic:YTpi",
        "Bearer YTpi",
        "Basic !!!!",
        "Basic YQ==",
        "Basic /////w==",
        "Basic " + "A" * 5000,
    ],
)
def test_anything_else_is_nobody(text: str | None) -> None:
    with pytest.raises(Unauthorized):
        basic.parse(text)
