"""Times, money and durations as people read them (China Standard Time); states as pages compare them."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from services.gateway.locales import text
from shared.programme.days import BEIJING


def moment(value: str | datetime) -> datetime:
    """A time of the services (ISO 8601) in China."""
    found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(BEIJING)


def clock(value: str | datetime | None) -> str:
    """`2026-11-21 15:04`."""
    return moment(value).strftime("%Y-%m-%d %H:%M") if value else ""


def day(value: str | datetime | None) -> str:
    """`2026-11-21`."""
    return moment(value).strftime("%Y-%m-%d") if value else ""


def yuan(fen: int | None) -> str:
    """3000 → `30.00`."""
    return f"{(fen or 0) / 100:,.2f}"


def left(until: str | datetime | None, now: datetime) -> str:
    """How long until a window closes, in the largest unit that says enough; empty when it has closed."""
    if not until:
        return ""
    seconds = int((moment(until) - now).total_seconds())
    if seconds <= 0:
        return ""
    if seconds >= 2 * 86400:
        return text("%(number)s 天") % {"number": seconds // 86400}
    if seconds >= 2 * 3600:
        return text("%(number)s 小时") % {"number": seconds // 3600}
    return text("%(number)s 分钟") % {"number": max(1, seconds // 60)}


def mark(state: Any) -> str:
    """A short name for a state, the same for the same state."""
    return hashlib.sha256(json.dumps(state, sort_keys=True, default=str).encode()).hexdigest()[:16]
