"""A programme: everything that differs between exams, typed and frozen. Read from YAML by loader.py."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from shared.programme.account import Account
from shared.programme.identity_check import CheckedPicture, IdentityCheckRules
from shared.programme.stages import Stage
from shared.programme.texts import Text

Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]
FREE = Text(zh="免费", en="No fee")
Condition = Mapping[str, tuple[str, ...]]
"""Holds when, for every name, the context's value is one of those listed; an empty one always holds."""


class Model(BaseModel):
    """Frozen, and strict about names: a misspelt key is an error with a line, not a setting without effect."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Window(Model):
    """When candidates may enter and change data; returned ones may answer until `corrections_until`."""

    opens_at: AwareDatetime
    closes_at: AwareDatetime
    corrections_until: AwareDatetime | None = None

    def is_open(self, now: datetime, *, returned: bool = False) -> bool:
        """Whether data may be entered at `now`."""
        end = self.corrections_until if returned and self.corrections_until else self.closes_at
        return self.opens_at <= now < end


class Notice(Model):
    """A document to be read for at least `seconds` and then accepted."""

    title: Text
    source: Text
    seconds: Annotated[int, Field(ge=0, le=600)] = 0
    paragraphs: tuple[Text, ...]
    accept: Text
    decline: Text


class Option(Model):
    """One choice."""

    id: Id
    title: Text


FieldKind = Literal["id_number", "name", "gender", "choice", "region", "school", "text", "phone"]


class FormField(Model):
    """One field of the form.

    `when`: asked only then. `fixed`: never edited after registration (000.19). `derived_from`: follows the field
    named and is not typed. `card_field`: what the ID card's reading fills in and is compared with. `parent`: the
    region field that narrows this one.
    """

    id: Id
    kind: FieldKind
    title: Text
    hint: Text | None = None
    required: bool = True
    fixed: bool = False
    when: Condition = {}
    options: tuple[Option, ...] = ()
    pattern: str | None = None
    longest: Annotated[int, Field(ge=1, le=500)] = 60
    parent: Id | None = None
    derived_from: Id | None = None
    card_field: str | None = None


class Material(Model):
    """A picture to upload. `picture` says what the identity check does with it."""

    id: Id
    title: Text
    hint: Text | None = None
    picture: CheckedPicture | Literal["document"] = "document"
    required: bool = True
    when: Condition = {}


class RollCheck(Model):
    """Comparison with the school roll. Both outcomes but a match warn the reviewer or refuse the form."""

    when: Condition = {}
    absent: Literal["warn", "refuse"]
    differs: Literal["warn", "refuse"]


class Subject(Option):
    """A subject; of those in one `group` exactly one is chosen."""

    group: Id | None = None


class FirstPlan(Model):
    """What a first registration must hold, exactly: all of `subjects` and one of each of `groups`."""

    id: Id
    title: Text
    when: Condition = {}
    subjects: tuple[Id, ...]
    groups: tuple[Id, ...] = ()


class ReturningRules(Model):
    """What those with earlier results may choose: failed subjects are compulsory until `barred_after` failures."""

    title: Text
    barred_after: Annotated[int, Field(ge=1)]
    untaken: Literal["allowed", "refused"]


class SubjectRules(Model):
    """Which subjects there are and who must choose which. The first plan whose `when` holds is the one."""

    options: tuple[Subject, ...]
    groups: tuple[Option, ...] = ()
    first: tuple[FirstPlan, ...]
    returning: ReturningRules
    cohorts: Mapping[str, str] = {}
    cohort_field: Id = "grade"


class Fee(Model):
    """What a registration costs (fen, CNY), how it may be paid, and whether who withdraws gets it back (000.21).
    Without the section nothing is asked for."""

    amount_fen: Annotated[int, Field(ge=0)] = 0
    description: Text = FREE
    channels: tuple[Literal["wechat", "alipay", "unionpay", "onsite"], ...] = ()
    statement: Text = FREE
    refund_on_withdrawal: bool = True


class Reason(Option):
    """A reason for returning an application, and the field or material it usually concerns."""

    field: Id | None = None
    needs_remark: bool = False


class ReviewLevel(Option):
    """One level of review and the staff roles that may decide there."""

    roles: Annotated[tuple[str, ...], Field(min_length=1)]


ANYBODY = ReviewLevel(
    id="review",
    title=Text(zh="审核", en="Review"),
    roles=("school", "point", "city", "province", "reviewer", "admin"),
)
OTHER_REASON = Reason(id="other", title=Text(zh="其他（见说明）", en="Other (see remark)"), needs_remark=True)


class Review(Model):
    """Who decides, for what reasons; a decision can be taken back for `undo_seconds`. Without the section: one level,
    and the reason is told in the remark."""

    levels: Annotated[tuple[ReviewLevel, ...], Field(min_length=1)] = (ANYBODY,)
    reasons: tuple[Reason, ...] = (OTHER_REASON,)
    undo_seconds: Annotated[int, Field(ge=0)] = 120
    claim_minutes: Annotated[int, Field(ge=1)] = 15


class Publication(Model):
    """From when candidates see what the office has imported; None: not yet decided, so not shown."""

    tickets_at: AwareDatetime | None = None
    scores_at: AwareDatetime | None = None


class Retention(Model):
    """Days until data are deleted: of drafts never registered after their last edit, of the rest after the window."""

    drafts_days: Annotated[int, Field(ge=1)]
    pictures_days: Annotated[int, Field(ge=1)]
    evidence_days: Annotated[int, Field(ge=1)]
    applications_days: Annotated[int, Field(ge=1)]


class Programme(Model):
    """One exam programme. `exam` names the session under which its own results are published. Without `stages` nobody
    applies: the programme has accounts only (003)."""

    id: Id
    title: Text
    exam: Id
    account: Account
    window: Window
    stages: tuple[Stage, ...] = ()
    notices: Mapping[str, Notice] = {}
    fields: tuple[FormField, ...] = ()
    materials: tuple[Material, ...] = ()
    roll_check: RollCheck | None = None
    identity_check: IdentityCheckRules = IdentityCheckRules()
    subjects: SubjectRules | None = None
    fee: Fee = Fee()
    review: Review = Review()
    publication: Publication = Publication()
    retention: Retention

    def field(self, field_id: str) -> FormField | None:
        """The form field with this id."""
        return next((field for field in self.fields if field.id == field_id), None)

    def material(self, material_id: str) -> Material | None:
        """The material with this id."""
        return next((material for material in self.materials if material.id == material_id), None)

    def picture(self, picture: str) -> Material | None:
        """The material that serves as this picture of the identity check."""
        return next((material for material in self.materials if material.picture == picture), None)


def holds(condition: Condition, context: Mapping[str, str]) -> bool:
    """Whether a condition holds in a context; a name that the context lacks counts as empty."""
    return all(context.get(name, "") in values for name, values in condition.items())
