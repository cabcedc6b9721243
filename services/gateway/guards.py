"""What stands before every page: trace, language, session, forged requests, security headers, error pages."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import replace
from functools import partial
from urllib.parse import quote

import structlog
from aiohttp import web

from services.gateway import locales
from services.gateway.addresses import address_of
from services.gateway.bodies import FORM, Limit, form_of, read_form
from services.gateway.kept import FORM as FORM_PATH
from services.gateway.kept import sent
from services.gateway.live import UNATTENDED
from services.gateway.pages.account import sign_in_again
from services.gateway.peers import PEERS
from services.gateway.rendering import NONCE, SETTINGS, page
from services.gateway.visitors import COOKIE, NOBODY, VISITOR, Visitor, must_wait, visitor
from shared import telemetry
from shared.audit import network_of
from shared.errors import DomainError, Kind
from shared.http.observed import Handler, observed
from shared.http.problems import STATUS

LANGUAGE_COOKIE = "__Host-lang"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# Signed by the payment provider and checked by the payment service; no browser is involved.
EXEMPT = ("/callbacks/",)
TABLES = "/staff/imports"

log = structlog.get_logger()


@web.middleware
async def traced(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Continue the trace, time the answer; everything unexpected becomes a page that names the trace."""
    locales.use(request.cookies.get(LANGUAGE_COOKIE, locales.DEFAULT))
    request[NONCE] = secrets.token_urlsafe(16)
    return await observed("gateway", request, partial(_answered, handler))


async def _answered(handler: Handler, request: web.Request) -> web.StreamResponse:
    try:
        return await handler(request)
    except DomainError as error:
        return await _refused(request, error)
    except web.HTTPException as error:
        return error if error.status < 400 else _error_page(request, error.status, f"http.{error.status}")
    except Exception:
        log.exception("page_failed", route=str(request.match_info.route.resource), method=request.method)
        return _error_page(request, 500, "server.error")


async def _refused(request: web.Request, error: DomainError) -> web.StreamResponse:
    if error.kind is not Kind.UNAUTHENTICATED:
        return _error_page(request, STATUS[error.kind], error.code)
    if kept := await sent(request):
        return await sign_in_again(request, kept)
    area = "/staff/login" if request.path.startswith("/staff") else "/login"
    back = request.path if request.method in SAFE and not request.headers.get("HX-Request") else ""
    target = f"{area}?why=ended" + (f"&next={quote(back)}" if back else "")
    return _led(target, request)


def _led(target: str, request: web.Request) -> web.Response:
    if request.headers.get("HX-Request"):
        return web.Response(status=401, headers={"HX-Redirect": target})
    return web.Response(status=303, headers={"Location": target})


def _error_page(request: web.Request, status: int, code: str) -> web.Response:
    if request.headers.get("HX-Request") or request.headers.get("Accept", "").startswith("application/json"):
        return web.json_response(
            {"code": code, "text": locales.by_code("errors", code), "trace_id": telemetry.trace_id()}, status=status
        )
    return page(request, "public/error.html", status=status, code=code, trace_id=telemetry.trace_id())


@web.middleware
async def in_session(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Resolve the cookie, and refuse unsafe requests that another site may have caused."""
    if request.path.startswith("/static/") or request.path.startswith(EXEMPT):
        return await handler(request)
    request[VISITOR] = await _visitor(request)
    if request.method not in SAFE:
        _same_origin(request)
        await _read_form(request)
        await _token(request)
    if must_wait(request[VISITOR], request.path):
        return _led("/first", request)
    return await handler(request)


async def _visitor(request: web.Request) -> Visitor:
    token = request.cookies.get(COOKIE, "")
    if not token:
        return NOBODY
    attended = request.match_info.handler not in UNATTENDED
    return replace(await request.app[PEERS].visitor(token, attended=attended), source=network_of(address_of(request)))


def _same_origin(request: web.Request) -> None:
    """Browsers say where a request comes from; one that says nothing is not a browser's form (security.md 14)."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site != "same-origin":
        raise DomainError("csrf.other_site", Kind.FORBIDDEN)
    origin = request.headers.get("Origin")
    if origin is not None and origin.partition("://")[2] != request.host:
        raise DomainError("csrf.other_site", Kind.FORBIDDEN)
    if site is None and origin is None:
        raise DomainError("csrf.other_site", Kind.FORBIDDEN)


async def _read_form(request: web.Request) -> None:
    """Read the fields once, so that a form nobody can read is refused here and not on every page. A body that is no
    form is left to its page."""
    try:
        request[FORM] = await read_form(request, await _limit(request))
    except (ValueError, LookupError, RuntimeError, AssertionError) as error:
        raise DomainError("request.invalid", Kind.INVALID) from error


async def _limit(request: web.Request) -> Limit:
    """What files the form of this page may bring: nobody's are kept, a programme's as many as it asks for."""
    settings = request.app[SETTINGS]
    if request.path == TABLES:
        return Limit(1, settings.table_limit_bytes)
    if request.path != FORM_PATH:
        return Limit(1, settings.body_limit_bytes)
    programme = visitor(request).programme
    asked = (await request.app[PEERS].programme(programme))["materials"] if programme else []
    return Limit(len(asked), settings.body_limit_bytes)


async def _token(request: web.Request) -> None:
    """The session's own token must come along; without a session there is nothing that could be abused."""
    expected = visitor(request).csrf
    if not expected:
        return
    given = request.headers.get("X-CSRF-Token", "")
    if not given and request.content_type in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        given = str(form_of(request).get("csrf", ""))
    if not hmac.compare_digest(given.encode(), expected.encode()):
        raise DomainError("csrf.token", Kind.FORBIDDEN)


async def secure(request: web.Request, answer: web.StreamResponse) -> None:
    """Signal `on_response_prepare`: the headers of every answer, streams and static files included."""
    nonce = request[NONCE]
    answer.headers.setdefault(
        "Content-Security-Policy",
        f"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; "
        "img-src 'self' data: blob:; media-src 'self'; font-src 'self'; connect-src 'self'; form-action 'self'; "
        "manifest-src 'self'; frame-ancestors 'none'; base-uri 'none'",
    )
    answer.headers.setdefault("X-Content-Type-Options", "nosniff")
    answer.headers.setdefault("Referrer-Policy", "same-origin")
    answer.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    answer.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    answer.headers.setdefault("Permissions-Policy", "camera=(self), microphone=(), geolocation=()")
    answer.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    answer.headers.setdefault("Cache-Control", _cache(request))


def _cache(request: web.Request) -> str:
    if not request.path.startswith("/static/"):
        return "no-store"
    return "public, max-age=31536000, immutable" if "v" in request.query else "no-cache"
