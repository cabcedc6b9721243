"""Settings of the identity service."""

from __future__ import annotations

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """`hashers` bounds passwords hashed at once; `sweep_s` is the pause between removals of what has expired."""

    model_config = SettingsConfigDict(env_prefix="BAOKAO_IDENTITY__", frozen=True)

    hashers: int = 2
    sweep_s: float = 60
