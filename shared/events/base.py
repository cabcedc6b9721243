"""What all events share. An event never carries a name, an ID number or a phone number in clear."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field


def new_id() -> str:
    """A random identifier, 32 hexadecimal digits."""
    return uuid4().hex


class Event(BaseModel):
    """A fact. `TYPE` is the routing key, `<service>.<what_happened>.v<n>`; `subject` the aggregate's id."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    TYPE: ClassVar[str]

    event_id: str = Field(default_factory=new_id)
    subject: str
    occurred_at: datetime

    @classmethod
    def source(cls) -> str:
        """The publishing service, the first part of the type."""
        return cls.TYPE.partition(".")[0]
