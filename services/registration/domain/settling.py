"""Settling an identity check by hand; against a mismatch it takes two people (security.md 18)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from services.registration.domain.application import Application, Check
from shared.errors import DomainError, Kind
from shared.events.base import Event
from shared.events.registration import IdentityDecided

Settled = Literal["confirmed", "refused"]
PROPOSAL_LIFE = timedelta(hours=24)


def decide(
    application: Application,
    decision: Settled,
    staff_id: str,
    remark: str,
    now: datetime,
) -> list[Event]:
    """Staff settle the check by hand, whatever the machine said; not while its answer is awaited.

    Who confirms against the machine's mismatch only proposes it: another member of staff has to confirm within a day
    (security.md 18). Raises `identity.own_proposal`.
    """
    check = application.check
    if check is None or not check.outcome:
        raise DomainError("identity.not_answered", Kind.CONFLICT)
    if decision == "confirmed" and not _seconded(check, staff_id, now):
        check.decision, check.proposed_by, check.proposed_until = "", staff_id, now + PROPOSAL_LIFE
        application.tell(now, "staff", "identity_proposed", remark, staff_id)
        return []
    check.decision, check.decided_by, check.decided_at = decision, staff_id, now
    check.proposed_by, check.proposed_until = "", None
    application.tell(now, "staff", f"identity_{decision}", remark, staff_id)
    return [
        IdentityDecided(
            subject=application.id,
            occurred_at=now,
            programme=application.programme,
            candidate_id=application.candidate_id,
            decision=decision,
        )
    ]


def lapse_proposal(application: Application, now: datetime) -> None:
    """A proposal that no second person took up in time is forgotten."""
    check = application.check
    if check and check.proposed_until and check.proposed_until <= now:
        check.proposed_by, check.proposed_until = "", None
        application.tell(now, "system", "identity_proposal_lapsed")


def _seconded(check: Check, staff_id: str, now: datetime) -> bool:
    """Whether a confirmation by this person counts: nobody overrides a mismatch alone."""
    if check.face_decision != "mismatch":
        return True
    if not check.proposed_by or (check.proposed_until and check.proposed_until <= now):
        return False
    if check.proposed_by == staff_id:
        raise DomainError("identity.own_proposal", Kind.FORBIDDEN)
    return True
