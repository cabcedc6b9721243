"""Routes → aiohttp application: authorise, validate, call, answer; refusals become problem+json."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware
from pydantic import BaseModel, ValidationError

from shared.errors import Conflict, DomainError, Kind
from shared.http.observed import Handler, observed
from shared.http.openapi import describe
from shared.http.problems import invalid, problem, render
from shared.http.routes import Answer, Call, Route
from shared.idempotency import Idempotency, Replay
from shared.tokens import Actor, Tokens

ATTEMPTS = 8
BODY_LIMIT = 1 << 20
ANONYMOUS = Actor("anonymous", "")

log = structlog.get_logger()


def application(
    service: str, routes: Sequence[Route], *, tokens: Tokens, idempotency: Idempotency | None = None
) -> web.Application:
    """The HTTP side of a service. `/openapi.json` describes `routes`."""
    app = web.Application(middlewares=[_instrumented(service)], client_max_size=BODY_LIMIT)
    document = describe(service, routes)

    async def openapi(_request: web.Request) -> web.Response:
        return web.json_response(document)

    app.router.add_get("/openapi.json", openapi)
    for route in routes:
        app.router.add_route(route.method, route.path, _endpoint(service, route, tokens, idempotency))
    return app


def _instrumented(service: str) -> Middleware:
    """Trace, time and turn errors into answers, for every request of a service."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        return await observed(service, request, partial(_guarded, handler))

    return middleware


async def _guarded(handler: Handler, request: web.Request) -> web.StreamResponse:
    try:
        return await handler(request)
    except DomainError as error:
        return problem(error)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        answer = render(error.status, f"http.{error.status}")
        if "Allow" in error.headers:
            answer.headers["Allow"] = error.headers["Allow"]
        return answer
    except Exception:
        log.exception("request_failed", route=str(request.match_info.route.resource), method=request.method)
        return render(500, "server.error")


def _endpoint(service: str, route: Route, tokens: Tokens, idempotency: Idempotency | None) -> Handler:
    async def endpoint(request: web.Request) -> web.StreamResponse:
        actor = _authorise(request, route, service, tokens)
        query = _query(request, route)
        body = await _body(request, route)
        call = Call(actor, dict(request.match_info), request, body, query)
        run = partial(_run, route, call)
        if route.idempotent:
            if idempotency is None:
                raise RuntimeError(f"{service} has idempotent routes but no idempotency store")
            return await _once(idempotency, route, call, run)
        return await run()

    return endpoint


def _authorise(request: web.Request, route: Route, service: str, tokens: Tokens) -> Actor:
    header = request.headers.get("Authorization", "")
    if not route.actors and not header:
        return ANONYMOUS
    actor = tokens.verify(header.removeprefix("Bearer "), service)
    if route.actors and actor.kind not in route.actors:
        raise DomainError("actor.not_allowed", Kind.FORBIDDEN)
    if route.roles and actor.kind == "staff" and not set(route.roles) & set(actor.roles):
        raise DomainError("actor.role_missing", Kind.FORBIDDEN)
    return actor


def _query(request: web.Request, route: Route) -> BaseModel | None:
    if route.query is None:
        return None
    try:
        return route.query.model_validate(dict(request.query))
    except ValidationError as error:
        raise invalid(error) from error


async def _body(request: web.Request, route: Route) -> BaseModel | None:
    if route.body is None:
        return None
    try:
        return route.body.model_validate_json(await request.read() or b"{}")
    except ValidationError as error:
        raise invalid(error) from error


async def _run(route: Route, call: Call) -> web.StreamResponse:
    for attempt in range(ATTEMPTS):
        try:
            return _answer(route, await route.function(call))
        except Conflict:
            if attempt == ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable")


def _answer(route: Route, result: Answer) -> web.StreamResponse:
    if isinstance(result, web.StreamResponse):
        return result
    if result is None:
        return web.Response(status=204 if route.status == 200 else route.status)
    return web.Response(status=route.status, text=result.model_dump_json(), content_type="application/json")


async def _once(
    idempotency: Idempotency, route: Route, call: Call, run: Callable[[], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    key = call.request.headers.get("Idempotency-Key", "")
    if not 1 <= len(key) <= 128:
        raise DomainError("idempotency.key_missing", Kind.INVALID)
    parts = (call.actor.kind, call.actor.id, route.method, call.request.path, key)
    body = call.body_model.model_dump_json() if call.body_model else ""
    begun = await idempotency.begin(parts, hashlib.sha256(body.encode()).hexdigest())
    if isinstance(begun, Replay):
        return web.Response(status=begun.status, text=json.dumps(begun.body), content_type="application/json")
    try:
        answer = await run()
    except BaseException:
        await idempotency.abandon(begun)
        raise
    text = answer.text if isinstance(answer, web.Response) else None
    await idempotency.finish(begun, answer.status, json.loads(text or "null"))
    return answer
