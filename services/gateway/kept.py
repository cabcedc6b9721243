"""What the form brought after its session had ended: it goes along through the sign-in, and is offered again after it.

Passwords and captchas do not go along, nor pictures: a page cannot hold them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from services.gateway.forms import typed

FORM = "/form"
PREFIX = "kept-"
_NOT_KEPT = frozenset({"csrf", "key", "action", "password", "password_again", "captcha_id", "captcha_text"})


async def sent(request: web.Request) -> dict[str, str]:
    """Field → text of a form that nobody could be found for; empty for every other request."""
    if (request.method, request.path) != ("POST", FORM):
        return {}
    return {name: text for name, text in (await typed(request)).items() if text and name not in _NOT_KEPT}


def carried(values: Mapping[str, str]) -> dict[str, str]:
    """The same out of a sign-in form that carries it."""
    return {name.removeprefix(PREFIX): text for name, text in values.items() if name.startswith(PREFIX)}


def known(kept: Mapping[str, str], programme: Mapping[str, Any]) -> list[tuple[Any, str]]:
    """Field of the programme and text, for the person who judges whether they are theirs."""
    return [(field, kept[field["id"]]) for field in programme["fields"] if kept.get(field["id"])]
