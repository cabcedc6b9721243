"""What an address may do before anybody is signed in is counted by identity, which all gateways share."""

from __future__ import annotations

from aiohttp import web

from services.gateway.addresses import address_of
from services.gateway.peers import PEERS
from services.gateway.visitors import GATEWAY


async def spend(request: web.Request, matter: str) -> None:
    """Count one of these for the address that asks. Raises `budget.spent`."""
    body = {"matter": matter, "source": address_of(request)[:64]}
    await request.app[PEERS].identity.json("POST", "/budgets", GATEWAY, body=body)
