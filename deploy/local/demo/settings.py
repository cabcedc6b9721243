"""What is put into a new demo (`BAOKAO_DEMO__KEY`)."""

from __future__ import annotations

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


class Demo(BaseSettings):
    """`people`: whether candidates in every state are made after the first start."""

    model_config = SettingsConfigDict(env_prefix="BAOKAO_DEMO__", frozen=True)

    people: bool = True


def is_populated(data: Path) -> bool:
    """Whether the candidates of this data folder have been made."""
    return populated_mark(data).exists()


def populated_mark(data: Path) -> Path:
    """The file that says so."""
    return data / "demo" / "populated"
