"""The gateway's own settings (`BAOKAO_GATEWAY__KEY`)."""

from __future__ import annotations

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Limits and switches of the web pages."""

    model_config = SettingsConfigDict(env_prefix="BAOKAO_GATEWAY__", frozen=True, extra="ignore")

    # Proxies of ours before the gateway: so many entries of X-Forwarded-For, from the right, are believed.
    proxies: int = 0
    # Of a picture, and of a form without files; of a table. As much as documents and registration take.
    body_limit_bytes: int = 12 << 20
    table_limit_bytes: int = 30 << 20
    # Server-sent events hold one connection per waiting person; on peak days polling is kinder.
    live: bool = True
    # Seconds between two looks: at first, and for those who have waited for a while.
    live_s: float = 0.5
    live_longest_s: float = 3.0
    live_for_s: float = 120.0
    poll_s: int = 5
    hotline: str = "12345"
