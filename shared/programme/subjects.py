"""Which subjects a candidate must, may and may not choose, each with its reason (000.14 to 000.17)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from shared.errors import FieldError
from shared.programme.model import FirstPlan, Subject, SubjectRules, holds


@dataclass(frozen=True)
class History:
    """Results of earlier sessions: subjects passed, and how often each of the others was failed."""

    passed: frozenset[str] = frozenset()
    failures: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_first(self) -> bool:
        """Whether there are no earlier results at all."""
        return not self.passed and not self.failures


@dataclass(frozen=True)
class Offer:
    """What holds for one subject. `reason` says why it is required or not allowed: a code without its prefix
    `subject.`, empty when the choice is free. A member of a group that must be chosen from is `one_of_group`."""

    subject: Subject
    allowed: bool
    required: bool
    reason: str


def plan_for(rules: SubjectRules, context: Mapping[str, str]) -> FirstPlan:
    """The plan of a first registration; the loader sees to it that the last plan holds for everybody."""
    return next(plan for plan in rules.first if holds(plan.when, context))


def offers(rules: SubjectRules, context: Mapping[str, str], history: History) -> list[Offer]:
    """What holds for each subject of the programme, in its order."""
    if history.is_first:
        plan = plan_for(rules, context)
        return [_first_offer(plan, subject) for subject in rules.options]
    return [_returning_offer(rules, subject, history) for subject in rules.options]


def refusals(
    rules: SubjectRules, context: Mapping[str, str], history: History, chosen: Sequence[str]
) -> list[FieldError]:
    """Why a selection is refused, one error per subject or group; empty for a selection that may be submitted."""
    if not chosen:
        return [FieldError("/subjects", "subject.none_chosen")]
    offered = {offer.subject.id: offer for offer in offers(rules, context, history)}
    errors = list(_unknown_or_repeated(offered, chosen))
    for offer in offered.values():
        picked = offer.subject.id in chosen
        if (picked and not offer.allowed) or (offer.required and not picked):
            errors.append(FieldError(f"/subjects/{offer.subject.id}", f"subject.{offer.reason}"))
    return errors + list(_group_errors(rules, context, history, chosen))


def _first_offer(plan: FirstPlan, subject: Subject) -> Offer:
    if subject.id in plan.subjects:
        return Offer(subject, allowed=True, required=True, reason="required_first")
    if subject.group in plan.groups:
        return Offer(subject, allowed=True, required=False, reason="one_of_group")
    return Offer(subject, allowed=False, required=False, reason="not_in_first")


def _returning_offer(rules: SubjectRules, subject: Subject, history: History) -> Offer:
    if subject.id in history.passed:
        return Offer(subject, allowed=False, required=False, reason="passed")
    failed = history.failures.get(subject.id, 0)
    if failed >= rules.returning.barred_after:
        return Offer(subject, allowed=False, required=False, reason="barred")
    if failed:
        return Offer(subject, allowed=True, required=True, reason="failed_required")
    if _group_settled(rules, subject, history):
        return Offer(subject, allowed=False, required=False, reason="group_settled")
    if rules.returning.untaken == "refused":
        return Offer(subject, allowed=False, required=False, reason="untaken")
    return Offer(subject, allowed=True, required=False, reason="")


def _group_settled(rules: SubjectRules, subject: Subject, history: History) -> bool:
    """Whether another subject of the group was passed, or has to be taken again."""
    if subject.group is None:
        return False
    others = [other.id for other in rules.options if other.group == subject.group and other.id != subject.id]
    again = [other for other in others if 0 < history.failures.get(other, 0) < rules.returning.barred_after]
    return bool(again) or any(other in history.passed for other in others)


def _unknown_or_repeated(offered: Mapping[str, Offer], chosen: Sequence[str]) -> Iterator[FieldError]:
    for subject, times in Counter(chosen).items():
        if subject not in offered:
            yield FieldError(f"/subjects/{subject[:40]}", "subject.unknown")
        elif times > 1:
            yield FieldError(f"/subjects/{subject}", "subject.repeated")


def _group_errors(
    rules: SubjectRules, context: Mapping[str, str], history: History, chosen: Sequence[str]
) -> Iterator[FieldError]:
    needed = plan_for(rules, context).groups if history.is_first else ()
    for group in rules.groups:
        members = {subject.id for subject in rules.options if subject.group == group.id}
        picked = len(members & set(chosen))
        if picked > 1:
            yield FieldError(f"/subjects/{group.id}", "subject.group_too_many", {"picked": picked})
        elif not picked and group.id in needed:
            yield FieldError(f"/subjects/{group.id}", "subject.group_missing")
