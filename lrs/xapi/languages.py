"""Which entry of a language map to show, by the Accept-Language header of the request.

Each map is asked on its own (1.0.3 Communication 2.1.3; 2.0 4.1.6.1, "Language Filtering Requirements"). The rule is
the one that both texts name, RFC 2616 14.4: a range matches a tag that equals it or begins with it and a hyphen, and
the longest range that matches a tag gives the tag's quality. Where that accepts no entry, RFC 4647 lookup finds the
next best (`en-GB` asked, `en` or `en-US` there); where that fails too, it is the first entry, since one must be shown.
"""

import functools
import re
from collections.abc import Iterable, Mapping

import msgspec

_RANGE = re.compile(
    r"[ \t]*(\*|[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,7})[ \t]*"
    r"(?:;[ \t]*[qQ][ \t]*=[ \t]*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)[ \t]*)?"
)
# Beyond these, a header or a tag is an attack on the time to answer: a page has thousands of maps.
_MOST_RANGES = 32
_MOST_SUBTAGS = 8


class Preferences(msgspec.Struct, frozen=True):
    """Language ranges in lower case with their qualities, the most wanted first, as sent among equals."""

    ranges: tuple[tuple[str, float], ...]
    places: Mapping[str, int]

    def choose(self, tags: Iterable[str]) -> str | None:
        """The tag to show, as it is written in `tags`; None where there are none."""
        offered = list(tags)
        if len(offered) < 2 or not self.ranges:
            return offered[0] if offered else None
        return self._accepted(offered) or self._looked_up(offered) or self._last_resort(offered)

    def _accepted(self, offered: list[str]) -> str | None:
        """The best by quality, then by place in the header; of two for one range the exact match, then the first."""
        wanted, quality = self.ranges[0]
        if quality and (exact := next((tag for tag in offered if tag.lower() == wanted), None)):
            return exact  # nothing can rank higher, and most maps end here
        ranked = [(rank, tag) for tag in offered if (rank := self._rank(tag)) is not None]
        return min(ranked, key=lambda pair: pair[0])[1] if ranked else None

    def _rank(self, tag: str) -> tuple[float, int, bool] | None:
        place = self._deciding(tag)
        if place is None or self.ranges[place][1] == 0:
            return None
        wanted, quality = self.ranges[place]
        return -quality, place, wanted != tag.lower()

    def _deciding(self, tag: str) -> int | None:
        """The place of the longest range that matches; `*` decides only where no other does."""
        return next((self.places[start] for start in (*_starts(tag), "*") if start in self.places), None)

    def _looked_up(self, offered: list[str]) -> str | None:
        """RFC 4647 3.4: each wanted range is shortened from its end until something is found, the shortest first."""
        found: dict[str, str] = {}
        for tag in sorted((tag for tag in offered if not self._refuses(tag)), key=len):
            for start in _starts(tag):
                found.setdefault(start, tag)
        for wanted, quality in self.ranges:
            while quality and (wanted := _shortened(wanted)):
                if wanted in found:
                    return found[wanted]
        return None

    def _last_resort(self, offered: list[str]) -> str:
        return next((tag for tag in offered if not self._refuses(tag)), offered[0])

    def _refuses(self, tag: str) -> bool:
        place = self._deciding(tag)
        return place is not None and self.ranges[place][1] == 0


@functools.lru_cache(maxsize=256)
def parse(header: str | None) -> Preferences:
    """The preferences in an Accept-Language header. What is malformed in it is passed over; None wants nothing."""
    matches = (_RANGE.fullmatch(element) for element in (header or "").split(","))
    ranges = [(match[1].lower(), float(match[2] or 1)) for match in matches if match]
    best = tuple(sorted(ranges, key=lambda pair: -pair[1])[:_MOST_RANGES])
    return Preferences(best, {wanted: place for place, (wanted, _) in reversed(list(enumerate(best)))})


def _starts(tag: str) -> list[str]:
    """What a range may be to match `tag`, the longest first."""
    parts = tag.lower().split("-", _MOST_SUBTAGS)[:_MOST_SUBTAGS]
    return ["-".join(parts[:count]) for count in range(len(parts), 0, -1)]


def _shortened(wanted: str) -> str:
    """Without its last subtag, nor a single letter or digit that would then be last."""
    rest = wanted.rpartition("-")[0]
    return rest[:-2] if rest[-2:-1] == "-" else rest
