"""Jinja environment and the one function that answers with a page."""

from __future__ import annotations

import hashlib
from collections.abc import MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from re import Pattern
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from jinja2 import ChoiceLoader, Environment, PackageLoader, PrefixLoader, select_autoescape
from yarl import URL

from services.gateway import formats, locales
from services.gateway.settings import Settings
from services.gateway.visitors import visitor
from shared import telemetry
from shared.clock import utc_now
from shared.programme.passwords import POLICIES


@dataclass(frozen=True)
class Addresses:
    """What a browser can ask for: addresses as they are, and patterns of addresses."""

    plain: frozenset[str]
    patterns: tuple[Pattern[str], ...]


NONCE = web.RequestKey("nonce", str)
VIEWS = web.AppKey("views", Environment)
SETTINGS = web.AppKey("settings", Settings)
PAGES = web.AppKey("pages", Addresses)
STATIC = Path(__file__).parent / "static"


class Views(Environment):
    """An environment whose globals all stand before its first template is read. Jinja looks for later ones each time
    a template is imported, a sixth of what a page costs."""

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """What a template finds beside what it is given."""
        return {**self.globals, **(d or {})}


@cache
def environment(settings: Settings, *, demo: bool) -> Environment:
    """The templates with everything that each of them may use. Made once in a process, because each page is compiled
    in it once."""
    govuk = PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")})
    views = Views(
        loader=ChoiceLoader([PackageLoader("services.gateway"), govuk]),
        autoescape=select_autoescape(["html"]),
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    views.install_gettext_callables(locales.text, locales.plural, newstyle=True)  # type: ignore[attr-defined]
    views.globals.update(
        by_code=locales.by_code,
        asset=asset,
        now=utc_now,
        demo=demo,
        languages=locales.LANGUAGES,
        hotline=settings.hotline,
        live=settings.live,
        policies=POLICIES,
        poll_s=settings.poll_s,
    )
    views.filters.update(
        chosen=locales.chosen,
        yuan=formats.yuan,
        clock=formats.clock,
        day=formats.day,
        left=formats.left,
        mark=formats.mark,
        query=urlencode,
    )
    return views


def compile_all(views: Environment) -> None:
    """Read every page now (a second), so that nobody who asks for one first waits for it."""
    for name in views.list_templates(extensions=["html"]):
        views.get_template(name)


def page(request: web.Request, template: str, *, status: int = 200, **context: Any) -> web.Response:
    """Answer with a rendered template."""
    return web.Response(status=status, text=render(request, template, **context), content_type="text/html")


def render(request: web.Request, template: str, **context: Any) -> str:
    """A template as text, with what belongs to the request."""
    who = visitor(request)
    return (
        request.app[VIEWS]
        .get_template(template)
        .render(
            visitor=who,
            csrf=who.csrf,
            cspNonce=request[NONCE],
            lang=locales.language(),
            path=request.path,
            trace=telemetry.trace_id(),
            **{"shown_at": _shown_at(request), **context},
        )
    )


def _shown_at(request: web.Request) -> str:
    """Where this page is shown again, in another language. What answers a form stands at an address that may take
    nothing else: there it is the page that the form was on, or the nearest above it."""
    if request.method == "GET":
        return request.path_qs
    with suppress(ValueError):
        form = URL(request.headers.get("Referer", ""))
        if form.authority == request.host and _is_page(request.app, form.path):
            return form.raw_path_qs
    parts = request.path.split("/")
    above = ("/".join(parts[:many]) for many in range(len(parts), 1, -1))
    return next((path for path in above if _is_page(request.app, path)), "/")


def _is_page(app: web.Application, path: str) -> bool:
    """Whether a browser can ask for this address."""
    pages = app[PAGES]
    return path in pages.plain or any(pattern.fullmatch(path) for pattern in pages.patterns)


def addresses(app: web.Application) -> Addresses:
    """Those of an application whose routes are all there."""
    gets = [route.resource.get_info() for route in app.router.routes() if route.method == "GET" and route.resource]
    plain = frozenset(info["path"] for info in gets if "path" in info)
    return Addresses(plain, tuple(info["pattern"] for info in gets if "pattern" in info))


def redirect(target: str) -> web.Response:
    """Send the browser on (303: the next request is a GET)."""
    return web.Response(status=303, headers={"Location": target})


@cache
def asset(name: str) -> str:
    """The address of a static file; it changes with the content, so browsers may keep it for a year."""
    content = (STATIC / name).read_bytes()
    return f"/static/{name}?v={hashlib.sha256(content).hexdigest()[:12]}"
