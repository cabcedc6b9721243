"""Settings of the documents service."""

from __future__ import annotations

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """`workers` limited processes decode pictures, each within `worker_memory_mb` and `decode_s` seconds a
    picture; every `sweep_s` pictures that were only passing through are deleted."""

    model_config = SettingsConfigDict(env_prefix="BAOKAO_DOCUMENTS__", frozen=True)

    workers: int = 1
    worker_memory_mb: int = 768
    decode_s: float = 10
    sweep_s: float = 300
