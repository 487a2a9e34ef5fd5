"""The query parameters of a request: each known, given once, within its limit, and of its type.

(1.0.3 Communication 3.2, Data 2.2; 2.0 4.1.5, 4.1.6) Values come decoded. A parameter is validated like a value of the
same type in a statement; strings are not quoted.
"""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from lrs.errors import Invalid
from lrs.xapi import actors, values
from lrs.xapi.limits import Limits
from lrs.xapi.rules import LIMIT, Rule
from lrs.xapi.strictjson import JSON
from lrs.xapi.versions import Version

Pairs = Sequence[tuple[str, str]]

KNOWN = Rule("a parameter must be one of the standard's, in its case, here", "Communication 3.2", "4.1.5")
ONCE = Rule("a parameter is given once", "Communication 2.0", "4.1.6")
NEEDED = Rule("a required parameter must be there", "Communication 3.2", "4.1.6")
FORM = Rule("a parameter must be of its type and format", "Data 2.2", "4.1.6")
# A "+" that was not percent-encoded arrives as a space, and no timestamp has a space of its own before an offset.
_LOST_PLUS = re.compile(r" (?=[0-9]{2}(?::?[0-9]{2})?\Z)")


class Parameters(msgspec.Struct, frozen=True):
    """The parameters of one request, none of them unknown or repeated. What a getter refuses, it refuses as Invalid."""

    given: Mapping[str, str]
    version: Version
    limits: Limits

    def has(self, name: str) -> bool:
        """Whether the parameter was given, be it empty."""
        return name in self.given

    def text(self, name: str) -> str | None:
        """Any string, the empty one too, byte for byte."""
        return self.given.get(name)

    def needed(self, *names: str) -> None:
        """Invalid unless all of these were given."""
        for name in names:
            if name not in self.given:
                raise refused(NEEDED, self.version, f"the parameter {name} is missing")

    def flag(self, name: str) -> bool:
        """`true` or `false` as in JSON; false where not given."""
        return self.choice(name, ("false", "true"), default="false") == "true"

    def choice(self, name: str, allowed: Collection[str], *, default: str) -> str:
        """One of a few words, in their case."""
        value = self.given.get(name, default)
        if value not in allowed:
            raise self.misformed(name, "one of " + ", ".join(allowed))
        return value

    def uuid(self, name: str) -> UUID | None:
        """A UUID in its standard form, in either case."""
        return self.needed_uuid(name) if name in self.given else None

    def needed_uuid(self, name: str) -> UUID:
        """The same, which must be there."""
        self.needed(name)
        found = values.uuid(self.given[name])
        if found is None:
            raise self.misformed(name, "a UUID")
        return found

    def iri(self, name: str) -> str | None:
        """An IRI with a scheme, compared as it is written. (2.0 4.2.7)"""
        iri = self.given.get(name)
        if iri is None:
            return None
        if not values.is_iri(iri):
            raise self.misformed(name, "an IRI with a scheme")
        if len(iri.encode()) > self.limits.iri_bytes:
            raise refused(LIMIT, self.version, f"the parameter {name} is longer than {self.limits.iri_bytes} bytes")
        return iri

    def moment(self, name: str) -> datetime | None:
        """A timestamp as an instant in UTC; a digit finer than a microsecond is cut off, never rounded up."""
        if name not in self.given:
            return None
        text = _LOST_PLUS.sub("+", self.given[name])
        if not values.is_timestamp(text, loose=self.version is Version.V1_0_3):
            raise self.misformed(name, "a timestamp, such as 2026-01-31T12:00:00Z")
        return values.instant(text)

    def agent(self, name: str = "agent", *, groups: bool = False) -> str | None:
        """The canonical IFI of an Agent (with `groups`, also of an identified Group) given in JSON."""
        if name not in self.given:
            return None
        return actors.ifi(self.actor(name, groups=groups))

    def actor(self, name: str = "agent", *, groups: bool = False) -> Mapping[str, JSON]:
        """The Agent object itself, which must be there."""
        self.needed(name)
        try:
            return actors.parse(self.given[name], version=self.version, groups=groups, limits=self.limits)
        except Invalid as error:
            where = f" at {error.pointer}" if error.pointer else ""
            detail = (
                f"the parameter {name} is no valid {'Agent or Group' if groups else 'Agent'}{where}: {error.detail}"
            )
            raise Invalid(detail, rule=error.rule, paragraph=error.paragraph) from error

    def misformed(self, name: str, wanted: str) -> Invalid:
        """What to raise where the parameter is not what was wanted."""
        detail = f"the parameter {name} must be {wanted}, not {values.shown(self.given[name])}"
        return refused(FORM, self.version, detail)


def read(pairs: Pairs, allowed: Collection[str], *, version: Version, limits: Limits) -> Parameters:
    """The parameters of a request that may have those `allowed`; else Invalid."""
    for name, count in Counter(name for name, _ in pairs).items():
        if name not in allowed:
            raise refused(KNOWN, version, _unknown(name, allowed))
        if count > 1:
            raise refused(ONCE, version, f"the parameter {name} is given {count} times")
    for name, value in pairs:
        if _size(name, value, version) > limits.parameter_bytes:
            raise refused(LIMIT, version, f"the parameter {name} is longer than {limits.parameter_bytes} bytes")
    return Parameters(dict(pairs), version, limits)


def refused(rule: Rule, version: Version, detail: str) -> Invalid:
    """What to raise where not a place in the body but the request itself broke the rule."""
    return Invalid(detail, rule=rule.words, paragraph=version.paragraph(rule.old, rule.new))


def _unknown(name: str, allowed: Collection[str]) -> str:
    meant = next((known for known in allowed if known.lower() == name.lower()), None)
    if meant:
        return f"the parameter {values.shown(name)} must be written {meant}"
    return f"there is no parameter {values.shown(name)} here, only " + (", ".join(allowed) or "none at all")


def _size(name: str, value: str, version: Version) -> int:
    try:
        return len(value.encode())
    except UnicodeEncodeError as error:
        raise refused(FORM, version, f"the parameter {name} is not valid UTF-8") from error
