"""Every operation that staff may call says for which roles, and the running service holds to it (security.md 18)."""

from __future__ import annotations

from dataclasses import replace

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from services.identity.domain.signon import BOUND_ROLES, ROLES
from services.registration.api.staff import UNBOUNDED
from shared.http import Call, application
from shared.idempotency import Idempotency
from shared.store.sqlite import SqliteStore
from shared.tokens import Actor, Tokens
from tests.architecture.roles import TABLE, operations, table

TOKENS = Tokens(b"k" * 32)


async def _done(_call: Call) -> web.Response:
    return web.Response(status=204)


def test_every_operation_of_staff_names_roles_or_is_about_oneself() -> None:
    assert [each.name for each in operations() if not each.route.roles and not each.own] == []


def test_only_roles_that_exist_are_named() -> None:
    assert {role for each in operations() for role in each.route.roles} <= set(ROLES)


def test_roles_bound_to_a_place_reach_only_what_looks_at_the_place() -> None:
    loose = [each.name for each in operations() if BOUND_ROLES & set(each.route.roles) and not each.placed]
    assert loose == []
    assert not BOUND_ROLES & UNBOUNDED


def test_the_reference_table_is_what_the_services_say() -> None:
    assert TABLE.read_text(encoding="utf-8") == table(), "python -m tests.architecture.roles writes it anew"


async def test_each_role_gets_into_what_the_table_gives_it_and_nowhere_else() -> None:
    async with SqliteStore.open(":memory:") as store, aiohttp.ClientSession() as http:
        for service in sorted({each.service for each in operations()}):
            own = [each for each in operations() if each.service == service]
            routes = [replace(each.route, function=_done) for each in own]
            app = application(service, routes, tokens=TOKENS, idempotency=Idempotency(store))
            async with TestServer(app) as server:
                for each in own:
                    url = server.make_url(each.route.path.replace("{", "").replace("}", ""))
                    for role in (*ROLES, ""):
                        token = TOKENS.mint(Actor("staff", "s-1", roles=(role,) if role else ()), service)
                        headers = {"Authorization": f"Bearer {token}"}
                        async with http.request(each.route.method, url, headers=headers) as answer:
                            assert (answer.status != 403) == (each.allows(role)), (each.name, role)
