"""Settings of the payment service, `BAOKAO_PAYMENT__…`."""

from __future__ import annotations

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """`wechat_url` empty means the simulator in the demo and the real gateway in production."""

    model_config = SettingsConfigDict(env_prefix="BAOKAO_PAYMENT__", frozen=True, extra="ignore")

    wechat_url: str = ""
    code_minutes: int = 30
    sweep_every_s: float = 5.0
