"""Sentences are for people, in both languages."""

from __future__ import annotations

import re

import pytest

from services.vision.face import messages


@pytest.mark.parametrize("code", sorted(messages.CODES))
def test_the_sentences_are_for_people(code: str) -> None:
    zh, en = messages.sentence(code, "zh"), messages.sentence(code, "en")
    assert re.search(r"[\u4e00-\u9fff]", zh)
    assert zh.endswith("。")
    assert 8 <= len(zh) <= 45
    assert not re.search(r"[\u4e00-\u9fff]", en)
    assert en.endswith(".")
    assert len(en.split()) <= 28


def test_no_two_codes_say_the_same() -> None:
    for language in ("zh", "en"):
        assert len({messages.sentence(code, language) for code in messages.CODES}) == len(messages.CODES)


def test_an_unknown_code_is_an_error() -> None:
    with pytest.raises(KeyError):
        messages.sentence("vision.portrait.nothing")
