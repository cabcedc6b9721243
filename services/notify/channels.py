"""What a channel of short messages does, and the three ways in which it may fail to say so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol


@dataclass(frozen=True)
class Sms:
    """A message to one number. `id` goes along to the provider, so that it can be asked for by it; `phone`: 11 digits,
    +86. Providers write the text themselves from an approved template; `text` is what it says."""

    id: str
    phone: str
    template: str
    params: Mapping[str, str]
    text: str


@dataclass(frozen=True)
class Report:
    """What became of a message. `unknown`: the provider has never heard of it. `reason`: the provider's code."""

    state: Literal["unknown", "sent", "delivered", "failed"]
    reason: str = ""


class Refused(Exception):
    """The provider has surely not taken it: it said so, or was never reached. The text is its code."""


class Unsure(Exception):
    """It may or may not have taken it: no answer, or one that says nothing. The text is what was seen."""


def template_of(approved: Mapping[str, str], sms: Sms) -> str:
    """The provider's number of the text. Raises `Refused` for one that it has not approved."""
    if sms.template not in approved:
        raise Refused("template_not_approved")
    return approved[sms.template]


class Channel(Protocol):
    """One provider. Exceptions and their texts never hold a number or a code."""

    name: str

    async def send(self, sms: Sms, now: datetime) -> str:
        """Hand a message over; the provider's reference, empty if it reports nothing. Raises `Refused`, `Unsure`."""

    async def query(self, sms: Sms, tried_at: datetime, now: datetime, /) -> Report:
        """What became of a message tried then. Raises `Refused` or `Unsure` when the provider does not tell."""


Channels = Sequence[Channel]
