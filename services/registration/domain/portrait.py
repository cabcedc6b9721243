"""The verified portrait: what others may compare later photos of this candidate with."""

from __future__ import annotations

from services.registration.domain import identity
from services.registration.domain.application import Application
from shared.events.base import Event
from shared.events.registration import PortraitVerified
from shared.programme.model import Programme


def news(application: Application, programme: Programme) -> list[Event]:
    """What others should know of the verified portrait and have not been told. A picture that is only replaced does
    not undo what was verified; a refusal or a withdrawal does, and the end of its days. Drafts are nobody's yet."""
    check = application.check
    if application.registered_at is None:
        return []
    refused = check is not None and check.decision == "refused"
    over = refused or application.state == "withdrawn" or not application.attachments
    settled = check.portrait_key if check and identity.status(application, programme) in identity.SETTLED else None
    stands = "" if over else settled or application.portrait_told
    if stands == application.portrait_told:
        return []
    application.portrait_told = stands
    return [
        PortraitVerified(
            subject=application.id,
            occurred_at=application.timeline[-1].at,
            programme=application.programme,
            candidate_id=application.candidate_id,
            portrait_key=stands or None,
        )
    ]
