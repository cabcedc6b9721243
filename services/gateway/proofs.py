"""The proof that a person is there, before anything that costs: a slider, digits to read or hear, or the device's sum.

A form asks for one with `offered`, shows it with components/proof.html, and sends `captcha_id` and `captcha_text` on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from services.gateway.budgets import spend
from services.gateway.peers import PEERS
from services.gateway.rendering import page
from services.gateway.visitors import GATEWAY

PATHS = {"slider": "/captchas/slider", "digits": "/captchas", "work": "/captchas/work"}


@dataclass(frozen=True)
class Offered:
    """A proof of one kind, as identity made it."""

    kind: str
    view: dict[str, Any]


async def offered(request: web.Request, kind: str = "") -> Offered:
    """A fresh proof: of this kind, or the one in the address (`?proof=digits` works without scripts), or a slider.

    Raises `budget.spent`: a slider takes 12 ms to draw, of which an address has no more than its share."""
    wanted = kind or request.query.get("proof", "")
    kind = wanted if wanted in PATHS else "slider"
    if kind == "slider":
        await spend(request, "puzzles")
    return Offered(kind, await request.app[PEERS].identity.json("POST", PATHS[kind], GATEWAY))


async def fragment(request: web.Request) -> web.StreamResponse:
    """Another one, or another kind: only the proof's part of a form."""
    proof = await offered(request, request.match_info["kind"])
    return page(request, "components/proof_fragment.html", proof=proof)


ROUTES = [web.get("/proof/{kind:slider|digits|work}", fragment)]
