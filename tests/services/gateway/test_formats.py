"""How times, money and refusals are written, and that links stay on this site."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.gateway import formats, locales
from services.gateway.forms import fault, local_path, told
from shared.errors import DomainError, FieldError, Kind

NOW = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)


def test_times_are_chinese_times() -> None:
    assert formats.clock("2026-11-21T07:00:00+00:00") == "2026-11-21 15:00"
    assert formats.clock(None) == ""


@pytest.mark.parametrize(("fen", "yuan"), [(3000, "30.00"), (1, "0.01"), (123456789, "1,234,567.89"), (None, "0.00")])
def test_money_is_written_in_yuan(fen: int | None, yuan: str) -> None:
    assert formats.yuan(fen) == yuan


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(days=3), "3 天"),
        (timedelta(hours=5), "5 小时"),
        (timedelta(minutes=3), "3 分钟"),
        (timedelta(seconds=5), "1 分钟"),
        (timedelta(seconds=-1), ""),
    ],
)
def test_time_left_is_told_in_the_unit_that_says_enough(left: timedelta, words: str) -> None:
    locales.use("zh-CN")
    assert formats.left(NOW + left, NOW) == words


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil.example", "evil", "", "/\nx", "javascript:1"]
)
def test_a_link_cannot_lead_to_another_site(target: str) -> None:
    assert local_path(target, "/home") == "/home"


def test_a_path_of_this_site_is_kept() -> None:
    assert local_path("/mine?done=saved", "/") == "/mine?done=saved"


@pytest.mark.parametrize(
    ("pointer", "field"),
    [("/values/name", "name"), ("/attachments/portrait", "picture-portrait"), ("/captcha_text", "captcha_text")],
)
def test_a_refusal_belongs_to_the_input_it_is_about(pointer: str, field: str) -> None:
    assert fault(FieldError(pointer, "field.missing")).field == field


def test_a_refusal_is_told_beside_the_form_and_an_outage_is_not() -> None:
    assert [each.field for each in told(DomainError("code.wrong", Kind.INVALID, "/code"))] == ["code"]
    with pytest.raises(DomainError, match="service"):
        told(DomainError("service.unavailable", Kind.UNAVAILABLE))
