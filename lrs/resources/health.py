"""What operators and their machines ask: does it live, should requests come, and its figures."""

from aiohttp import web

from lrs.http import responses
from lrs.resources.keys import BEHIND, FIGURES, READINESS
from lrs.telemetry import metrics


async def live(request: web.Request) -> web.Response:
    """200 while the process can answer at all; the database has no part in it."""
    return responses.json({"status": "live"})


async def ready(request: web.Request) -> web.Response:
    """200 if requests should come, 503 with the reason if not; how far followers are behind is no reason."""
    reason = request.app[READINESS].reason()
    followers = request.app[BEHIND].lags
    if reason is None:
        return responses.json({"status": "ready", "followers": followers})
    said = {"status": "not ready", "reason": reason, "followers": followers}
    answer = responses.json(said, headers={"Retry-After": "1"})
    answer.set_status(503)
    return answer


async def figures(request: web.Request) -> web.Response:
    """The figures of all workers of this server, for Prometheus."""
    content = metrics.render(request.app[FIGURES]())
    return web.Response(body=content, headers={"Content-Type": metrics.CONTENT_TYPE})
