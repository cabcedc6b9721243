"""What the rules and the pages need to know besides the application itself."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from services.registration.domain.application import Application
from services.registration.handlers.deps import Deps
from services.registration.reference.domain import PriorResult
from shared.programme import id_number as id_numbers
from shared.programme import names
from shared.programme.fields import Facts, Roll
from shared.programme.model import Programme
from shared.programme.subjects import History

PERSONS_JUDGED = 20


@dataclass
class Looked:
    """The facts, and field id → title of the chosen region or school."""

    facts: Facts
    shown: dict[str, str] = field(default_factory=dict)


async def look_up(
    application: Application, programme: Programme, *, deps: Deps, day: date, final: bool = False
) -> Looked:
    """Facts on the values as they are typed now.

    The roll answers for so many numbers and names of one draft, so that nobody tries names until one fits; `final`:
    it is asked in any case, when the form is handed in.
    """
    parents: dict[str, str] = {}
    shown: dict[str, str] = {}
    kind = ""
    for each in programme.fields:
        code = application.values.get(each.id, "")
        if each.kind == "region" and code and (region := await deps.reference.region(code)):
            parents[code], shown[each.id] = region.parent, region.name
        elif each.kind == "school" and code and (school := await deps.reference.school(code)):
            parents[code], shown[each.id], kind = school.region, school.name, school.kind
    number = _typed(application, programme, "id_number")
    known = bool(number) and id_numbers.problem(number, day) is None
    history = History()
    roll: Roll = ""
    if known:
        told = final or bool(application.registered_at) or application.persons_typed <= PERSONS_JUDGED
        name = _typed(application, programme, "name") if told else None
        results, roll = await asyncio.gather(deps.reference.results(number), _roll(number, name, deps=deps))
        history = history_of(results, programme.exam)
    return Looked(Facts(day, parents, kind, roll, history), shown)


def history_of(results: Sequence[PriorResult], exam: str) -> History:
    """What earlier sessions say; a subject passed in any of them is passed."""
    earlier = [result for result in results if result.exam != exam]
    passed = frozenset(result.subject for result in earlier if result.passed)
    failed = Counter(result.subject for result in earlier if not result.passed and result.subject not in passed)
    return History(passed, dict(failed))


async def _roll(number: str, name: str | None, *, deps: Deps) -> Roll:
    if name is None:
        return ""
    entry = await deps.reference.roll(number)
    if entry is None:
        return "absent"
    return "match" if names.normalise(entry.name) == names.normalise(name) else "differs"


def _typed(application: Application, programme: Programme, kind: str) -> str:
    return next((application.values.get(each.id, "") for each in programme.fields if each.kind == kind), "")
