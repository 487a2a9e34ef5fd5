"""Answers, each with just the headers that its content needs; what every answer has is added by the middleware."""

import functools
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Final

import orjson
from aiohttp import hdrs, web
from multidict import CIMultiDict

from lrs.xapi import formats

# The headers of JSON, ready to be copied.
JSON: Final = CIMultiDict({hdrs.CONTENT_TYPE: "application/json"})
# What people uploaded is shown by no browser as if it were a page of ours.
UPLOADED: Final[Mapping[str, str]] = {
    "Content-Disposition": "attachment",
    "Content-Security-Policy": "sandbox; default-src 'none'",
}


def json(value: object, *, headers: Mapping[str, str] | None = None) -> web.Response:
    """200 with `value` as JSON."""
    return encoded(orjson.dumps(value), headers=headers)


def encoded(content: bytes, *, headers: Mapping[str, str] | None = None) -> web.Response:
    """200 with JSON that is written already."""
    answer = web.Response(body=content, headers=JSON)
    if headers:
        answer.headers.update(headers)
    return answer


def no_content() -> web.Response:
    """204: done, nothing to say."""
    return web.Response(status=204)


def uploaded(content: bytes, *, content_type: str, headers: Mapping[str, str]) -> web.Response:
    """200 with what a client once sent, under the type that it gave."""
    return web.Response(body=content, headers={"Content-Type": content_type, **UPLOADED, **headers})


def last_modified(time: datetime) -> dict[str, str]:
    """The header, in whole seconds. (RFC 9110 8.8.2)"""
    return {"Last-Modified": format_datetime(time.astimezone(UTC), usegmt=True)}


def timestamp(time: datetime) -> str:
    """RFC 3339 in UTC with six decimals, as every `stored` is shown."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@functools.lru_cache(maxsize=64)
def instant(time: datetime) -> str:
    """The same, remembered: all that is stored in one transaction shares its time, and so do the reads between two."""
    return formats.instant(time)
