"""The resources of the standard, a module each, and what operators ask. ROUTES has them all."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from aiohttp import web

from lrs.resources import (
    about,
    activities,
    activity_profile,
    admin_hooks,
    admin_reference,
    admin_users,
    agent_profile,
    agents,
    events,
    health,
    state,
    statements,
)
from lrs.resources.documents import Handlers

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

DOCUMENTS: Final = {
    "/xAPI/activities/state": state.HANDLERS,
    "/xAPI/activities/profile": activity_profile.HANDLERS,
    "/xAPI/agents/profile": agent_profile.HANDLERS,
}


async def go_on(request: web.Request) -> None:
    """Ask for the body where the client waits to be asked; any other expectation is passed over. (RFC 9110 10.1.1)"""
    if request.headers.get("Expect", "").lower() == "100-continue" and request.version >= (1, 1):
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        # What was written is no part of the answer.
        request.writer.output_size = 0


def _route(method: str, path: str, handler: Handler) -> web.RouteDef:
    """A route; that of a GET answers HEAD too. (1.0.3 Communication 1.1; 2.0 4.1.1)"""
    # aiohttp answers 417 to what it does not know, outside of our middleware.
    return web.route(method, path, handler, expect_handler=go_on)


def _documents(path: str, handlers: Handlers) -> Sequence[web.RouteDef]:
    return (
        _route("GET", path, handlers.get),
        _route("PUT", path, handlers.put),
        _route("POST", path, handlers.post),
        _route("DELETE", path, handlers.delete),
    )


ROUTES: Final[Sequence[web.RouteDef]] = (
    _route("GET", "/xAPI/statements", statements.get),
    _route("PUT", "/xAPI/statements", statements.put),
    _route("POST", "/xAPI/statements", statements.post),
    *(route for path, handlers in DOCUMENTS.items() for route in _documents(path, handlers)),
    _route("GET", "/xAPI/agents", agents.get),
    _route("GET", "/xAPI/activities", activities.get),
    _route("GET", "/xAPI/about", about.get),
    _route("GET", "/admin/v1/users", admin_users.every),
    _route("GET", "/admin/v1/users/{name}", admin_users.get),
    _route("PUT", "/admin/v1/users/{name}", admin_users.put),
    _route("DELETE", "/admin/v1/users/{name}", admin_users.delete),
    *(_route("GET", f"/admin/v1/{kind}", admin_reference.get(kind)) for kind in admin_reference.TELLING),
    *(_route("PUT", f"/admin/v1/{kind}", admin_reference.put(kind)) for kind in admin_reference.TELLING),
    _route("GET", "/admin/v1/rubrics", admin_reference.get_rubrics),
    _route("POST", "/admin/v1/rubrics", admin_reference.put("rubric")),
    _route("GET", "/admin/v1/rubrics/{id}", admin_reference.get_rubric),
    _route("PUT", "/admin/v1/rubrics/{id}", admin_reference.put_rubric),
    _route("GET", "/events/v1", events.get),
    _route("GET", "/admin/v1/hooks", admin_hooks.every),
    _route("POST", "/admin/v1/hooks", admin_hooks.post),
    _route("GET", "/admin/v1/hooks/{id}", admin_hooks.get),
    _route("PUT", "/admin/v1/hooks/{id}", admin_hooks.put),
    _route("DELETE", "/admin/v1/hooks/{id}", admin_hooks.delete),
    *(_route("POST", f"/admin/v1/hooks/{{id}}/{each.__name__}", each) for each in admin_hooks.DOINGS),
    _route("GET", "/admin/v1/hooks/{id}/deliveries", admin_hooks.delivered),
    _route("POST", "/admin/v1/hooks/{id}/deliveries/{message}/redeliver", admin_hooks.redeliver),
    _route("GET", "/health/live", health.live),
    _route("GET", "/health/ready", health.ready),
    _route("GET", "/metrics", health.figures),
)
