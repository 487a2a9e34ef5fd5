"""A policy as a file, YAML or JSON: judged by its schema, faults told with their lines."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from lrs.reference import yamlfile
from lrs.reference.policy import DEFAULT, Policy
from lrs.reference.yamlfile import Document

SCHEMA: Final = "policy/policy.json"
NAMES: Final = ("policy", "effective_from")


class PolicyFile(msgspec.Struct, frozen=True, kw_only=True):
    """What a policy file says: its settings, and the day from which they hold where it names one."""

    policy: Policy
    effective_from: date | None = None


def parse(text: str) -> PolicyFile:
    """The policy in a file; Invalid tells of unknown keys and wrong values, with their lines."""
    document = yamlfile.read(text)
    if document.value is None:
        document = Document(value={}, lines={(): 1})
    yamlfile.check(document, SCHEMA)
    value = cast(dict[str, Any], document.value)
    _check_zones(document, value.get("timezone", "UTC"))
    bands = value.get("support", {}).get("experience_bands", [])
    if bands != sorted(bands):
        raise document.fault(("support", "experience_bands"), "the borders of the bands must rise")
    since = value.get("effective_from")
    try:
        day = None if since is None else date.fromisoformat(since)
    except ValueError:
        raise document.fault(("effective_from",), f"{since!r} is no date") from None
    return PolicyFile(policy=of(value), effective_from=day)


def of(value: Mapping[str, Any]) -> Policy:
    """The policy of what a checked file says; targets of plans that it leaves out keep their defaults."""
    said = {key: each for key, each in value.items() if key not in NAMES}
    policy = msgspec.convert(said, Policy)
    plans = {**DEFAULT.cadence.by_plan, **policy.cadence.by_plan}
    return msgspec.structs.replace(policy, cadence=msgspec.structs.replace(policy.cadence, by_plan=plans))


def _check_zones(document: Document, zones: str | Mapping[str, str]) -> None:
    named = {("timezone",): zones} if isinstance(zones, str) else {("timezone", org): zones[org] for org in zones}
    for place, name in named.items():
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise document.fault(place, f"there is no time zone {name!r}; one is America/Los_Angeles") from None
