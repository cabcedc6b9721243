"""What is put into a new demo (`BAOKAO_DEMO__KEY`)."""

from __future__ import annotations

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


class Demo(BaseSettings):
    """`people`: whether candidates in every state are made after the first start."""

    model_config = SettingsConfigDict(env_prefix="BAOKAO_DEMO__", frozen=True)

    people: bool = True


def is_populated(data: Path, *, mongo: bool) -> bool:
    """Whether the candidates of this data folder's database have been made."""
    return populated_mark(data, mongo=mongo).exists()


def populated_mark(data: Path, *, mongo: bool) -> Path:
    """The file that says so. SQLite and the Mongo-wire server of one folder are two databases."""
    return data / "demo" / f"populated-{database(mongo=mongo)}"


def seeded_mark(data: Path, *, mongo: bool) -> Path:
    """The file that says that tables and staff are in that database."""
    return data / "demo" / f"seeded-{database(mongo=mongo)}"


def database(*, mongo: bool) -> str:
    """What a database is called in file names."""
    return "mongo" if mongo else "sqlite"
