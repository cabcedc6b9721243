"""The demo's SMS: messages are kept to be looked at, with masked numbers, and sent to nobody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shared.errors import Duplicate
from shared.programme.phone import mask
from shared.store import Query
from shared.store.repository import Repository

SHOWN = 100


@dataclass
class Message:
    """A message "sent"."""

    id: str
    at: datetime
    channel: str
    to_masked: str
    text: str


class Outbox:
    """Takes messages; `newest` shows them."""

    def __init__(self, messages: Repository[Message]) -> None:
        self._messages = messages

    async def send(self, message_id: str, phone: str, text: str, now: datetime) -> None:
        """Keep a message; one that comes again under the same id is the same."""
        try:
            await self._messages.add(message_id, Message(message_id, now, "sms", mask(phone), text))
        except Duplicate:
            return

    async def newest(self) -> list[Message]:
        """The last messages, newest first."""
        return (await self._messages.find(Query(sort="-at", limit=SHOWN))).items
