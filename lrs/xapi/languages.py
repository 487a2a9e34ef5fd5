"""Which entry of a language map to show, by the Accept-Language header of the request.

Each map is asked on its own (1.0.3 Communication 2.1.3; 2.0 4.1.6.1, "Language Filtering Requirements"). The rule is
the one that both texts name, RFC 2616 14.4: a range matches a tag that equals it or begins with it and a hyphen, and
the longest range that matches a tag gives the tag's quality. Where that accepts no entry, RFC 4647 lookup finds the
next best (`en-GB` asked, `en` or `en-US` there); where that fails too, it is the first entry, since one must be shown.
"""

import functools
import re
from collections.abc import Iterable

import msgspec

_RANGE = re.compile(
    r"[ \t]*(\*|[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)[ \t]*"
    r"(?:;[ \t]*[qQ][ \t]*=[ \t]*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)[ \t]*)?"
)
_MOST_RANGES = 32  # beyond, a header is an attack on the time to answer, not a wish


class Preferences(msgspec.Struct, frozen=True):
    """Language ranges in lower case with their qualities, the most wanted first, as sent among equals."""

    ranges: tuple[tuple[str, float], ...] = ()

    def choose(self, tags: Iterable[str]) -> str | None:
        """The tag to show, as it is written in `tags`; None where there are none."""
        offered = list(tags)
        if len(offered) < 2 or not self.ranges:
            return offered[0] if offered else None
        return self._accepted(offered) or self._looked_up(offered) or self._last_resort(offered)

    def _accepted(self, offered: list[str]) -> str | None:
        """The best by quality, then by place in the header; of two for one range the exact match, then the first."""
        ranked = [(rank, tag) for tag in offered if (rank := self._rank(tag.lower())) is not None]
        return min(ranked, key=lambda pair: pair[0])[1] if ranked else None

    def _rank(self, tag: str) -> tuple[float, int, bool] | None:
        deciding = self._deciding(tag)
        if deciding is None or self.ranges[deciding][1] == 0:
            return None
        wanted, quality = self.ranges[deciding]
        return -quality, deciding, wanted != tag

    def _deciding(self, tag: str) -> int | None:
        """The place of the longest range that matches; `*` decides only where no other does."""
        matching = [
            (0 if wanted == "*" else len(wanted), -place)
            for place, (wanted, _) in enumerate(self.ranges)
            if wanted == "*" or _covers(wanted, tag)
        ]
        return -max(matching)[1] if matching else None

    def _looked_up(self, offered: list[str]) -> str | None:
        """RFC 4647 3.4: each wanted range is shortened from its end until something is found."""
        allowed = [tag for tag in offered if not self._refuses(tag)]
        for wanted, quality in self.ranges:
            while quality and (wanted := _shortened(wanted)):
                found = [tag for tag in allowed if _covers(wanted, tag.lower())]
                if found:
                    return min(found, key=len)
        return None

    def _last_resort(self, offered: list[str]) -> str:
        return next((tag for tag in offered if not self._refuses(tag)), offered[0])

    def _refuses(self, tag: str) -> bool:
        deciding = self._deciding(tag.lower())
        return deciding is not None and self.ranges[deciding][1] == 0


@functools.lru_cache(maxsize=256)
def parse(header: str | None) -> Preferences:
    """The preferences in an Accept-Language header. What is malformed in it is passed over; None wants nothing."""
    matches = (_RANGE.fullmatch(element) for element in (header or "").split(","))
    ranges = [(match[1].lower(), float(match[2] or 1)) for match in matches if match]
    return Preferences(tuple(sorted(ranges, key=lambda pair: -pair[1])[:_MOST_RANGES]))


def _covers(wanted: str, tag: str) -> bool:
    return tag == wanted or tag.startswith(wanted + "-")


def _shortened(wanted: str) -> str:
    """Without its last subtag, nor a single letter or digit that would then be last."""
    rest = wanted.rpartition("-")[0]
    return rest[:-2] if rest[-2:-1] == "-" else rest
