"""What other ends answer, as far as it is taken up here."""

import email.utils
import re
from typing import Final

RETRY_AFTER_MOST: Final = 3_600.0
UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


def retry_after(header: str | None, now: float) -> float | None:
    """Seconds to wait, by a header that has their number or a date; no more than an hour. (RFC 9110 10.2.3)"""
    if header is None:
        return None
    text = header.strip()
    try:
        seconds = float(text) if text.isdecimal() else email.utils.parsedate_to_datetime(text).timestamp() - now
    except (ValueError, OverflowError):
        return None
    return min(max(seconds, 0.0), RETRY_AFTER_MOST)


def plain(text: str) -> str:
    """Text without what could move a terminal or break a line of a log."""
    return UNPRINTABLE.sub(" ", text)
