import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.xapi import languages


@pytest.mark.parametrize(
    ("header", "tags", "chosen"),
    [
        ("en-GB", ["en-US", "en-GB"], "en-GB"),
        ("EN-gb", ["en-US", "en-GB"], "en-GB"),
        ("da, en-gb;q=0.8, en;q=0.7", ["en", "en-GB", "fr"], "en-GB"),
        ("en", ["fr", "en-US"], "en-US"),
        ("en", ["en-US", "en"], "en"),
        ("en", ["fr", "english", "en-AU"], "en-AU"),
        ("fr, en", ["en", "fr"], "fr"),
        ("fr;q=0.5, en;q=0.9", ["fr", "en"], "en"),
        ("*, en;q=0.5", ["en", "fr"], "fr"),
        ("en;q=0.5, *;q=0.1", ["fr", "en"], "en"),
        ("en-GB;q=0, en", ["en-GB", "en-US"], "en-US"),
        ("en-GB, fr;q=0.8", ["en", "fr"], "fr"),
    ],
)
def test_quality_decides(header: str, tags: list[str], chosen: str) -> None:
    assert chosen == languages.parse(header).choose(tags)


@pytest.mark.parametrize(
    ("header", "tags", "chosen"),
    [
        ("en-GB", ["fr", "en"], "en"),
        ("en-GB", ["fr", "en-US"], "en-US"),
        ("zh-Hant-TW", ["ja", "zh", "zh-Hant"], "zh-Hant"),
        ("zh-x-private", ["ja", "zh"], "zh"),
        ("en-GB, en-US;q=0", ["fr", "en-US", "en-AU"], "en-AU"),
        ("de-AT, fr-CA", ["it", "fr"], "fr"),
    ],
)
def test_lookup_finds_next_best(header: str, tags: list[str], chosen: str) -> None:
    assert chosen == languages.parse(header).choose(tags)


@pytest.mark.parametrize("header", [None, "", " ", "de", ",,;;", "q=1", "*;q=0", "é", "12345", "en;q=2", "en;q=x"])
def test_first_entry_where_nothing_fits(header: str | None) -> None:
    assert "fr" == languages.parse(header).choose(["fr", "es"])


def test_refused_language_comes_last() -> None:
    assert "es" == languages.parse("de, fr;q=0").choose(["fr", "es"])


def test_refused_language_is_better_than_none() -> None:
    assert "fr" == languages.parse("de, fr;q=0").choose(["fr"])


def test_empty_map_has_no_choice() -> None:
    assert languages.parse("en").choose([]) is None


@pytest.mark.parametrize("header", ["en;q=x, fr", "@@, fr", "en;level=1;q=1, fr", ",fr", "fr;Q=0.9", "fr ; q = 1.000"])
def test_malformed_part_is_passed_over(header: str) -> None:
    assert "fr" == languages.parse(header).choose(["en", "fr"])


def test_endless_header_is_cut() -> None:
    assert 32 == len(languages.parse(",".join(["aa", "bb"] * 1000)).ranges)


def test_endless_tag_is_matched_by_its_start() -> None:
    tag = "en-x" + "-a" * 500
    assert tag == languages.parse("en-x-a").choose(["fr", tag])


def test_endless_range_is_passed_over() -> None:
    assert "fr" == languages.parse("en" + "-a" * 8).choose(["fr", "en"])


@given(st.text(max_size=40), st.lists(st.sampled_from(["en", "en-GB", "fr", "zh-Hant"]), min_size=1, unique=True))
def test_any_header_chooses_one(header: str, tags: list[str]) -> None:
    assert languages.parse(header).choose(tags) in tags
