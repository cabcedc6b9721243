"""What is missing, and what convinces: a permit has no ethnic group to be missed."""

from __future__ import annotations

import numpy as np
import pytest

from services.vision.card import fields, parse
from services.vision.card.layout import Raw
from services.vision.domain import Field

PERMIT, CARD = "830000198511087592", "110105194912310021"


@pytest.mark.parametrize(("number", "missing"), [(PERMIT, frozenset()), (CARD, frozenset({"ethnicity"}))])
def test_only_where_one_is_printed_an_ethnic_group_is_missing(number: str, missing: frozenset[str]) -> None:
    texts = {"name": "王玉", "gender": parse.gender_of(number), "birth_date": parse.birth_date_of(number)}
    read = {name: Field(text, 0.99) for name, text in {**texts, "address": "福建省", "id_number": number}.items()}
    read["ethnicity"] = Field(None)
    assert fields.missing(read) == missing
    assert fields.convincing(read) is not bool(missing)
    assert {finding.field for finding in fields.findings(read)} == missing


@pytest.mark.parametrize(("text", "sure"), [("2016.02.05-2026.02.05", True), ("2016.02.05-2028.02.05", False)])
def test_a_validity_that_no_card_has_is_doubted(text: str, sure: bool) -> None:
    read = fields.back({"validity": Raw(text, 0.99, np.zeros((4, 2), np.float32))})
    assert read["valid_until"].text == f"{text[11:15]}-02-05"
    assert (read["valid_until"].confidence >= fields.sure("valid_until")) is sure


@pytest.mark.parametrize(("text", "sure"), [("平城区公安局城东分局", True), ("平城区公安局城东分", False)])
def test_an_authority_that_is_no_bureau_is_doubted(text: str, sure: bool) -> None:
    read = fields.back({"issuing_authority": Raw(text, 0.99, np.zeros((4, 2), np.float32))})["issuing_authority"]
    assert (read.text, read.confidence >= fields.sure("issuing_authority")) == (text, sure)
