"""What follows from a report: each reason once, the one that helps, and nobody refused by the machine."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.gateway import locales
from services.vision.conclusions import conclude, verdicts
from services.vision.domain import (
    CardReport,
    Check,
    FaceReport,
    Field,
    Finding,
    IdentityReport,
    PortraitReport,
    Quality,
    Refusal,
)

QUAD = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
LOST = Finding("vision.card.field_unreadable", "id_number"), Finding("vision.card.field_unreadable", "name")
GOOD = PortraitReport((Check("background", True, 1.0, ""),))
GREY = PortraitReport((Check("background", False, 0.3, "portrait.background"),))
NUMBER_LOST = ("card.id_number_unreadable",)


def seen(*codes: str) -> Quality:
    return Quality(not codes, 9.0, 0.0, 900.0, 0.1, tuple(Finding(f"vision.card.{code}") for code in codes))


def read(*findings: str, quality: Quality | None = None) -> CardReport:
    fields = {"id_number": Field("110101200803070049", 0.99), "name": Field("王小明", 0.9)}
    return CardReport(fields, QUAD, quality, tuple(Finding(f"vision.card.{code}", "name") for code in findings))


def unread(*codes: str, located: bool = True) -> CardReport:
    return CardReport({"id_number": Field(None), "name": Field(None)}, QUAD if located else None, seen(*codes), LOST)


def report(card: CardReport | None, portrait: PortraitReport | None = None, face: str = "") -> IdentityReport:
    """What the worker says."""
    compared = FaceReport(0.3, face, (f"vision.face.{face}",)) if face else None
    return IdentityReport(card, portrait, compared, "test")


@pytest.mark.parametrize(
    ("told", "portrait", "outcome", "reasons"),
    [
        (report(read()), False, "read", ()),
        (report(read(), GOOD, "match"), True, "matched", ("vision.face.match",)),
        (report(read(), GOOD, "review"), True, "needs_review", ("vision.face.review",)),
        (report(read(), GOOD, "mismatch"), True, "needs_review", ("vision.face.mismatch",)),
        (report(read(), GREY, "match"), True, "unreadable", ("portrait.background",)),
        (report(unread(), GOOD, "match"), True, "unreadable", NUMBER_LOST),
        (report(None), False, "unreadable", ("card.missing",)),
        (report(read(), PortraitReport(refusal=Refusal.DAMAGED)), True, "unreadable", (Refusal.DAMAGED.value,)),
        (report(unread("blurred")), False, "unreadable", ("vision.card.blurred",)),
        (report(unread("not_found", located=False)), False, "unreadable", ("vision.card.not_found",)),
        (report(unread("glare", "cut_off")), False, "unreadable", ("vision.card.glare", "vision.card.cut_off")),
    ],
)
def test_what_follows_from_a_report(
    told: IdentityReport, portrait: bool, outcome: str, reasons: tuple[str, ...]
) -> None:
    assert conclude(told, portrait_expected=portrait) == (outcome, reasons)


@pytest.mark.parametrize(("until", "lost"), [(None, True), ("长期", False)])
def test_an_emblem_side_of_which_nothing_is_read_has_to_be_taken_again(until: str | None, lost: bool) -> None:
    both = replace(read(), fields={**read().fields, "issuing_authority": Field(None), "valid_until": Field(until)})
    reasons = ("vision.card.back_unread",) * lost
    assert conclude(report(both, GOOD, "match"), portrait_expected=True) == (
        ("unreadable", reasons) if lost else ("matched", ("vision.face.match",))
    )
    told = [(each.picture, each.ok, each.message) for each in verdicts(report(both)) if each.rule == "back_read"]
    assert told == [("card_back", not lost, "".join(reasons))]


def test_a_portrait_side_alone_says_nothing_of_the_other() -> None:
    assert "back_read" not in {each.rule for each in verdicts(report(read()))}


@pytest.mark.parametrize("portrait", [True, False])
@pytest.mark.parametrize("code", ["birth_date_differs_from_number", "gender_differs_from_number", "maybe_a_screen"])
def test_what_a_person_should_look_at_goes_to_one(code: str, portrait: bool) -> None:
    hint = code == "maybe_a_screen"
    card = read(quality=seen(code)) if hint else read(code, quality=seen())
    outcome, reasons = conclude(report(card, GOOD, "match"), portrait_expected=portrait)
    assert (outcome, reasons[0]) == ("needs_review", f"vision.card.{code}")


def test_a_card_that_was_refused_has_no_verdict() -> None:
    assert verdicts(report(CardReport({}, None, None, refusal=Refusal.DAMAGED))) == ()


def test_a_card_that_was_not_found_keeps_no_rule() -> None:
    told = {each.rule: (each.ok, each.message) for each in verdicts(report(unread("blurred", located=False)))}
    assert told == {
        "card_located": (False, ""),
        "card_sharp": (False, "vision.card.blurred"),
        "number_valid": (False, ""),
    }


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ("blurred", "card_sharp"),
        ("glare", "card_without_glare"),
        ("too_small", "card_large"),
        ("cut_off", "card_whole"),
    ],
)
def test_each_fault_of_a_picture_is_told_by_its_own_rule(code: str, rule: str) -> None:
    told = verdicts(report(read(quality=seen(code))))
    assert [(each.rule, each.message) for each in told if not each.ok] == [(rule, f"vision.card.{code}")]


def test_characters_that_are_not_clear_are_told() -> None:
    told = verdicts(report(read("field_doubtful", quality=seen())))
    assert [(each.rule, each.message) for each in told if not each.ok] == [
        ("card_legible", "vision.card.field_doubtful")
    ]


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_reason_and_rule_has_its_sentence(language: str) -> None:
    locales.use(language)
    codes = ["blurred", "glare", "too_small", "cut_off", "not_found", "other_side", "maybe_a_screen", "field_doubtful"]
    codes += ["birth_date_differs_from_number", "gender_differs_from_number", "back_unread"]
    card = read("field_doubtful", quality=seen(*codes))
    card = replace(card, fields={**card.fields, "valid_until": Field(None)})
    ids = [f"retake.vision.card.{code}" for code in codes]
    ids += [f"check.{each.rule}" for each in verdicts(report(card))]
    assert [code for code in ids if locales.text(code) == code] == []
