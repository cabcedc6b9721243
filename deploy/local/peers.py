"""Calling the running services from the launcher, as the platform itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from shared.http import ServiceClient
from shared.settings import Platform
from shared.tokens import Actor, load_tokens

LAUNCHER = Actor("service", "launcher")


@asynccontextmanager
async def peer(platform: Platform, service: str) -> AsyncIterator[ServiceClient]:
    """A client of one service, signed with the installation's own key."""
    tokens = load_tokens(platform.secrets_dir)
    async with aiohttp.ClientSession() as session:
        yield ServiceClient(session, platform.url_of(service), service, tokens)
