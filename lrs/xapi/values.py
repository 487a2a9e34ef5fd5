"""The special data types of the standard: what a string must look like, and what it means.

The patterns of `schemas/` say the same as those here (a test compares them); what no pattern can say, such as that
02-30 is no date, is said here alone. All patterns are linear: no part of one can match what the next part matches.
"""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from uuid import UUID

import msgspec

# RFC 3987 without its exact ranges: a scheme, then none of the characters that an IRI must percent-encode.
IRI = r"^[A-Za-z][A-Za-z0-9+.-]*:(?:[^\u0000-\u0020\u007f-\u009f<>\"{}|\\^`%]|%[0-9A-Fa-f]{2})*$"
MAILTO = (
    r"^mailto:(?:[^\u0000-\u0020\u007f-\u009f<>\"{}|\\^`%@]|%[0-9A-Fa-f]{2})+"
    r"@(?:[^\u0000-\u0020\u007f-\u009f<>\"{}|\\^`%@/?#]|%[0-9A-Fa-f]{2})+$"
)
UUID_FORM = r"^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$"
SHA1 = r"^[0-9A-Fa-f]{40}$"
SHA2 = r"^(?:[0-9A-Fa-f]{56}|[0-9A-Fa-f]{64}|[0-9A-Fa-f]{96}|[0-9A-Fa-f]{128})$"
# ISO 8601:2004 4.4.3.2: a part that is zero may be left out, only the last one may have a fraction, weeks stand alone.
DURATION = (
    r"^P(?:[0-9]+(?:[.,][0-9]+)?W"
    r"|[0-9]+(?:[.,][0-9]+)?Y|(?:[0-9]+Y)?[0-9]+(?:[.,][0-9]+)?M|(?:[0-9]+Y)?(?:[0-9]+M)?[0-9]+(?:[.,][0-9]+)?D"
    r"|(?:[0-9]+Y)?(?:[0-9]+M)?(?:[0-9]+D)?T(?:[0-9]+(?:[.,][0-9]+)?H"
    r"|(?:[0-9]+H)?[0-9]+(?:[.,][0-9]+)?M|(?:[0-9]+H)?(?:[0-9]+M)?[0-9]+(?:[.,][0-9]+)?S))$"
)
# RFC 5646 2.1, by the lengths of the tokens; the irregular grandfathered tags by name.
LANGUAGE = (
    r"^(?:(?:[A-Za-z]{2,3}(?:-[A-Za-z]{3}){0,3}|[A-Za-z]{4,8})(?:-[A-Za-z]{4})?(?:-(?:[A-Za-z]{2}|[0-9]{3}))?"
    r"(?:-(?:[A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*(?:-[0-9A-WYZa-wyz](?:-[A-Za-z0-9]{2,8})+)*"
    r"(?:-[Xx](?:-[A-Za-z0-9]{1,8})+)?|[Xx](?:-[A-Za-z0-9]{1,8})+"
    r"|[Ee][Nn]-[Gg][Bb]-[Oo][Ee][Dd]|[Ii]-(?:[Aa][Mm][Ii]|[Bb][Nn][Nn]|[Hh][Aa][Kk]|[Ll][Uu][Xx]|[Pp][Ww][Nn]"
    r"|[Tt][Aa][OoYy]|[Tt][Ss][Uu]|[Dd][Ee][Ff][Aa][Uu][Ll][Tt]|[Ee][Nn][Oo][Cc][Hh][Ii][Aa][Nn]"
    r"|[Kk][Ll][Ii][Nn][Gg][Oo][Nn]|[Mm][Ii][Nn][Gg][Oo]|[Nn][Aa][Vv][Aa][Jj][Oo])"
    r"|[Ss][Gg][Nn]-(?:[Bb][Ee]-[Ff][Rr]|[Bb][Ee]-[Nn][Ll]|[Cc][Hh]-[Dd][Ee]))$"
)
# RFC 6838 4.2 names, then parameters as RFC 9110 8.3 writes them; nothing that could end a header line.
MEDIA_TYPE = (
    r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+/[A-Za-z0-9!#$%&'*+.^_`|~-]+"
    r"(?:[ \t]*;(?:[ \t]*[A-Za-z0-9!#$%&'*+.^_`|~-]+=(?:[A-Za-z0-9!#$%&'*+.^_`|~-]+"
    r"|\"(?:[^\u0000-\u0008\u000a-\u001f\u007f\"\\]|\\[^\u0000-\u0008\u000a-\u001f\u007f])*\"))?)*[ \t]*$"
)
_OFFSET_2 = r"(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
_OFFSET_1 = r"(?:[Zz]|[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?)?"
_DATE = r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
# RFC 3339. (2.0 4.2.7)
TIMESTAMP_2 = rf"^{_DATE}[Tt](?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?{_OFFSET_2}$"
# ISO 8601, extended: seconds and zone may be missing, offsets short. (1.0.3 Data 4.5: RFC 3339 is but a SHOULD)
TIMESTAMP_1 = rf"^{_DATE}[Tt](?:[01][0-9]|2[0-3]):[0-5][0-9](?::(?:[0-5][0-9]|60)(?:[.,][0-9]+)?)?{_OFFSET_1}$"
# Semantic versioning 1.0.0 of what a statement may claim to be. (1.0.3 Data 2.4.10; 2.0 4.2.4.3)
VERSION_1 = r"^1\.0(?:\.[0-9]+(?:[A-Za-z][A-Za-z0-9-]*)?)?$"
VERSION_2 = r"^[12]\.0(?:\.[0-9]+(?:[A-Za-z][A-Za-z0-9-]*)?)?$"


def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern as JSON Schema means it: Python's `$` would let a newline through."""
    return re.compile(pattern[:-1] + r"\Z" if pattern.endswith("$") else pattern)


_IRI = compiled(IRI)
_UUID = compiled(UUID_FORM)
_TIMESTAMP = {loose: compiled(TIMESTAMP_1 if loose else TIMESTAMP_2) for loose in (False, True)}
_PARTS = re.compile(
    r"(?P<date>.{10})[Tt](?P<minute>..:..)(?::(?P<second>..)(?:[.,](?P<fraction>[0-9]+))?)?"
    r"(?P<offset>[Zz]|[+-](?P<hours>[0-9]{2}):?(?P<minutes>[0-9]{2})?)?"
)
# Of what the patterns above let through, what needs no calendar: not a month's last days, no leap second, no -00.
_PLAIN = re.compile(
    r"(?!000[01]|9999).{8}(?:0[1-9]|1[0-9]|2[0-8])T.{5}(?::[0-5][0-9](?:\.[0-9]+)?)?(?:Z|\+.{5}|-(?!00).{5})?\Z"
)
_DURATION = compiled(DURATION)
_DURATION_PART = re.compile(r"([0-9]+(?:[.,][0-9]+)?)([YMWDHS])")
_LEAP = timedelta(seconds=1)


@lru_cache(8192)
def is_iri(text: str) -> bool:
    """Has a scheme, and no character that an IRI must encode. (1.0.3 Data 4.3; 2.0 4.2.7)"""
    return _IRI.match(text) is not None


def uuid(text: str) -> UUID | None:
    """The UUID if it is in its standard form, in either case: no braces, no urn. (1.0.3 Data 4.4; 2.0 4.2.7)"""
    return known_uuid(text) if _UUID.match(text) else None


def known_uuid(text: str) -> UUID:
    """The UUID of a text that is known to be in standard form, in a fourth of the time that `UUID` takes."""
    return msgspec.convert(text, UUID)


def is_timestamp(text: str, *, loose: bool = False) -> bool:
    """A time that exists, written as RFC 3339; `loose` takes the wider ISO 8601 of 1.0.3. (Data 4.5; 2.0 4.2.7)

    Offsets of -00, -0000 and -00:00 are refused, a 61st second is taken where UTC can have one, and the instant
    must lie in the years 1 to 9999 of UTC, which is as far as calendars here reach.
    """
    return _TIMESTAMP[loose].match(text) is not None and exists(text)


def exists(text: str) -> bool:
    """Of a text that has the form of a timestamp: is there such a time? 02-30 has the form."""
    if _PLAIN.match(text):
        return True
    try:
        instant(text)
    except (ValueError, OverflowError):
        return False
    return True


def instant(text: str) -> datetime:
    """The instant of a valid timestamp, aware, in UTC, to the microsecond; a leap second is the next midnight.

    No zone means UTC. ValueError or OverflowError if there is no such time.
    """
    parts = _PARTS.fullmatch(text)
    if parts is None:
        raise ValueError(text)
    second = int(parts["second"] or 0)
    local = datetime.fromisoformat(f"{parts['date']}T{parts['minute']}:{min(second, 59):02}+00:00")
    utc = local - _offset(parts)
    if second == 60:
        utc += _LEAP
        if (utc.day, utc.hour, utc.minute, utc.second) != (1, 0, 0, 0):
            raise ValueError(text)
        return utc
    return utc.replace(microsecond=int((parts["fraction"] or "0")[:6].ljust(6, "0")))


def moment(text: object) -> datetime | None:
    """The `instant` of what may be no timestamp, None then; quick where it is written as most are."""
    if not isinstance(text, str):
        return None
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is UTC:
            return found
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    try:
        return instant(text)
    except (ValueError, OverflowError):
        return None


def in_utc(text: str) -> str:
    """A valid timestamp as RFC 3339 in UTC, every digit of its seconds kept. (1.0.3 Data 4.5; 2.0 4.2.7)"""
    parts = _PARTS.fullmatch(text)
    if parts is None:
        raise ValueError(text)
    second = parts["second"] or "00"
    fraction = f".{parts['fraction']}" if parts["fraction"] else ""
    minute = datetime.fromisoformat(f"{parts['date']}T{parts['minute']}:00+00:00") - _offset(parts)
    return f"{minute.year:04}-{minute:%m-%dT%H:%M}:{second}{fraction}Z"


def _offset(parts: re.Match[str]) -> timedelta:
    offset = parts["offset"]
    if offset is None or offset in "Zz":
        return timedelta(0)
    size = timedelta(hours=int(parts["hours"]), minutes=int(parts["minutes"] or 0))
    if offset[0] == "-" and not size:
        # (1.0.3 Data 2.4.7; RFC 3339 4.3 means by it that the local offset is not known)
        raise ValueError("-00:00")
    return size if offset[0] == "+" else -size


def is_duration(text: str) -> bool:
    """A duration of ISO 8601:2004 4.4.3.2. (1.0.3 Data 4.6; 2.0 4.2.7)"""
    return _DURATION.match(text) is not None


def hundredths(duration: str) -> tuple[tuple[str, Decimal], ...]:
    """The parts of a valid duration with their sizes, seconds cut to 0.01, zeros left out. (1.0.3 Data 4.6; 2.0 4.2.7)

    Months are marked `m`, so that they are not minutes. Days are not turned into hours: only like is compared with
    like, as the standard says nothing of what a day is.
    """
    date, _, time = duration.partition("T")
    found = [(unit.lower(), size) for size, unit in _DURATION_PART.findall(date)]
    found += [(unit, size) for size, unit in _DURATION_PART.findall(time)]
    sizes = ((unit, _cut(size) if unit == "S" else Decimal(size.replace(",", "."))) for unit, size in found)
    return tuple((unit, size) for unit, size in sizes if size)


def _cut(seconds: str) -> Decimal:
    whole, _, fraction = seconds.replace(",", ".").partition(".")
    return Decimal(f"{whole}.{fraction[:2] or '0'}")


def shown(text: str) -> str:
    """A value as an error may quote it: short, and without what could break a line of a log."""
    short = text if len(text) <= 80 else text[:79] + "…"
    return "'" + "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in short) + "'"
