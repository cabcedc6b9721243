"""What is missing, and what convinces: a permit has no ethnic group to be missed."""

from __future__ import annotations

import pytest

from services.vision.card import fields, parse
from services.vision.domain import Field

PERMIT, CARD = "830000198511087592", "110105194912310021"


@pytest.mark.parametrize(("number", "missing"), [(PERMIT, frozenset()), (CARD, frozenset({"ethnicity"}))])
def test_only_where_one_is_printed_an_ethnic_group_is_missing(number: str, missing: frozenset[str]) -> None:
    texts = {"name": "王玉", "gender": parse.gender_of(number), "birth_date": parse.birth_date_of(number)}
    read = {name: Field(text, 0.99) for name, text in {**texts, "address": "福建省", "id_number": number}.items()}
    read["ethnicity"] = Field(None)
    assert fields.missing(read) == missing
    assert fields.convincing(read) is not bool(missing)
