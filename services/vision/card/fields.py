"""Raw text judged: which of it becomes a field, and what a person should know about the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from services.vision.card import parse
from services.vision.card.detect import Corners
from services.vision.card.layout import Raw
from services.vision.domain import BACK_FIELDS, FRONT_FIELDS, Field, Finding, Quad
from services.vision.stages import stage
from shared.programme import id_number as id_numbers

DOUBTFUL = 0.80
"""Below this the field is shown for a person to confirm."""

_DEMANDED = {"name": 0.95, "address": 0.90, "issuing_authority": 0.90}
"""Where signs are many, one is sooner read as another with some certainty; a rare one in a name most of all."""

UNREADABLE = 0.30
"""Below this the text is not given at all."""


@stage("parse")
def front(raw: Mapping[str, Raw]) -> dict[str, Field]:
    """The six fields; each is there, with text None when it cannot be right."""
    parsed = {
        "name": _field(raw.get("name"), parse.name),
        "gender": _field(raw.get("gender"), parse.gender),
        "ethnicity": _field(raw.get("ethnicity"), parse.ethnicity),
        "birth_date": _field(raw.get("birth_date"), parse.day),
        "address": _field(raw.get("address"), lambda text: parse.address(text.split("\n"))),
        "id_number": _field(raw.get("id_number"), parse.id_number),
    }
    return _completed({key: parsed[key] for key in FRONT_FIELDS})


@stage("parse")
def back(raw: Mapping[str, Raw]) -> dict[str, Field]:
    """Issuing authority and validity."""
    validity = raw.get("validity")
    first, until = parse.validity(validity.text) if validity else (None, None)
    if validity and not parse.is_term(first, until):
        validity = _doubted(validity)
    # Cards are issued by public security bureaus; at the end of a long name the last sign may be cut off.
    authority = raw.get("issuing_authority")
    if authority and not authority.text.rstrip().endswith("局"):
        authority = _doubted(authority)
    found = {
        "issuing_authority": _field(authority, lambda text: parse.address([text])),
        "valid_from": _field(validity, lambda _: first),
        "valid_until": _field(validity, lambda _: until),
    }
    return {key: found[key] for key in BACK_FIELDS}


def findings(fields: Mapping[str, Field]) -> tuple[Finding, ...]:
    """Unreadable, doubtful and contradicting fields, with their places."""
    unsure = {key for key, field in fields.items() if field.confidence < sure(key)} - _never_printed(fields)
    found = [Finding(_code(field), key, field.box) for key, field in fields.items() if key in unsure]
    number = fields.get("id_number")
    if number is None or number.text is None:
        return tuple(found)
    for key, told in (("birth_date", parse.birth_date_of(number.text)), ("gender", parse.gender_of(number.text))):
        field = fields[key]
        if field.text is not None and field.text != told:
            found.append(Finding(f"vision.card.{key}_differs_from_number", key, field.box))
    return tuple(found)


def convincing(fields: Mapping[str, Field]) -> bool:
    """Every field is a value, none is doubtful, and nothing contradicts the number."""
    doubtful = {key for key, field in fields.items() if field.confidence < DOUBTFUL}
    return not doubtful - _never_printed(fields) and not any(
        finding.code.endswith("differs_from_number") for finding in findings(fields)
    )


def missing(fields: Mapping[str, Field]) -> frozenset[str]:
    """Fields of the portrait side that were not read though they are printed."""
    return frozenset(key for key, field in fields.items() if field.text is None) - _never_printed(fields)


def sure(key: str) -> float:
    """From which confidence on nobody needs to look at a field."""
    return _DEMANDED.get(key, DOUBTFUL)


def many_signs(key: str) -> bool:
    """Whether nothing proves what a field says: there is no check digit and no closed list."""
    return key in _DEMANDED


def quad(corners: Corners) -> Quad:
    """Corners as plain numbers, rounded to a tenth of a pixel."""
    points = [(round(float(x), 1), round(float(y), 1)) for x, y in corners]
    return points[0], points[1], points[2], points[3]


def _never_printed(fields: Mapping[str, Field]) -> frozenset[str]:
    """Permits of Hong Kong, Macao and Taiwan residents name no ethnic group."""
    number = fields.get("id_number", Field(None)).text or ""
    return frozenset({"ethnicity"}) if number[:2] in id_numbers.PERMITS else frozenset()


def _completed(fields: dict[str, Field]) -> dict[str, Field]:
    """The number's check digit proves birth date and gender, so they fill in for what could not be read."""
    number = fields["id_number"]
    if number.text is None:
        return fields
    told = {"birth_date": parse.birth_date_of(number.text), "gender": parse.gender_of(number.text)}
    for key, text in told.items():
        if fields[key].text is None:
            fields[key] = replace(fields[key], text=text, confidence=number.confidence)
    return fields


def _code(field: Field) -> str:
    return "vision.card.field_unreadable" if field.text is None else "vision.card.field_doubtful"


def _doubted(raw: Raw) -> Raw:
    """Given still, for a person to look at."""
    return replace(raw, confidence=min(raw.confidence, UNREADABLE))


def _field(raw: Raw | None, parser: Callable[[str], str | None]) -> Field:
    if raw is None:
        return Field(None)
    text = parser(raw.text) if raw.confidence >= UNREADABLE else None
    return Field(text, round(raw.confidence, 4) if text else 0.0, quad(np.asarray(raw.corners)))
