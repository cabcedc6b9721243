"""The identity check: attempts, what the card says against what was typed, and what staff decide.

No verdict of a machine refuses anybody; the worst it can do is send a file to a person. A number or name that
differs from the card is never accepted silently.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.registration.domain.application import Application, Check, Read, Seen
from services.registration.domain.drafting import follow
from shared.errors import DomainError, Kind
from shared.events.base import Event
from shared.events.registration import IdentityCheckRequested, UrgentIdentityCheckRequested
from shared.events.vision import IdentityCheckCompleted
from shared.programme.fields import normalise
from shared.programme.identity_check import CHECKED_PICTURES
from shared.programme.model import FormField, Programme

GENDERS = {"男": "male", "女": "female"}
SETTLED = frozenset({"matched", "confirmed"})
TIMEOUT = "identity.timeout"


@dataclass(frozen=True)
class Difference:
    """A field whose typed value is not what the card says; `read` None: the card's could not be read."""

    field: str
    typed: str
    read: str | None


def request(application: Application, programme: Programme, check_id: str, now: datetime) -> list[Event]:
    """Ask for a check of the pictures as they are now, once there is a card; the same are not looked at twice.

    When the attempts are used up the pictures go to a person instead. Pictures that staff have refused stay refused,
    whatever was attached in between.
    """
    card, back, portrait = keys = [_key(application, programme, picture) for picture in CHECKED_PICTURES]
    last = application.check
    if card is None or (last and _keys(last) == keys):
        return []
    if refused := next(
        (each for each in application.checks if each.decision == "refused" and _keys(each) == keys), None
    ):
        application.checks.append(replace(refused, id=check_id, requested_at=now))
        return []
    rules = programme.identity_check
    since = now - timedelta(hours=rules.attempts_hours)
    used = sum(check.requested_at > since for check in application.checks)
    check = Check(check_id, now, now + timedelta(seconds=rules.deadline_seconds), card, back, portrait)
    application.checks.append(check)
    if used >= rules.attempts:
        check.outcome, check.reasons = "needs_review", ["identity.attempts_used"]
        return []
    return [_asking(application, check, now)]


def ask_again(application: Application, programme: Programme, check_id: str, now: datetime) -> list[Event]:
    """Look at the same pictures once more, while somebody waits for it. Raises `identity.nothing_to_ask` when there
    are none, or when an answer is awaited already."""
    last = application.check
    if last is None or not last.outcome:
        raise DomainError("identity.nothing_to_ask", Kind.CONFLICT)
    deadline = now + timedelta(seconds=programme.identity_check.deadline_seconds)
    check = Check(check_id, now, deadline, last.card_key, last.card_back_key, last.portrait_key)
    application.checks.append(check)
    return [_asking(application, check, now, UrgentIdentityCheckRequested)]


def complete(
    application: Application,
    programme: Programme,
    event: IdentityCheckCompleted,
    fields: Mapping[str, Read],
    now: datetime,
) -> None:
    """Take in vision's answer. A second answer to the same check changes nothing; one after the deadline counts."""
    check = next((each for each in application.checks if each.id == event.subject), None)
    if check is None or (check.outcome and TIMEOUT not in check.reasons):
        return
    check.outcome = event.outcome
    check.verdicts = [Seen(**verdict.model_dump()) for verdict in event.verdicts]
    check.reasons = list(event.reasons)
    check.distance, check.face_decision = event.distance, event.face_decision
    check.model_version, check.completed_at = event.model_version, now
    application.ocr[check.id] = dict(fields)
    if check.card_key == _key(application, programme, "card"):
        _fill(application, programme, fields, now)
    application.tell(now, "system", f"identity_{check.outcome}")


def expire(application: Application, programme: Programme, now: datetime) -> list[Event]:
    """Past its deadline a check is asked for once more, and then goes to a person."""
    check = application.check
    if check is None or check.outcome or check.deadline > now:
        return []
    if check.asked == 1:
        check.asked = 2
        check.deadline = now + timedelta(seconds=programme.identity_check.deadline_seconds)
        return [_asking(application, check, now)]
    check.outcome, check.reasons = "needs_review", [TIMEOUT]
    application.tell(now, "system", "identity_needs_review")
    return []


def may_ask_person(application: Application, programme: Programme) -> bool:
    """Whether a person is offered: the latest pictures are unreadable, and not for the first time."""
    unreadable = sum(check.outcome == "unreadable" for check in application.checks)
    check = application.check
    return (
        application.state not in ("approved", "withdrawn")
        and check is not None
        and check.outcome == "unreadable"
        and not check.person_asked
        and unreadable >= programme.identity_check.person_after
    )


def ask_person(application: Application, programme: Programme, now: datetime) -> None:
    """The candidate leaves pictures that the machine cannot read to a person."""
    check = application.check
    if check is None or not may_ask_person(application, programme):
        raise DomainError("identity.person_not_offered", Kind.CONFLICT)
    check.person_asked = True
    application.tell(now, "candidate", "person_asked")


def status(application: Application, programme: Programme) -> str:
    """none, requested, read, unreadable, needs_review, proposed, matched, confirmed or refused: derived, never stored
    as such."""
    check = application.check
    if check is None:
        return "none"
    if check.proposed_by:
        return "proposed"
    if check.decision:
        return check.decision
    if not check.outcome:
        return "requested"
    uncompared = check.outcome == "read" and check.portrait_key is not None
    differs = check.outcome == "matched" and bool(differences(application, programme))
    return "needs_review" if check.person_asked or uncompared or differs else check.outcome


def reasons(application: Application, programme: Programme) -> list[str]:
    """Why the latest check stands as it does."""
    check = application.check
    if check is None:
        return []
    found = [*check.reasons, *(["identity.person_asked"] if check.person_asked else [])]
    if check.outcome in ("matched", "needs_review"):
        for each in differences(application, programme):
            found.append(f"identity.{each.field}_{'differs' if each.read is not None else 'unread'}")
    return found


def differences(application: Application, programme: Programme) -> list[Difference]:
    """Where typed data and the card of the latest check part; empty when no card was read. A field that is still to be
    typed differs from nothing."""
    check = application.check
    read = application.ocr.get(check.id, {}) if check else {}
    if not read:
        return []
    found = []
    for form_field in programme.fields:
        if form_field.card_field:
            typed = normalise(form_field, application.values.get(form_field.id, ""))
            text = _as_value(form_field, read.get(form_field.card_field))
            # A gender that could not be read says nothing: the number, which is checked, contains it.
            if typed and text != typed and not (text is None and form_field.derived_from):
                found.append(Difference(form_field.id, typed, text))
    return found


def _fill(application: Application, programme: Programme, read: Mapping[str, Read], now: datetime) -> None:
    """What the card says goes into fields still empty; a registered application is the candidate's own word. What was
    read with doubt does not: typed by the candidate it confirms the reading, filled in it would only agree with itself.
    """
    if application.registered_at:
        return
    for form_field in programme.fields:
        if form_field.card_field and not form_field.derived_from and not application.values.get(form_field.id):
            found = read.get(form_field.card_field)
            sure = found is not None and not found.doubtful
            application.values[form_field.id] = (_as_value(form_field, found) if sure else None) or ""
    follow(application, programme, now)


def _as_value(form_field: FormField, read: Read | None) -> str | None:
    if read is None or not read.text:
        return None
    if form_field.kind == "gender":
        return GENDERS.get(read.text, read.text)
    return normalise(form_field, read.text)


def _key(application: Application, programme: Programme, picture: str) -> str | None:
    material = programme.picture(picture)
    attached = application.attachments.get(material.id) if material else None
    return attached.object_key if attached else None


def _keys(check: Check) -> list[str | None]:
    return [check.card_key, check.card_back_key, check.portrait_key]


def _asking(
    application: Application,
    check: Check,
    now: datetime,
    event: type[IdentityCheckRequested] = IdentityCheckRequested,
) -> IdentityCheckRequested:
    return event(
        subject=check.id,
        occurred_at=now,
        application_id=application.id,
        programme=application.programme,
        card_key=check.card_key,
        card_back_key=check.card_back_key,
        portrait_key=check.portrait_key,
        deadline=check.deadline,
    )
