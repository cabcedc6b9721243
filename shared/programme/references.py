"""What a programme's parts say of each other: ids are unique, and every id that is referred to exists."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from shared.programme.account import broken_rules
from shared.programme.model import Programme, SubjectRules
from shared.programme.stages import StageType

Problem = tuple[tuple[str | int, ...], str]

DERIVED_NAMES = frozenset({"school_kind", "cohort", "registration"})
"""Names that conditions may use besides the form's fields (fields.py computes them)."""


def broken_references(programme: Programme) -> list[Problem]:
    """Where the programme contradicts itself, as (place, what is wrong)."""
    checks: Sequence[Callable[[Programme], Iterator[Problem]]] = (_names, _account, _stages, _fields, _conditions)
    problems = [problem for check in checks for problem in check(programme)]
    return problems + (list(_subjects(programme.subjects)) if programme.subjects else [])


def _names(programme: Programme) -> Iterator[Problem]:
    subjects = programme.subjects.options if programme.subjects else ()
    lists: dict[tuple[str, ...], Sequence[str]] = {
        ("stages",): [stage.id for stage in programme.stages],
        ("fields",): [field.id for field in programme.fields],
        ("materials",): [material.id for material in programme.materials],
        ("subjects", "options"): [subject.id for subject in subjects],
        ("review", "reasons"): [reason.id for reason in programme.review.reasons],
    }
    for place, ids in lists.items():
        for at, name in enumerate(ids):
            if name in ids[:at]:
                yield (*place, at, "id"), f"{name} is there already"


def _account(programme: Programme) -> Iterator[Problem]:
    for key, wrong in broken_rules(programme.account):
        yield ("account", key), wrong
    if programme.window.closes_at <= programme.window.opens_at:
        yield ("window", "closes_at"), "closes before it opens"


def _stages(programme: Programme) -> Iterator[Problem]:
    types = [stage.type for stage in programme.stages]
    if types and (types.count(StageType.FORM) != 1 or types[-1] != StageType.DONE):
        yield ("stages",), "there must be one form stage, and the last must be done"
    if programme.stages and programme.fee.amount_fen and StageType.PAYMENT not in types:
        yield ("fee",), "there is no stage at which it is paid"
    if programme.subjects and StageType.SUBJECTS not in types:
        yield ("subjects",), "there is no stage at which subjects are chosen"
    for at, stage in enumerate(programme.stages):
        if stage.type is StageType.NOTICE and stage.notice not in programme.notices:
            yield ("stages", at, "notice"), f"there is no notice {stage.notice}"
        if stage.type is StageType.PAYMENT and not programme.fee.channels:
            yield ("stages", at, "type"), "the programme has no fee that can be paid"
        if stage.type is StageType.SUBJECTS and not programme.subjects:
            yield ("stages", at, "type"), "the programme has no subjects"
        if stage.part_of and stage.part_of not in [other.id for other in programme.stages]:
            yield ("stages", at, "part_of"), f"there is no stage {stage.part_of}"


def _fields(programme: Programme) -> Iterator[Problem]:
    for at, field in enumerate(programme.fields):
        if field.kind == "choice" and not field.options:
            yield ("fields", at, "options"), "a choice needs options"
        for name in ("parent", "derived_from"):
            other = getattr(field, name)
            if other and programme.field(other) is None:
                yield ("fields", at, name), f"there is no field {other}"
        try:
            re.compile(field.pattern or "")
        except re.error as error:
            yield ("fields", at, "pattern"), str(error)
    for at, reason in enumerate(programme.review.reasons):
        known = reason.field is None or programme.field(reason.field) or programme.material(reason.field)
        if not known:
            yield ("review", "reasons", at, "field"), f"there is no field or material {reason.field}"


def _conditions(programme: Programme) -> Iterator[Problem]:
    names = DERIVED_NAMES | {field.id for field in programme.fields}
    for part in ("fields", "materials"):
        for at, item in enumerate(getattr(programme, part)):
            for name in item.when.keys() - names:
                yield (part, at, "when", name), "neither a field nor a derived name"


def _subjects(rules: SubjectRules) -> Iterator[Problem]:
    known, groups = {subject.id for subject in rules.options}, {group.id for group in rules.groups}
    for at, subject in enumerate(rules.options):
        if subject.group and subject.group not in groups:
            yield ("subjects", "options", at, "group"), f"there is no group {subject.group}"
    for at, plan in enumerate(rules.first):
        for name in set(plan.subjects) - known:
            yield ("subjects", "first", at, "subjects"), f"there is no subject {name}"
        for name in set(plan.groups) - groups:
            yield ("subjects", "first", at, "groups"), f"there is no group {name}"
    if not rules.first or rules.first[-1].when:
        yield ("subjects", "first"), "the last plan must hold for everybody else (no `when`)"
