"""The web application: guards, routes of every page family, static files."""

from __future__ import annotations

from aiohttp import web

from services.gateway import (
    guards,
    pages_account,
    pages_checks,
    pages_documents,
    pages_fill,
    pages_lookups,
    pages_mine,
    pages_payment,
    pages_pictures,
    pages_public,
    pages_stages,
    pages_subjects,
    proxies,
    staff_file,
    staff_imports,
    staff_money,
    staff_queue,
)
from services.gateway.peers import PEERS, Peers
from services.gateway.rendering import SETTINGS, STATIC, VIEWS, environment
from services.gateway.settings import Settings
from shared.settings import Platform

FAMILIES = (
    pages_public,
    pages_account,
    pages_fill,
    pages_lookups,
    pages_pictures,
    pages_checks,
    pages_subjects,
    pages_payment,
    pages_mine,
    pages_documents,
    pages_stages,
    staff_queue,
    staff_file,
    staff_money,
    staff_imports,
    proxies,
)


def build(platform: Platform, settings: Settings, peers: Peers) -> web.Application:
    """Everything the browser can reach."""
    app = web.Application(middlewares=[guards.traced, guards.in_session], client_max_size=settings.body_limit_bytes)
    app[PEERS] = peers
    app[SETTINGS] = settings
    app[VIEWS] = environment(platform, settings)
    app.on_response_prepare.append(guards.secure)
    for family in FAMILIES:
        app.add_routes(family.ROUTES)
    app.router.add_static("/static/", STATIC)
    return app
