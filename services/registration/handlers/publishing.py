"""Admission ticket and scores of one approved application: imported by the office, shown from their time on."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from services.registration.domain.application import Application
from services.registration.handlers.deps import Deps
from shared.programme.model import Programme
from shared.programme.texts import Text

AdmissionTicket = dict[str, Any]
Scores = list[dict[str, Any]]


async def published(
    application: Application, programme: Programme, *, deps: Deps, now: datetime
) -> tuple[AdmissionTicket | None, Scores]:
    """What 准考证 and 成绩 show; (None, []) while there is nothing to show."""
    if application.state != "approved":
        return None, []
    number = next((application.values.get(each.id, "") for each in programme.fields if each.kind == "id_number"), "")
    found = await deps.reference.published(programme.id, number)
    if found is None:
        return None, []
    titles, times = _titles(programme), programme.publication
    seats = [asdict(seat) | {"title": titles.get(seat.subject)} for seat in found.seats if _past(times.tickets_at, now)]
    scores = [
        {
            "subject": score.subject,
            "title": titles.get(score.subject),
            "grade": score.grade,
            "result": "passed" if score.passed else "failed",
        }
        for score in found.scores
        if _past(times.scores_at, now)
    ]
    return ({"number": found.ticket_number, "seats": seats} if seats else None), scores


def _past(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment <= now


def _titles(programme: Programme) -> dict[str, Text]:
    return {subject.id: subject.title for subject in programme.subjects.options} if programme.subjects else {}
