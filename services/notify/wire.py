"""The one way in which providers are called: signed JSON in, JSON out, in bounded time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import aiohttp
from yarl import URL

from services.notify.channels import Refused, Unsure

TIMEOUT = aiohttp.ClientTimeout(total=4, connect=2)


async def post(http: aiohttp.ClientSession, url: URL, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """The provider's answer, refusals included. Raises `Refused` (never reached) or `Unsure` (no clear answer).

    Causes are cut off: their texts may quote the request, and with it a number and a code.
    """
    try:
        async with http.post(url, data=body, headers=headers, timeout=TIMEOUT, allow_redirects=False) as answer:
            status, content = answer.status, await answer.read()
    except aiohttp.ClientConnectorError:
        raise Refused("unreachable") from None
    except TimeoutError:
        raise Unsure("timeout") from None
    except aiohttp.ClientError:
        raise Unsure("connection") from None
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise Unsure(f"http_{status}")
    return _object(content)


def _object(content: bytes) -> dict[str, Any]:
    try:
        told = json.loads(content)
    except ValueError:
        raise Unsure("unreadable") from None
    if not isinstance(told, dict):
        raise Unsure("unreadable")
    return told
