"""HTTP of the notify service."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, StringConstraints

from services.notify.handlers import codes
from services.notify.handlers.desk import Desk
from shared.http import Call, Route

Short = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class SendCode(BaseModel):
    """`id` makes a repetition harmless; `sealed_contact` as in AccountRegistered, for `subject`."""

    id: Short
    subject: Short
    sealed_contact: Annotated[str, StringConstraints(max_length=500)]
    code: Annotated[str, StringConstraints(pattern=r"^\d{6}$")]


class MessageView(BaseModel):
    """A message the demo "sent"."""

    at: datetime
    channel: str
    to_masked: str
    text: str


class MessageList(BaseModel):
    """The newest messages first."""

    items: list[MessageView]


@dataclass(frozen=True)
class Api:
    """The operations, with what they need."""

    desk: Desk

    async def outbox(self, _call: Call) -> MessageList:
        """Every message the demo "sent", newest first"""
        messages = await self.desk.outbox.newest()
        return MessageList(items=[MessageView.model_validate(each, from_attributes=True) for each in messages])

    async def send_code(self, call: Call) -> None:
        """Send a one-time code"""
        wanted = call.body(SendCode)
        await codes.send_code(wanted.id, wanted.subject, wanted.sealed_contact, wanted.code, desk=self.desk)


def routes(api: Api, *, demo: bool) -> list[Route]:
    """Every operation; the outbox can be looked at in the demo only."""
    looked_at = [Route("GET", "/outbox", api.outbox, ("service", "staff"), returns=MessageList)]
    return [*(looked_at if demo else []), Route("POST", "/codes", api.send_code, ("service",), body=SendCode)]
