"""The demo's SMS: messages are kept to be looked at, with masked numbers, and sent to nobody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.notify.channels import Channel, Report, Sms
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
    """The channel `sms`. Takes messages; `newest` shows them."""

    name = "sms"

    def __init__(self, messages: Repository[Message]) -> None:
        self._messages = messages
        self.collection = messages.collection

    async def send(self, sms: Sms, now: datetime) -> str:
        """Keep a message; it reports nothing more."""
        await self.keep(sms, self.name, now)
        return ""

    async def query(self, sms: Sms, _tried_at: datetime, _now: datetime, /) -> Report:
        """What is here has arrived."""
        found = await self._messages.store.get(self.collection, sms.id)
        return Report("delivered" if found else "unknown")

    async def keep(self, sms: Sms, channel: str, now: datetime) -> None:
        """Keep a message; one that comes again under the same id is the same."""
        try:
            await self._messages.add(sms.id, Message(sms.id, now, channel, mask(sms.phone), sms.text))
        except Duplicate:
            return

    async def newest(self) -> list[Message]:
        """The last messages, newest first."""
        return (await self._messages.find(Query(sort="-at", limit=SHOWN))).items


class Shown:
    """A channel whose messages the demo keeps to be looked at too: nobody has the phones of its people."""

    def __init__(self, channel: Channel, outbox: Outbox) -> None:
        self.name = channel.name
        self._channel = channel
        self._outbox = outbox

    async def send(self, sms: Sms, now: datetime) -> str:
        """Send, then keep."""
        reference = await self._channel.send(sms, now)
        await self._outbox.keep(sms, self.name, now)
        return reference

    async def query(self, sms: Sms, tried_at: datetime, now: datetime, /) -> Report:
        """As the channel tells."""
        return await self._channel.query(sms, tried_at, now)
