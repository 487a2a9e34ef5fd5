"""Errors as answers: RFC 9457, with where, which rule and which paragraph of the standard; plain text where asked."""

import html
import secrets
from typing import Final

import msgspec
import orjson
from aiohttp import web

from lrs.errors import LrsError, TooMany, Unauthorized, Unavailable
from lrs.reference.flaws import Flawed

TYPE: Final = "application/problem+json"
GENERIC: Final = "Something is wrong on our side. It has been logged under the instance given here."


class Broken(LrsError):
    """What nobody foresaw: the client is told nothing but where to find it in the log."""


def instance() -> str:
    """What finds one error in the log: 16 hexadecimal digits."""
    return secrets.token_hex(8)


def answer(error: LrsError, *, instance: str, accept: str = "") -> web.Response:
    """The answer to a request that ended in `error`; `instance` finds it in the log. A file's faults are in `flaws`."""
    said = {"pointer": error.pointer, "rule": error.rule, "paragraph": error.paragraph}
    problem: dict[str, object] = {
        "type": "about:blank",
        "title": error.title,
        "status": error.status,
        "detail": _plain(error.detail),
        "instance": f"urn:error:{instance}",
        **{name: _plain(value) for name, value in said.items() if value is not None},
    }
    if isinstance(error, Flawed):
        problem["flaws"] = [msgspec.structs.asdict(flaw) for flaw in error.flaws]
    headers = {"Content-Type": TYPE, **_headers(error)}
    if _prefers_text(accept):
        return _text(error, accept, headers)
    return web.Response(status=error.status, body=orjson.dumps(problem), headers=headers)


def _headers(error: LrsError) -> dict[str, str]:
    if isinstance(error, Unauthorized):
        return {"WWW-Authenticate": 'Basic realm="xAPI", charset="UTF-8"'}
    if isinstance(error, TooMany | Unavailable):
        return {"Retry-After": str(error.retry_after)}
    return {}


def _plain(text: str) -> str:
    """What a client sent may be quoted, and need not be Unicode."""
    return text.encode("utf-8", "replace").decode()


def _prefers_text(accept: str) -> bool:
    """Whether text or a page was asked for, and JSON not. (1.0.3 Communication 3.2)"""
    return accept.startswith("text/") and "json" not in accept


def _text(error: LrsError, accept: str, headers: dict[str, str]) -> web.Response:
    text = f"{error.status} {error.title}: {error.line}\n"
    if accept.startswith("text/html"):
        page = f"<!doctype html><title>{html.escape(error.title)}</title><p>{html.escape(text)}</p>\n"
        headers |= {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": "default-src 'none'"}
        return web.Response(status=error.status, body=page.encode(), headers=headers)
    headers |= {"Content-Type": "text/plain; charset=utf-8"}
    return web.Response(status=error.status, body=text.encode("utf-8", "replace"), headers=headers)
