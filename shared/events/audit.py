"""What every service that changes something for somebody tells the audit log (security.md 16)."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from shared.events.base import Event


class ActionRecorded(Event):
    """Somebody did something to something; `subject` is the thing's id, the identity service keeps the log.

    `action` is a slug such as `application_approved`. `before` and `after` hold only what changed, as codes or masked:
    never a name, an ID number or a phone number. `network` is that of the caller, /24 or /48, or empty.
    """

    TYPE: ClassVar[str] = "audit.action_recorded.v1"
    actor_kind: str
    actor_id: str
    action: str = Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)
    object_type: str = Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)
    before: dict[str, str] = Field(default_factory=dict)
    after: dict[str, str] = Field(default_factory=dict)
    network: str = ""
