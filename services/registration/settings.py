"""Settings of the registration service: `BAOKAO_REGISTRATION__KEY`."""

from __future__ import annotations

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read once, in main.py. `sweep_s`: seconds between two looks for unanswered checks and abandoned claims.
    `person_s`: seconds for which a person's roll entry and earlier results are remembered."""

    model_config = SettingsConfigDict(env_prefix="BAOKAO_REGISTRATION__", frozen=True, extra="ignore")

    sweep_s: float = 5.0
    person_s: float = 2.0
