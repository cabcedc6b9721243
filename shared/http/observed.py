"""Every request of every service: its trace continued, its time and its span kept."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import web

from shared import spans, telemetry

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def observed(service: str, request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer a request. What is kept of it names the route's template, never the path."""
    resource = request.match_info.route.resource
    route = resource.canonical if resource else "none"
    about = {"http.request.method": request.method, "http.route": route}
    header = request.headers.get("traceparent", "")
    started = time.perf_counter()
    with spans.span("server", f"{request.method} {route}", about, service=service, parent=header) as note:
        answer = await handler(request)
        note({"http.response.status_code": answer.status})
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            note({spans.FAILED: str(answer.status)})
    seconds = time.perf_counter() - started
    telemetry.HTTP_SECONDS.labels(service, route, request.method, answer.status).observe(seconds)
    return answer
