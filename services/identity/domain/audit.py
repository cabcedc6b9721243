"""The audit log as a chain: every entry carries the hash of the one before it (security.md 16).

Changed, removed or slipped-in entries break the chain. Whoever can write to the database can still forge a whole new
chain, or cut its end off: signed checkpoints, which are told to the log as well, are what a forged end cannot satisfy.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from shared.events.audit import ActionRecorded

DIGITS = 12
GENESIS = "0" * 64
# What the store adds to a document.
STORED = frozenset({"_id", "version", "outbox", "pending", "seen", "hash"})


@dataclass(frozen=True)
class Entry:
    """One line of the log. `id` is its place in the chain, zero-padded, so that text sorts as numbers; `at` is UTC to
    the microsecond; `hash` is of everything else, `previous` among it."""

    id: str
    previous: str
    event_id: str
    at: str
    actor_kind: str
    actor_id: str
    action: str
    object_type: str
    object_id: str
    before: dict[str, str] = field(default_factory=dict)
    after: dict[str, str] = field(default_factory=dict)
    network: str = ""
    hash: str = ""


@dataclass(frozen=True)
class Checkpoint:
    """How far the chain went at a time; `signature` is keyed, so that the database alone cannot make one."""

    id: str
    hash: str
    at: datetime
    signature: str


def following(head: Entry | None, event: ActionRecorded) -> Entry:
    """The entry of an event after the head (None: the first of all)."""
    entry = Entry(
        id=place(int(head.id) + 1 if head else 1),
        previous=head.hash if head else GENESIS,
        event_id=event.event_id,
        at=at_text(event.occurred_at),
        actor_kind=event.actor_kind,
        actor_id=event.actor_id,
        action=event.action,
        object_type=event.object_type,
        object_id=event.subject,
        before=event.before,
        after=event.after,
        network=event.network,
    )
    return Entry(**(asdict(entry) | {"hash": hash_of(asdict(entry))}))


def place(number: int) -> str:
    """The id of the entry with this number."""
    return f"{number:0{DIGITS}}"


def at_text(moment: datetime) -> str:
    """A time as entries keep it: always with six digits of a second, because it is compared as text."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def hash_of(document: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical JSON (RFC 8785; texts only, so sorted keys are all of it), 64 hexadecimal digits.

    Fields that nobody here wrote count: an entry with something added to it does not fit either.
    """
    content = {key: value for key, value in document.items() if key not in STORED}
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def signed_text(number: str, digest: str) -> str:
    """What a checkpoint's signature is of."""
    return f"{number}|{digest}"


def fault(document: Mapping[str, Any], number: str, previous: str) -> str | None:
    """Why a stored entry is not the one that must stand at this place; None when it is."""
    if document.get("_id") != number or document.get("id") != number:
        return "audit.missing_or_inserted"
    if document.get("previous") != previous:
        return "audit.chain_broken"
    return None if document.get("hash") == hash_of(document) else "audit.changed"
