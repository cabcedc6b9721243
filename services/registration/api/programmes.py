"""What pages are told of a programme: everything they need, and no thresholds of the face comparison."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel

from shared.programme.model import FormField, Material, Notice, Option, Programme, Reason, Subject
from shared.programme.stages import Stage
from shared.programme.texts import Text
from shared.programme.thresholds import PortraitRules


class SignInView(BaseModel):
    """`kind`: what candidates sign in with; `captcha`: when it is asked for; `opened_by`: who makes accounts."""

    kind: str
    captcha: str
    opened_by: str


class ProgrammeItem(BaseModel):
    """`applies`: whether there is anything to apply for; else the programme has accounts only."""

    id: str
    title: Text
    sign_in: SignInView
    applies: bool
    open: bool
    opens_at: datetime
    closes_at: datetime


class ProgrammeList(BaseModel):
    items: list[ProgrammeItem]


class AccountView(BaseModel):
    kind: str
    password_policy: str
    reset_channels: tuple[str, ...]
    idle_minutes: int
    guardian_below: int


class SubjectsView(BaseModel):
    options: tuple[Subject, ...]
    groups: tuple[Option, ...]


class FeeView(BaseModel):
    amount_fen: int
    description: Text
    channels: tuple[str, ...]
    statement: Text
    refund_on_withdrawal: bool


class ReviewRulesView(BaseModel):
    reasons: tuple[Reason, ...]
    undo_seconds: int


class ProgrammeView(ProgrammeItem):
    """Everything the pages need; thresholds of the face comparison stay inside."""

    account: AccountView
    stages: tuple[Stage, ...]
    notices: Mapping[str, Notice]
    fields: tuple[FormField, ...]
    materials: tuple[Material, ...]
    portrait: PortraitRules
    subjects: SubjectsView | None
    fee: FeeView
    review: ReviewRulesView


def programme_item(programme: Programme, now: datetime) -> ProgrammeItem:
    """One line of the list of programmes."""
    return ProgrammeItem(
        id=programme.id,
        title=programme.title,
        sign_in=SignInView.model_validate(programme.account, from_attributes=True),
        applies=bool(programme.stages),
        open=programme.window.is_open(now),
        opens_at=programme.window.opens_at,
        closes_at=programme.window.closes_at,
    )


def programme_view(programme: Programme, now: datetime) -> ProgrammeView:
    """Everything the pages need of a programme."""
    rules = programme.subjects
    return ProgrammeView(
        **programme_item(programme, now).model_dump(),
        account=AccountView.model_validate(programme.account, from_attributes=True),
        stages=programme.stages,
        notices=programme.notices,
        fields=programme.fields,
        materials=programme.materials,
        portrait=programme.identity_check.portrait,
        subjects=SubjectsView(options=rules.options, groups=rules.groups) if rules else None,
        fee=FeeView.model_validate(programme.fee, from_attributes=True),
        review=ReviewRulesView.model_validate(programme.review, from_attributes=True),
    )
