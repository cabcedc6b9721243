"""The web application: guards, routes of every page family, static files."""

from __future__ import annotations

from aiohttp import web

from services.gateway import guards, proofs, proxies
from services.gateway.live import watchable
from services.gateway.pages import (
    account,
    answers,
    by_sms,
    checks,
    documents,
    face_reset,
    fill,
    first,
    lookups,
    mine,
    owner,
    payment,
    phone,
    pictures,
    public,
    reset,
    stages,
    subjects,
)
from services.gateway.peers import PEERS, Peers
from services.gateway.rendering import PAGES, SETTINGS, STATIC, VIEWS, addresses, environment
from services.gateway.settings import Settings
from services.gateway.staff import (
    accounts,
    audit,
    close,
    file,
    first_password,
    imports,
    money,
    people,
    queue,
    second,
    sign_on,
)
from services.gateway.wechat import face
from shared.settings import Platform

FAMILIES = (
    public,
    account,
    fill,
    first,
    lookups,
    pictures,
    checks,
    subjects,
    answers,
    payment,
    mine,
    owner,
    phone,
    documents,
    stages,
    accounts,
    queue,
    file,
    money,
    imports,
    people,
    close,
    audit,
    sign_on,
    second,
    first_password,
    face_reset,
    face,
    reset,
    by_sms,
    proofs,
    proxies,
)


def build(platform: Platform, settings: Settings, peers: Peers) -> web.Application:
    """Everything the browser can reach."""
    app = web.Application(middlewares=[guards.traced, guards.in_session], client_max_size=settings.body_limit_bytes)
    app[PEERS] = peers
    app[SETTINGS] = settings
    app[VIEWS] = environment(settings, demo=platform.environment == "demo")
    watchable(app)
    app.on_response_prepare.append(guards.secure)
    for family in FAMILIES:
        app.add_routes(family.ROUTES)
    app.router.add_static("/static/", STATIC)
    app[PAGES] = addresses(app)
    return app
