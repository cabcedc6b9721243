"""Settings of the notify service, `BAOKAO_NOTIFY__…`."""

from __future__ import annotations

from typing import Literal

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """`channels`: the first is preferred, the next stand in for it; `outbox` keeps messages and sends them to nobody.
    `aliyun_url`, `tencent_url` empty mean the simulators in the demo and the providers in production.
    `notices_per_day` bounds what a fault or an attack can cost; codes have limits of their own.
    """

    model_config = SettingsConfigDict(env_prefix="BAOKAO_NOTIFY__", frozen=True, extra="ignore")

    channels: list[Literal["outbox", "aliyun", "tencent"]] = ["outbox"]
    aliyun_url: str = ""
    tencent_url: str = ""
    notices_per_day: int = 500_000
    keep_days: int = 180
    locale: Literal["zh-CN", "en"] = "zh-CN"
    sweep_every_s: float = 15.0
