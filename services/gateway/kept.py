"""A form that came after its session had ended: it goes along through the sign-in, and is offered again after it.

Every page of the sign-in holds it in hidden fields: `kept` is its path, `kept-NAME` each of its fields. Passwords and
captchas do not go along, nor pictures: a page cannot hold them.
"""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from services.gateway.bodies import form_of

Pairs = Sequence[tuple[str, str]]

PATH, PREFIX = "kept", "kept-"
FORM, SUBJECTS = "/form", "/subjects"
_NOT_KEPT = frozenset({"csrf", "action", "password", "password_again", "captcha_id", "captcha_text"})


async def sent(request: web.Request) -> Pairs:
    """The hidden fields that carry a form that nobody could be found for; none for every other request."""
    if request.method != "POST" or request.path not in {FORM, SUBJECTS}:
        return []
    typed = [(name, text.strip()) for name, text in await _texts(request) if name not in _NOT_KEPT]
    return [(PATH, request.path), *((PREFIX + name, text) for name, text in typed if text)]


async def carried(request: web.Request) -> Pairs:
    """The same out of a form of the sign-in."""
    return [(name, text) for name, text in await _texts(request) if name == PATH or name.startswith(PREFIX)]


def fields(kept: Pairs) -> Pairs:
    """Name and text of each field, as the form had them."""
    return [(name.removeprefix(PREFIX), text) for name, text in kept if name != PATH]


async def _texts(request: web.Request) -> Pairs:
    return [(name, text) for name, text in form_of(request).items() if isinstance(text, str)]
