"""Texts for people, in the platform's two languages."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Text(BaseModel):
    """The same said in Chinese and in English."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    zh: str
    en: str
