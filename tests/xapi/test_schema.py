import copy
import json
import time
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema.exceptions import ValidationError
from referencing import Registry
from referencing.jsonschema import DRAFT202012

import lrs
from lrs.errors import Invalid
from lrs.xapi import schema, values
from lrs.xapi.versions import Version
from tests.factories import agent, attachment, group, reference, statement, substatement, voiding
from tests.xapi import full

# A stranger in any place: wrong types, null, empty strings, right ones in the wrong place, other letter case, newlines.
STRANGERS: list[Any] = [
    None,
    True,
    0,
    -1,
    1.5,
    1.0,
    -0.0,
    2**63,
    10**400,
    1e308,
    float("inf"),
    "",
    "a",
    "1",
    "true",
    "a\n",
    "http://example.org/x",
    "http://example.org/x\n",
    "http://example.org/\u2028ä😀",
    "mailto:ann@example.org",
    "mailto:ann@example.org\n",
    "6690e6c9-3ef0-4ed3-8b37-7f3964730bee",
    "2026-01-02T03:04:05Z",
    "2026-01-02T03:04:05",
    "2026-01-02T03:04:05-00:00\n",
    "PT1S\n",
    "P4W",
    "en\n",
    "1.0",
    "2.0.0",
    "Group",
    "Agent",
    "Activity",
    "StatementRef",
    "SubStatement",
    "agent",
    "contextAgent",
    "٣",
    [],
    [None],
    {},
    {"a": None},
    {"http://example.org/e": None},
    {"http://example.org/e\n": 1},
    {"en": "x"},
    {"en\n": "x"},
    agent(),
    group(),
    group(agent()),
    group(agent(), agent("bob"), agent("cid")),
    reference(),
    substatement(),
    statement(),
]


@lru_cache
def explainer(version: Version) -> Any:
    """The jsonschema validator of a statement. Its `$` is made that of JSON Schema, which lets no newline through."""
    # Without $schema, at which jsonschema would go over to its own `pattern`.
    bare = [{key: value for key, value in file.items() if key != "$schema"} for file in schema.files(version)]
    registry: Registry[Any] = Registry().with_resources(
        (str(file["$id"]), DRAFT202012.create_resource(file)) for file in bare
    )
    kind: Any = jsonschema.validators.extend(jsonschema.Draft202012Validator, {"pattern": pattern})  # type: ignore[no-untyped-call]
    return kind({"$ref": f"{schema.BASE}/{version.value}/{schema.STATEMENT}"}, registry=registry)


def pattern(_validator: object, wanted: str, value: object, _schema: object) -> Iterator[ValidationError]:
    if isinstance(value, str) and compiled(wanted).search(value) is None:
        yield ValidationError("pattern")


compiled = lru_cache(values.compiled)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from places(each, (*path, key))


def originals(version: Version) -> list[Any]:
    return [
        full.whole(version),
        full.nested(version),
        statement(),
        statement(object=agent(objectType="Agent")),
        voiding(),
    ]


@st.composite
def changed(draw: st.DrawFn) -> tuple[Version, Any]:
    """A valid statement in which one to three things have been changed."""
    version = draw(st.sampled_from(Version))
    root = {"": copy.deepcopy(draw(st.sampled_from(originals(version))))}
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(list(places(root))[1:]))
        holder: Any = root
        for key in path[:-1]:
            holder = holder[key]
        change(draw, holder, path[-1])
        if "" not in root:
            break
    return version, root.get("")


def change(draw: st.DrawFn, holder: Any, key: Any) -> None:
    match draw(st.sampled_from(["replace", "remove", "add", "rename", "repeat", "swap"])):
        case "replace":
            holder[key] = copy.deepcopy(draw(st.sampled_from(STRANGERS)))
        case "remove":
            del holder[key]
        case "add" if isinstance(holder, dict):
            holder[
                draw(
                    st.sampled_from(
                        ["id", "name", "objectType", "mbox", "member", "extra", "Actor", "stored", "", "en\n"]
                    )
                )
            ] = copy.deepcopy(draw(st.sampled_from(STRANGERS)))
        case "rename" if isinstance(holder, dict):
            holder[draw(st.sampled_from([key.upper(), key + " ", key + "\n", key.capitalize()]))] = holder.pop(key)
        case "repeat" if isinstance(holder, list):
            holder.append(copy.deepcopy(holder[key]))
        case _:
            holder[key] = [holder[key]]


@pytest.mark.parametrize("version", Version)
def test_full_statements_are_valid(version: Version) -> None:
    for original in originals(version):
        schema.check(schema.STATEMENT, original, version)


@settings(max_examples=1500, deadline=None)
@given(changed())
@example((Version.V2_0_0, statement(result={"score": {"raw": float("inf")}})))
@example((Version.V2_0_0, statement(result={"score": {"raw": 10**400}})))
@example((Version.V1_0_3, statement(context={"extensions": {"http://e": 10**400}})))
def test_both_verdicts_are_one(case: tuple[Version, Any]) -> None:
    version, value = case
    errors = list(explainer(version).iter_errors(value))
    assert schema.verdict(schema.STATEMENT, version).is_valid(value) == (not errors)
    if errors:
        refusal = schema.refusal(schema.STATEMENT, value, version, "/3")
        assert (refusal.pointer or "").startswith("/3")
        assert refusal.rule
        assert (refusal.paragraph or "").startswith(version.value[:3])
        assert len(refusal.detail) < 400
        assert refusal.detail.isprintable()


def test_a_refusal_says_where_and_why() -> None:
    with pytest.raises(Invalid) as refused:
        schema.check(schema.STATEMENT, statement(actor=agent(mbox="ann@example.org")), Version.V1_0_3, "/7")
    assert refused.value.pointer == "/7/actor/mbox"
    assert refused.value.detail == "mbox is 'ann@example.org'"
    assert refused.value.rule == "an mbox is a mailto IRI of one e-mail address"
    assert refused.value.paragraph == "1.0.3 Data 2.4.2.3"


def test_a_wrong_case_is_hinted_at() -> None:
    with pytest.raises(Invalid, match="is 'actor' meant"):
        schema.check(schema.STATEMENT, {**statement(), "Actor": agent()}, Version.V2_0_0)


@pytest.mark.parametrize("version", Version)
def test_the_files_are_strict_schemas(version: Version) -> None:
    for file in schema.files(version):
        jsonschema.Draft202012Validator.check_schema(file)
        for path in places(file):
            part: Any = file
            for key in path:
                part = part[key]
            if isinstance(part, dict) and part.get("type") == "object" and "properties" in part:
                assert part.get("additionalProperties") is False
                assert part["description"]
                assert part["$comment"]


def test_the_schemas_may_lie_in_the_package_or_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = tmp_path / "schemas" / "xapi" / "2.0.0"
    shipped.mkdir(parents=True)
    (shipped / "one.json").write_text(json.dumps({"$id": "one"}))
    schema.files.cache_clear()
    try:
        assert len(schema.files(Version.V2_0_0)) > 5
        schema.files.cache_clear()
        monkeypatch.setattr("importlib.resources.files", lambda _: tmp_path)
        assert schema.files(Version.V2_0_0) == ({"$id": "one"},)
    finally:
        schema.files.cache_clear()
    assert lrs.__file__


def test_a_large_statement_is_refused_as_fast() -> None:
    content = statement(attachments=[attachment() for _ in range(20_000)])
    content["attachments"][-1]["extra"] = 1
    start = time.process_time()
    with pytest.raises(Invalid) as refused:
        schema.check(schema.STATEMENT, content, Version.V2_0_0)
    assert time.process_time() - start < 20  # what is not linear takes minutes
    assert refused.value.pointer == "/attachments/19999/extra"


def test_a_long_key_is_not_told_whole() -> None:
    refusal = schema.refusal(schema.STATEMENT, {**statement(), "x" * 1_000_000: 1}, Version.V2_0_0)
    assert refusal.pointer == ""
    assert len(refusal.detail) < 200
