"""Operations of issuing: a table of people becomes accounts."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from pydantic import BaseModel, StringConstraints

from services.identity.api.common import Short
from services.identity.handlers import issuing
from services.identity.handlers.issuing import Slip
from services.identity.handlers.office import ROLES, Office
from shared.clock import utc_now
from shared.http import Call, Route
from shared.tables import CHUNK, read_bounded

MAX_BYTES = 2 * 1024 * 1024
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=200)]


class IssueQuery(BaseModel):
    programme: Short
    dry_run: bool = False
    again: bool = False


class SlipView(BaseModel, from_attributes=True):
    """`code` is told this once and kept nowhere."""

    name: str
    login: str
    class_name: str
    code: str


class CellErrorView(BaseModel, from_attributes=True):
    row: int
    column: str
    code: str


class IssueReport(BaseModel):
    rows: int
    ok: int
    errors: list[CellErrorView]
    failed_csv: str
    slips: list[SlipView]


def routes(office: Office) -> list[Route]:
    """For staff with a place, or for administrators; whom they issue accounts to is their scope's."""
    issued = partial(issue, office=office)
    return [
        Route("POST", "/candidates/issue", issued, ("staff", "service"), ROLES, query=IssueQuery, returns=IssueReport),
    ]


async def issue(call: Call, *, office: Office) -> IssueReport:
    """Open accounts from a CSV or XLSX table (raw body); `dry_run` only says what would happen, `again` gives another
    code to who has no password yet"""
    asked = call.query(IssueQuery)
    content = await read_bounded(call.request.content.iter_chunked(CHUNK), MAX_BYTES)
    report, slips = await issuing.issue(
        content,
        asked.programme,
        call.actor,
        dry_run=asked.dry_run,
        again=asked.again,
        office=office,
        now=utc_now(),
    )
    errors = [CellErrorView.model_validate(error, from_attributes=True) for error in report.errors]
    return IssueReport(
        rows=report.rows, ok=report.ok, errors=errors, failed_csv=report.failed_csv, slips=[slip_view(s) for s in slips]
    )


def slip_view(slip: Slip) -> SlipView:
    """What is printed."""
    return SlipView.model_validate(slip, from_attributes=True)
