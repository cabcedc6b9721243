"""How a use case says who did what to what: one event for the audit log, through the outbox of what was changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from ipaddress import IPv6Address, ip_address, ip_network
from typing import NamedTuple

from shared.events.audit import ActionRecorded
from shared.tokens import Actor

V4_PREFIX, V6_PREFIX = 24, 48


class Thing(NamedTuple):
    """What was acted on: `application` and its id."""

    type: str
    id: str


def recorded(
    actor: Actor,
    action: str,
    thing: Thing,
    now: datetime,
    before: Mapping[str, str] | None = None,
    after: Mapping[str, str] | None = None,
) -> ActionRecorded:
    """The event; of `before` and `after` (codes, or masked) only what differs is told."""
    old, new = before or {}, after or {}
    changed = [key for key in {**old, **new} if old.get(key) != new.get(key)]
    return ActionRecorded(
        subject=thing.id,
        occurred_at=now,
        actor_kind=actor.kind,
        actor_id=actor.id,
        action=action,
        object_type=thing.type,
        before={key: old[key] for key in changed if key in old},
        after={key: new[key] for key in changed if key in new},
        network=actor.source,
    )


def network_of(address: str) -> str:
    """The network of an address: `192.0.2.7` → `192.0.2.0/24`, IPv6 /48; empty for what is no address.

    Enough to see that a sign-in came from elsewhere, too little to follow a person (security.md 16).
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return ""
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    prefix = V4_PREFIX if parsed.version == 4 else V6_PREFIX
    return str(ip_network((parsed, prefix), strict=False))
