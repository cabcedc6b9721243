"""Settings of the notify service, `BAOKAO_NOTIFY__…`."""

from __future__ import annotations

from typing import Literal

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """`notices_per_day` bounds what a fault or an attack can cost; codes have limits of their own."""

    model_config = SettingsConfigDict(env_prefix="BAOKAO_NOTIFY__", frozen=True, extra="ignore")

    notices_per_day: int = 500_000
    locale: Literal["zh-CN", "en"] = "zh-CN"
    sweep_every_s: float = 15.0
