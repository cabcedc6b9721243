"""What is asked of whom, and the verdict on each field as typed (000.7 to 000.11)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from shared.errors import FieldError
from shared.programme import id_number, names, phone
from shared.programme.model import FormField, Material, Programme, holds
from shared.programme.subjects import History

Roll = Literal["", "match", "differs", "absent"]


@dataclass(frozen=True)
class Facts:
    """What the rules must know besides what was typed; the handlers look it up.

    `parents`: of each chosen region or school that exists, the region it belongs to ("" for the topmost).
    `roll`: what the school roll says of number and name; empty when it was not asked.
    """

    day: date
    parents: Mapping[str, str] = field(default_factory=dict)
    school_kind: str = ""
    roll: Roll = ""
    history: History = field(default_factory=History)


@dataclass(frozen=True)
class Verdict:
    """On one field. `code` names the rule broken, or what is worth knowing of a good one."""

    ok: bool
    code: str = ""
    params: Mapping[str, str | int] = field(default_factory=dict)


def context(programme: Programme, values: Mapping[str, str], facts: Facts) -> dict[str, str]:
    """What conditions are held against: the values of fields that are asked, and the derived names."""
    known = dict(values) | {
        "school_kind": facts.school_kind,
        "registration": "first" if facts.history.is_first else "returning",
    }
    for form_field in programme.fields:
        if not holds(form_field.when, known):
            known.pop(form_field.id, None)
    if rules := programme.subjects:
        known["cohort"] = rules.cohorts.get(known.get(rules.cohort_field, ""), "")
    return known


def asked_fields(programme: Programme, known: Mapping[str, str]) -> list[FormField]:
    """The fields this candidate is asked."""
    return [form_field for form_field in programme.fields if holds(form_field.when, known)]


def asked_materials(programme: Programme, known: Mapping[str, str]) -> list[Material]:
    """The pictures this candidate has to bring."""
    return [material for material in programme.materials if holds(material.when, known)]


def verdicts(programme: Programme, values: Mapping[str, str], facts: Facts) -> dict[str, Verdict]:
    """The verdict on every field that is asked."""
    known = context(programme, values, facts)
    found = {each.id: _verdict(each, known, facts) for each in asked_fields(programme, known)}
    if warned := _roll_verdict(programme, known, facts):
        for each in programme.fields:
            if each.kind == "name" and each.id in found and found[each.id].ok:
                found[each.id] = warned
    return found


def form_errors(
    programme: Programme, values: Mapping[str, str], attached: Collection[str], facts: Facts
) -> list[FieldError]:
    """What keeps the form from being complete: pointers `/values/<field>` and `/attachments/<material>`."""
    told = verdicts(programme, values, facts).items()
    errors = [FieldError(f"/values/{name}", each.code, each.params) for name, each in told if not each.ok]
    for material in asked_materials(programme, context(programme, values, facts)):
        if material.required and material.id not in attached:
            errors.append(FieldError(f"/attachments/{material.id}", "material.missing"))
    return errors


def normalise(form_field: FormField, text: str) -> str:
    """The one way a value is written, for comparing and for keeping it once it is registered."""
    if form_field.kind == "id_number":
        return id_number.normalise(text)
    if form_field.kind == "phone":
        return phone.normalise(text)
    if form_field.kind == "name":
        return names.normalise(text)
    return unicodedata.normalize("NFC", text).strip()


def derived(programme: Programme, values: Mapping[str, str], day: date) -> dict[str, str]:
    """The values of fields that follow others: gender follows a valid ID number."""
    found: dict[str, str] = {}
    for form_field in programme.fields:
        if form_field.kind == "gender" and form_field.derived_from:
            number = values.get(form_field.derived_from, "")
            if number and id_number.problem(number, day) is None:
                found[form_field.id] = id_number.parse(number, day).gender
    return found


def _verdict(form_field: FormField, known: Mapping[str, str], facts: Facts) -> Verdict:
    text = known.get(form_field.id, "").strip()
    if not text:
        # What follows another field is nobody's to fill in: the fault is told there.
        asked = form_field.required and not form_field.derived_from
        return Verdict(not asked, "field.missing" if asked else "")
    if len(text) > form_field.longest:
        return Verdict(False, "field.too_long", {"longest": form_field.longest})
    code = RULES[form_field.kind](form_field, text, known, facts)
    return Verdict(code is None, code or "")


def _id_number(_field: FormField, text: str, _known: Mapping[str, str], facts: Facts) -> str | None:
    return id_number.problem(text, facts.day)


def _name(_field: FormField, text: str, _known: Mapping[str, str], _facts: Facts) -> str | None:
    return names.problem(text)


def _phone(_field: FormField, text: str, _known: Mapping[str, str], _facts: Facts) -> str | None:
    return phone.problem(text)


def _gender(form_field: FormField, text: str, known: Mapping[str, str], facts: Facts) -> str | None:
    number = known.get(form_field.derived_from or "", "")
    if number and id_number.problem(number, facts.day) is None:
        return None if id_number.parse(number, facts.day).gender == text else "gender.differs"
    return None if text in ("male", "female") else "field.not_offered"


def _choice(form_field: FormField, text: str, _known: Mapping[str, str], _facts: Facts) -> str | None:
    return None if text in {option.id for option in form_field.options} else "field.not_offered"


def _place(form_field: FormField, text: str, known: Mapping[str, str], facts: Facts) -> str | None:
    if text not in facts.parents:
        return f"{form_field.kind}.unknown"
    inside = known.get(form_field.parent, "") if form_field.parent else ""
    return None if facts.parents[text] == inside else f"{form_field.kind}.elsewhere"


def _text(form_field: FormField, text: str, _known: Mapping[str, str], _facts: Facts) -> str | None:
    normal = unicodedata.normalize("NFKC", text)
    return None if re.fullmatch(form_field.pattern or ".*", normal) else "field.pattern"


RULES: Mapping[str, Callable[[FormField, str, Mapping[str, str], Facts], str | None]] = {
    "id_number": _id_number,
    "name": _name,
    "gender": _gender,
    "choice": _choice,
    "region": _place,
    "school": _place,
    "text": _text,
    "phone": _phone,
}


def _roll_verdict(programme: Programme, known: Mapping[str, str], facts: Facts) -> Verdict | None:
    rule = programme.roll_check
    if rule is None or facts.roll in ("", "match") or not holds(rule.when, known):
        return None
    effect = rule.absent if facts.roll == "absent" else rule.differs
    return Verdict(effect == "warn", f"roll.{facts.roll}")
