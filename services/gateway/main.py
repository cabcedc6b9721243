"""The gateway as a process: `python -m services.gateway.main`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.gateway.app import build
from services.gateway.peers import open_peers
from services.gateway.rendering import VIEWS, compile_all
from services.gateway.settings import Settings
from shared import runtime
from shared.bus import Bus
from shared.runtime import Service
from shared.settings import Platform
from shared.tokens import load_tokens


@asynccontextmanager
async def service(platform: Platform, _bus: Bus) -> AsyncIterator[Service]:
    """Pages on top of the other services' HTTP; no store, no events."""
    async with open_peers(platform, load_tokens(platform.secrets_dir)) as peers:
        app = build(platform, Settings(), peers)
        compile_all(app[VIEWS])
        yield Service(name="gateway", app=app)


if __name__ == "__main__":
    runtime.main(service)
