"""Query parameters as they were sent: pairs in order, repeats kept, and nothing guessed where they are not UTF-8."""

import re
from typing import Final
from urllib.parse import unquote_to_bytes

from aiohttp import web

from lrs.errors import Invalid
from lrs.http.keys import CARRIED
from lrs.xapi.parameters import Pairs

BROKEN: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def read(request: web.Request) -> Pairs:
    """The decoded parameters of the query; Invalid where a percent sign or a byte makes no sense.

    aiohttp would turn every byte that is not UTF-8 into the same character, so that two ids could become one.
    """
    carried = request[CARRIED]
    if carried is not None:
        return carried.parameters
    _, mark, query = request.raw_path.partition("?")
    return parse(query.partition("#")[0].encode("utf-8", "surrogateescape")) if mark else ()


def parse(text: bytes) -> Pairs:
    """The pairs of a query or of a form (application/x-www-form-urlencoded)."""
    if BROKEN.search(text):
        raise Invalid("a percent sign must be followed by two hexadecimal digits", rule="query-encoding")
    return tuple(_pair(part) for part in text.split(b"&") if part)


def _pair(part: bytes) -> tuple[str, str]:
    name, _, value = part.replace(b"+", b" ").partition(b"=")
    try:
        return unquote_to_bytes(name).decode(), unquote_to_bytes(value).decode()
    except UnicodeDecodeError as error:
        raise Invalid("query parameters must be UTF-8", rule="query-encoding") from error
