"""Ticket and scores of one application, once its registration is approved and the office has published them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from services.registration.domain.application import Application
from services.registration.handlers.deps import Deps
from shared.programme.model import Programme
from shared.programme.texts import Text

Ticket = dict[str, Any]
Scores = list[dict[str, Any]]


async def published(application: Application, programme: Programme, *, deps: Deps) -> tuple[Ticket | None, Scores]:
    """What 准考证 and 成绩 show; (None, []) while there is nothing to show."""
    if application.state != "approved":
        return None, []
    number = next((application.values.get(each.id, "") for each in programme.fields if each.kind == "id_number"), "")
    found = await deps.reference.published(programme.id, number)
    if found is None:
        return None, []
    titles = _titles(programme)
    seats = [asdict(seat) | {"title": titles.get(seat.subject)} for seat in found.seats]
    scores = [
        {
            "subject": score.subject,
            "title": titles.get(score.subject),
            "grade": score.grade,
            "result": "passed" if score.passed else "failed",
        }
        for score in found.scores
    ]
    return ({"number": found.ticket_number, "seats": seats} if seats else None), scores


def _titles(programme: Programme) -> dict[str, Text]:
    return {subject.id: subject.title for subject in programme.subjects.options} if programme.subjects else {}
