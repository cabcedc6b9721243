"""The gateway on top of the real services, as the gateway's own tests run it."""

from __future__ import annotations

from tests.services.gateway.conftest import _filled, browser, chromium, context, page, people, person, platform

__all__ = ["_filled", "browser", "chromium", "context", "page", "people", "person", "platform"]
