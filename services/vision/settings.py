"""Settings of the vision service."""

from __future__ import annotations

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """`workers` processes of the bulk lane, one thread each, and `interactive_workers` for those who wait; `lanes` this
    replica serves (GPU nodes take the bulk lane alone)."""

    model_config = SettingsConfigDict(env_prefix="BAOKAO_VISION__", frozen=True)

    workers: int = 1
    interactive_workers: int = 1
    lanes: tuple[str, ...] = ("signup", "interactive")
    check_s: float = 60
    forget_after_hours: int = 24
