"""The rules that a schema cannot say, checked of a statement that has passed it."""

from collections.abc import Mapping
from typing import cast

from lrs.xapi import rules, strictjson, values, voiding
from lrs.xapi.limits import Limits
from lrs.xapi.shapes import Context, Definition, Object, Result, Score, Statement
from lrs.xapi.strictjson import JSON
from lrs.xapi.versions import Version

_COMPONENTS = ("choices", "scale", "source", "target", "steps")
# Where strings are not IRIs and may be long. All that are left are IRIs, or too short to matter by their own patterns.
_NO_IRIS = frozenset(
    (
        *_COMPONENTS,
        "name",
        "description",
        "display",
        "extensions",
        "response",
        "revision",
        "platform",
        "correctResponsesPattern",
        "contentType",
        "timestamp",
        "stored",
        "duration",
        "version",
        "language",
    )
)


def run(statement: Statement, version: Version) -> None:
    """Invalid, with its place, if a rule is broken."""
    voiding.check(statement, version)
    if (stored := statement.get("stored")) is not None:
        check_timestamp(stored, version, "/stored")
    _check_outer(statement, version, "")
    target = statement["object"]
    if target.get("objectType") == "SubStatement":
        _check_outer(target, version, "/object")


def _check_outer(statement: Statement | Object, version: Version, pointer: str) -> None:
    """What a statement and a SubStatement share. (1.0.3 Data 2.4.4.3; 2.0 4.2.2.3)"""
    target = statement["object"]
    if "timestamp" in statement:
        check_timestamp(statement["timestamp"], version, f"{pointer}/timestamp")
    if "result" in statement and "score" in statement["result"]:
        check_score(statement["result"], version, pointer)
    if "context" in statement and target.get("objectType", "Activity") != "Activity":
        check_context(statement["context"], target, version, pointer)
    if "definition" in target and version is Version.V1_0_3:
        check_components(target["definition"], version, f"{pointer}/object/definition")


def check_timestamp(text: str, version: Version, pointer: str) -> None:
    """A timestamp is a time that exists: there is no 02-30. (1.0.3 Data 4.5; 2.0 4.2.7)"""
    if not values.exists(text):
        raise rules.TIMESTAMP.broken(version, f"there is no such time as {values.shown(text)}", pointer)


def check_score(result: Result, version: Version, pointer: str = "") -> None:
    """The min is less than the max, and raw between them, as far as given. (1.0.3 Data 2.4.5.1; 2.0 4.2.2.4)"""
    score: Score | None = result.get("score")
    if score is None:
        return
    low, raw, high = score.get("min"), score.get("raw"), score.get("max")
    place = f"{pointer}/result/score"
    if low is not None and high is not None and not low < high:
        raise rules.SCORE.broken(version, "min must be less than max", f"{place}/min")
    if raw is not None and ((low is not None and raw < low) or (high is not None and raw > high)):
        raise rules.SCORE.broken(version, "raw must lie between min and max", f"{place}/raw")


def check_context(context: Context, target: Object, version: Version, pointer: str = "") -> None:
    """A revision or a platform is for Activities. (1.0.3 Data 2.4.6; 2.0 4.2.2.5)"""
    if ("revision" in context or "platform" in context) and target.get("objectType", "Activity") != "Activity":
        key = "revision" if "revision" in context else "platform"
        raise rules.CONTEXT.broken(version, f"{key} needs an Activity as object", f"{pointer}/context/{key}")


def check_components(definition: Definition, version: Version, pointer: str) -> None:
    """Ids are distinct within a list of components. (1.0.3 Data 2.4.4.1; 2.0 does not ask it)"""
    if definition.keys().isdisjoint(_COMPONENTS):
        return
    for key in _COMPONENTS:
        ids = [component["id"] for component in cast(list[Mapping[str, str]], definition.get(key, ()))]
        if len(set(ids)) != len(ids):
            raise rules.COMPONENTS.broken(version, "two components have the same id", f"{pointer}/{key}")


def check_sizes(statement: Statement, raw: bytes, version: Version, limits: Limits) -> None:
    """The limits of depth, members, keys and IRIs. (2.0 4.2.4.1)

    Most statements cannot break one by their bytes alone, and are not looked through.
    """
    if strictjson.may_hold(raw, limits.iri_bytes):
        check_iris(cast(JSON, statement), version, limits)
    if not strictjson.is_small(raw, limits):
        strictjson.check(cast(JSON, statement), limits, version=version)


def check_iris(value: JSON, version: Version, limits: Limits, pointer: str = "") -> None:
    """No IRI in what has passed a schema is longer than the limit. (2.0 4.2.4.1)"""
    if isinstance(value, list):
        for index, inner in enumerate(value):
            check_iris(inner, version, limits, f"{pointer}/{index}")
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key not in _NO_IRIS:
                check_iris(inner, version, limits, f"{pointer}/{key}")
    elif isinstance(value, str) and len(value) * 4 > limits.iri_bytes and len(value.encode()) > limits.iri_bytes:
        raise rules.LIMIT.broken(
            version, f"an IRI is longer than {limits.iri_bytes} bytes (LRS_LIMIT_IRI_BYTES)", pointer
        )
