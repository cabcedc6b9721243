"""What is deleted when: pictures, evidence and the application itself, counted from the end of the programme's window
(security.md 15). Pictures lie in the documents service, which is told of those that nobody needs any more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from services.registration.domain.application import Application, Attachment
from shared.events.base import Event
from shared.events.registration import PicturesReleased, ReleasedPicture
from shared.programme.model import Programme


def end_of(programme: Programme) -> datetime:
    """The last moment at which anything of an application may be put right, in UTC as stored times are."""
    return (programme.window.corrections_until or programme.window.closes_at).astimezone(UTC)


def due(application: Application, programme: Programme) -> datetime | None:
    """When the next of a registered application's data go; None for a draft, whose days are its own."""
    if application.registered_at is None:
        return None
    days = programme.retention
    left = [days.applications_days]
    if _pictures(application):
        left.append(days.pictures_days)
    if application.checks:
        left.append(days.evidence_days)
    return end_of(programme) + timedelta(days=min(left))


def over(application: Application, programme: Programme, now: datetime) -> bool:
    """Whether the application as a whole goes; its pictures have gone before."""
    last = end_of(programme) + timedelta(days=programme.retention.applications_days)
    return now >= last and not _pictures(application)


def forget(application: Application, programme: Programme, now: datetime) -> list[Event]:
    """Take out what has had its days."""
    since, days = now - end_of(programme), programme.retention
    events: list[Event] = []
    if since >= timedelta(days=min(days.pictures_days, days.applications_days)) and _pictures(application):
        events = release(application, _pictures(application), now)
        application.attachments, application.replaced = {}, []
        application.tell(now, "system", "pictures_deleted")
    if since >= timedelta(days=days.evidence_days) and application.checks:
        application.checks, application.ocr = [], {}
        application.tell(now, "system", "evidence_deleted")
    return events


def replace(application: Application, kind: str, attachment: Attachment, now: datetime) -> list[Event]:
    """Put a picture in its place. What it replaces goes at once while nobody has seen it; of a registered application
    it is evidence, and goes with the others."""
    earlier = application.attachments.get(kind)
    application.attachments[kind] = attachment
    if earlier is None or any(each.upload_id == earlier.upload_id for each in _pictures(application)):
        return []
    if application.registered_at is None:
        return release(application, [earlier], now)
    application.replaced.append(earlier)
    return []


def bury(application: Application, now: datetime) -> list[Event]:
    """Empty a draft that is given up: what stays is the outbox that tells of its pictures, until that is told."""
    events = release(application, _pictures(application), now)
    application.state = "discarded"
    application.values, application.ocr, application.checks, application.timeline = {}, {}, [], []
    application.attachments, application.replaced, application.choice = {}, [], []
    return events


def release(application: Application, pictures: Sequence[Attachment], now: datetime) -> list[Event]:
    """Nobody needs these pictures any more."""
    if not pictures:
        return []
    told = tuple(ReleasedPicture(upload_id=each.upload_id, object_key=each.object_key) for each in pictures)
    return [PicturesReleased(subject=application.id, occurred_at=now, pictures=told)]


def _pictures(application: Application) -> list[Attachment]:
    return [*application.attachments.values(), *application.replaced]
