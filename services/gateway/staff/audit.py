"""Staff: who did what to what, and when (security.md 16)."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime, timedelta

from aiohttp import web

from services.gateway.peers import PEERS
from services.gateway.rendering import page
from services.gateway.visitors import require
from shared.programme.days import BEIJING

FILTERS = ("object_id", "actor_id", "action")
DAYS = ("from", "to")
ACTIONS = (
    "signed_in", "sign_in_refused", "first_factor_accepted", "second_factor_used", "second_factor_refused",
    "face_check_refused", "sessions_ended", "password_changed", "phone_changed", "wechat_bound", "wechat_unbound",
    "staff_made", "staff_access_requested", "staff_access_approved", "staff_access_refused", "roles_changed",
    "totp_enrolled", "totp_removed", "totp_reset", "application_approved", "application_returned", "decision_undone",
    "identity_confirmed", "identity_refused", "identity_asked_again", "import_begun", "import_finished", "cash_taken",
    "refund_requested", "exception_resolved", "account_issued", "account_locked", "account_unlocked", "account_reset",
    "account_reset_in_person", "account_closed", "first_step_done", "correction_asked", "correction_moved",
)  # fmt: skip


async def audit(request: web.Request) -> web.StreamResponse:
    """Entries by object, actor, action and day, newest first."""
    who = require(request, "staff")
    query = {name: request.query[name].strip() for name in (*FILTERS, *DAYS) if request.query.get(name, "").strip()}
    asked = {name: query[name] for name in FILTERS if name in query}
    days = {"since": _day(query, "from"), "until": _day(query, "to", 1)}
    asked |= {name: moment for name, moment in days.items() if moment}
    if request.query.get("cursor"):
        asked["cursor"] = request.query["cursor"]
    found = await request.app[PEERS].identity.json("GET", "/audit", who.actor, query=asked)
    return page(
        request, "staff/audit.html", entries=found["items"], more=found["next_cursor"], query=query, actions=ACTIONS
    )


def _day(query: dict[str, str], name: str, after: int = 0) -> str:
    """Midnight in China of a day (`after` days later) as a time; empty for what is no day."""
    with suppress(ValueError, OverflowError):
        day = date.fromisoformat(query.get(name, "")) + timedelta(days=after)
        return datetime(day.year, day.month, day.day, tzinfo=BEIJING).isoformat()
    return ""


ROUTES = [web.get("/staff/audit", audit)]
