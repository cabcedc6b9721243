"""What goes over HTTP. Names and shapes are those the pages use."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints

from shared.programme.stages import StageState
from shared.programme.texts import Text

Short = Annotated[str, StringConstraints(max_length=128)]
Typed = Annotated[str, StringConstraints(max_length=500)]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_.-]{0,64}$")]


class Begin(BaseModel):
    programme: Short


class Fields(BaseModel):
    values: Annotated[dict[Short, Typed], Field(max_length=100)]


class OwnFields(Begin, Fields):
    pass


class Picture(BaseModel):
    upload_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
    object_key: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    grant: Annotated[str, StringConstraints(max_length=1000)] = ""
    width: Annotated[int, Field(ge=0, le=100_000)] = 0
    height: Annotated[int, Field(ge=0, le=100_000)] = 0


class Choice(BaseModel):
    subjects: Annotated[list[Code], Field(max_length=50)]


class Decision(BaseModel):
    version: Annotated[int, Field(ge=0, le=2**53)]
    reason_code: Code = ""
    field: Code = ""
    remark: Typed = ""


class QueueQuery(BaseModel):
    state: Code = "submitted"
    school: Code = ""
    cursor: Annotated[str, StringConstraints(max_length=500)] = ""


class Search(BaseModel):
    """In a body, because a name or number has no place in an address."""

    q: Annotated[str, StringConstraints(min_length=1, max_length=128, strip_whitespace=True)]


class Files(BaseModel):
    ids: Annotated[list[Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]], Field(max_length=100)]


class Names(BaseModel):
    """Application id → the candidate's name, all but its first character covered. Files that are gone are left out."""

    names: dict[str, str]


class Candidates(BaseModel):
    ids: Annotated[list[Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]], Field(max_length=100)]


class Schools(BaseModel):
    """Candidate's account id → the code of the school or point of the newest application that names one."""

    schools: dict[str, str]


class ErrorView(BaseModel):
    pointer: str
    code: str
    params: Mapping[str, str | int] = {}


class StageMark(BaseModel):
    id: str
    title: Text
    state: StageState


class VerdictView(BaseModel):
    ok: bool
    code: str = ""
    params: Mapping[str, str | int] = {}


class AttachmentView(BaseModel):
    upload_id: str
    url_grant: str
    width: int
    height: int


class SeenView(BaseModel):
    picture: str
    rule: str
    ok: bool
    value: float | None
    message: str
    region: tuple[float, float, float, float] | None


class ReadView(BaseModel):
    text: str | None
    confidence: float


class DifferenceView(BaseModel):
    field: str
    typed: str
    read: str | None


class IdentityView(BaseModel):
    """`distance` and the other attempts' number are for staff."""

    status: str
    outcome: str
    verdicts: list[SeenView]
    reasons: list[str]
    fields: dict[str, ReadView]
    differences: list[DifferenceView]
    attempts: int
    may_ask_person: bool
    deadline: datetime | None
    distance: float | None = None
    face_decision: str | None = None
    proposed_by: str = ""


class SubjectReason(BaseModel):
    code: str
    params: Mapping[str, str | int] = {}


class SubjectOption(BaseModel):
    id: str
    title: Text
    group: str | None
    allowed: bool
    required: bool
    reason: SubjectReason | None


class PaymentView(BaseModel):
    status: str
    order_id: str


class ReviewView(BaseModel):
    state: str
    reason_code: str
    reason: Text | None
    field: str
    remark: str
    claimed_by: str = ""
    decided_at: datetime | None = None


class EntryView(BaseModel):
    at: datetime
    who: str
    what: str
    detail: str
    by: str = ""


class WindowView(BaseModel):
    opens_at: datetime
    closes_at: datetime


class ApplicationView(BaseModel):
    id: str
    programme: str
    state: str
    stage: str
    stages: list[StageMark]
    values: dict[str, str]
    shown: dict[str, str]
    verdicts: dict[str, VerdictView]
    missing: list[ErrorView]
    asked_fields: list[str]
    asked_materials: list[str]
    locked_fields: list[str]
    locked_subjects: bool
    attachments: dict[str, AttachmentView]
    identity: IdentityView
    choice: list[str]
    subjects: list[str]
    subject_options: list[SubjectOption]
    subject_rule: Text | None
    subjects_wrong: list[ErrorView]
    fee_fen: int
    payment: PaymentView
    review: ReviewView
    timeline: list[EntryView]
    version: int
    window: WindowView
    created_at: datetime
    registered_at: datetime | None
    submitted_at: datetime | None
    cash_grant: str = ""
    ticket: dict[str, Any] | None = None
    scores: list[dict[str, Any]] = []


class ApplicationList(BaseModel):
    items: list[ApplicationView]


class QueueItem(BaseModel):
    id: str
    name: str
    school: str
    school_title: str
    state: str
    identity: str
    payment: str
    claimed_by: str
    submitted_at: datetime | None


class QueueView(BaseModel):
    items: list[QueueItem]
    next_cursor: str | None


class SchoolCount(BaseModel):
    id: str
    title: str
    waiting: int


class SummaryView(BaseModel):
    states: dict[str, int]
    schools: list[SchoolCount]
