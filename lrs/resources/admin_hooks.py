"""Hooks of the administrator's store: where events are sent, how that goes, and sending them again."""

from datetime import timedelta
from typing import Any, Final, TypeVar

import msgspec
from aiohttp import web

from lrs.auth import scopes
from lrs.auth.caller import Caller
from lrs.errors import Invalid
from lrs.hooks.operating import Seen
from lrs.hooks.webhooks import deliveries
from lrs.hooks.webhooks.deliveries import Delivery
from lrs.hooks.webhooks.endpoint import Answer
from lrs.http import body, params, responses
from lrs.http.keys import CALLER
from lrs.resources.keys import HOOKS
from lrs.xapi import misfit
from lrs.xapi.formats import instant

T = TypeVar("T", bound=msgspec.Struct)

ID: Final = "id"
MESSAGE: Final = "message"
DAY: Final = 86_400
LONGEST_OVERLAP: Final = 30 * DAY
PAGE: Final = 100
LONGEST_PAGE: Final = 1_000
PARAMETERS: Final = ("limit", "before", "failed", "message")


class Made(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a POST of a new hook sends; `from` is a position, or `now`."""

    kind: str
    name: str
    config: dict[str, Any]
    secrets: dict[str, str] = {}
    begin: int | str = msgspec.field(default="now", name="from")
    enabled: bool = True


class Changed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a PUT sends: another name, another configuration, or both."""

    name: str | None = None
    config: dict[str, Any] | None = None


class Rotated(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a rotation sends: how long the old secrets stay good, and the new ones where they are not to be made."""

    overlap_seconds: int = DAY
    secrets: dict[str, str] = {}


class Replayed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a replay sends: the position of the first event that is sent again."""

    begin: int = msgspec.field(name="from")


async def every(request: web.Request) -> web.Response:
    """The hooks of the store."""
    caller = _administrator(request)
    return responses.json({"hooks": [seen.told() for seen in await request.app[HOOKS].every(caller.store)]})


async def get(request: web.Request) -> web.Response:
    """One hook."""
    return responses.json((await _seen(request)).told())


async def post(request: web.Request) -> web.Response:
    """Make a hook; secrets that were made are in the answer, this once."""
    caller, hooks = _administrator(request), request.app[HOOKS].registry
    sent = _sent(await body.read(request), Made)
    start = begin(sent.begin)
    made = await hooks.create(
        caller.store,
        sent.kind,
        sent.name,
        sent.config,
        secrets=sent.secrets,
        start=start,
        enabled=sent.enabled,
        by=caller.key,
    )
    seen = await request.app[HOOKS].one(caller.store, str(made.hook.id))
    answer = responses.json({**seen.told(), "secrets": made.secrets})
    answer.set_status(201)
    return answer


async def put(request: web.Request) -> web.Response:
    """Change a hook's name or configuration."""
    caller, seen = _administrator(request), await _seen(request)
    sent = _sent(await body.read(request), Changed)
    if sent.name is None and sent.config is None:
        raise Invalid("send a name, a config, or both", rule="hook.change")
    await request.app[HOOKS].registry.change(seen.hook, name=sent.name, config=sent.config, by=caller.key)
    return responses.json((await _seen(request)).told())


async def delete(request: web.Request) -> web.Response:
    """Remove a hook."""
    caller, seen = _administrator(request), await _seen(request)
    await request.app[HOOKS].registry.remove(seen.hook, by=caller.key)
    return responses.no_content()


async def rotate(request: web.Request) -> web.Response:
    """Give a hook new secrets; those that were made are in the answer, this once."""
    caller, seen = _administrator(request), await _seen(request)
    sent = _sent(await body.read(request) or b"{}", Rotated)
    overlap = overlapping(sent.overlap_seconds)
    made = await request.app[HOOKS].registry.rotate(seen.hook, secrets=sent.secrets, overlap=overlap, by=caller.key)
    return responses.json({**(await _seen(request)).told(), "secrets": made.secrets})


async def enable(request: web.Request) -> web.Response:
    """Have a hook go on from where it was."""
    caller, seen = _administrator(request), await _seen(request)
    await request.app[HOOKS].registry.enable(seen.hook, by=caller.key)
    return responses.json((await _seen(request)).told())


async def disable(request: web.Request) -> web.Response:
    """Have a hook send nothing, and keep its place."""
    caller, seen = _administrator(request), await _seen(request)
    await request.app[HOOKS].registry.disable(seen.hook, by=caller.key)
    return responses.json((await _seen(request)).told())


async def replay(request: web.Request) -> web.Response:
    """Have a hook be told again every event from a position on."""
    caller, seen = _administrator(request), await _seen(request)
    sent = _sent(await body.read(request), Replayed)
    await request.app[HOOKS].registry.replay(seen.hook, sent.begin, by=caller.key)
    return responses.json((await _seen(request)).told())


async def test(request: web.Request) -> web.Response:
    """Send a test message now; what came back."""
    seen = await _seen(request)
    return responses.json(tried(await request.app[HOOKS].test(seen.hook)))


async def delivered(request: web.Request) -> web.Response:
    """What was sent and what came back, the latest first; `before` is the last number of the page before."""
    seen = await _seen(request)
    given = dict(params.read(request))
    if unknown := sorted(set(given) - set(PARAMETERS)):
        raise Invalid(f"there is no parameter {unknown[0]!r}: there are {', '.join(PARAMETERS)}", rule="parameters")
    page = await request.app[HOOKS].deliveries(
        seen.hook,
        before=_number(given, "before", deliveries.LAST, deliveries.LAST),
        message=given.get("message"),
        failed=_truth(given, "failed"),
        limit=_number(given, "limit", PAGE, LONGEST_PAGE),
    )
    return responses.json({"deliveries": [told(each) for each in page]})


async def redeliver(request: web.Request) -> web.Response:
    """Have a message sent again, under the same id."""
    caller, seen = _administrator(request), await _seen(request)
    await request.app[HOOKS].redeliver(seen.hook, request.match_info[MESSAGE], by=caller.key)
    return web.Response(status=202)


DOINGS: Final = (rotate, enable, disable, replay, test)


def begin(given: int | str) -> int | None:
    """The position after which a hook begins, of `now` or the position of the first event it is told."""
    if given == "now":
        return None
    if not isinstance(given, int) or not 0 < given < 2**62:
        raise Invalid("`from` is `now`, or the position of the first event to send: 1 for all", pointer="/from")
    return given - 1


def overlapping(seconds: int) -> timedelta:
    """How long old secrets stay good; else Invalid."""
    if not 0 <= seconds <= LONGEST_OVERLAP:
        words = f"old secrets stay good for 0 to {LONGEST_OVERLAP} seconds, which are {LONGEST_OVERLAP // DAY} days"
        raise Invalid(words, pointer="/overlap_seconds", rule="hook.overlap")
    return timedelta(seconds=seconds)


def told(each: Delivery) -> dict[str, Any]:
    """A delivery in JSON."""
    return {
        "number": each.number,
        "message": each.message,
        "first": each.first,
        "last": each.last,
        "attempt": each.attempt,
        "at": instant(each.at),
        "milliseconds": each.milliseconds,
        "status": each.status,
        "error": each.error,
        "response": None if each.response is None else each.response.decode(errors="replace"),
    }


def tried(answer: Answer) -> dict[str, Any]:
    """What came of a test, in JSON."""
    return {
        "delivered": answer.is_success,
        "status": answer.status,
        "error": None if answer.is_success else answer.words,
        "milliseconds": answer.milliseconds,
        "response": answer.response.decode(errors="replace"),
    }


def _administrator(request: web.Request) -> Caller:
    return request[CALLER].must(scopes.ADMIN)


async def _seen(request: web.Request) -> Seen:
    return await request.app[HOOKS].one(_administrator(request).store, request.match_info[ID])


def _sent(content: bytes, form: type[T]) -> T:
    try:
        return msgspec.json.decode(content, type=form)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        known = ", ".join(each.encode_name for each in msgspec.structs.fields(form))
        raise misfit.refused(error, f"what is sent here ({known})", rule="hook.body") from error


def _truth(given: dict[str, str], name: str) -> bool:
    if given.get(name, "false") not in ("true", "false"):
        raise Invalid(f"{name} is true or false, not {given[name][:80]!r}", rule="parameters")
    return given.get(name) == "true"


def _number(given: dict[str, str], name: str, usual: int, most: int) -> int:
    text = given.get(name, str(usual))
    if not text.isascii() or not text.isdecimal() or not 0 < int(text) <= most:
        raise Invalid(f"{name} is a whole number from 1 to {most}", rule="parameters")
    return int(text)
