"""Doubted names are looked at a second time; they stay doubted."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from services.vision import glyphs
from services.vision.card import fields, ink, rectify
from services.vision.card.layout import Raw
from services.vision.card.recognise import recognise
from services.vision.card.second_look import likelier
from services.vision.card.upright import Upright
from services.vision.check import CheckSettings, check_identity
from services.vision.models import Models
from tests.support.second_hand import second_specimen
from tests.support.specimen import specimen
from tests.support.specimen.identity import person

NAME = rectify.frame(480, 75) + np.array((150, 45), np.float32)
"""Where names stand on a straight card."""


@pytest.mark.parametrize(("seed", "name"), [(70_000_127, "蔡玲羴"), (70_000_130, "李煜龑"), (70_000_147, "冯睿㵑")])
def test_a_sign_that_the_network_takes_for_another_is_read_and_doubted(
    models_folder: Path, seed: int, name: str
) -> None:
    who = replace(person(random.Random(seed)), name=name)
    report = check_identity(specimen(seed, "flat", who=who).jpeg, None, None, CheckSettings(models_folder))
    assert report.card is not None
    field = report.card.fields["name"]
    assert field.text == name
    assert fields.UNREADABLE <= field.confidence < fields.sure("name")


def test_print_that_was_cut_out_badly_says_nothing(models_folder: Path) -> None:
    shown = second_specimen(43079, "desk", "front")
    report = check_identity(shown.jpeg, None, None, CheckSettings(models_folder))
    assert report.card is not None and report.card.fields["name"].text == shown.truth["name"]


@pytest.mark.parametrize(
    ("read", "certain", "text"),
    [
        ("孙佳义", 0.5, "孙佳羴"),
        ("孙佳羴", 0.31, "孙佳羴"),
        ("孙佳义", 0.95, "孙佳义"),
        ("孙佳义", 0.29, "孙佳义"),
        ("孙嘉义", 0.5, "孙佳羴"),
        ("刘嘉义", 0.5, "刘嘉义"),
        ("上官孙佳羴", 0.5, "上官孙佳羴"),
        ("孙佳9", 0.5, "孙佳9"),
    ],
)
def test_only_a_doubted_name_that_is_given_and_lies_where_it_was_read(
    models: Models, read: str, certain: float, text: str
) -> None:
    found = likelier(models, card("孙佳羴"), {"name": Raw(read, certain, NAME)})["name"]
    assert (found.text, found.confidence) == (text, certain)


def test_a_wrong_sign_of_which_the_second_reading_is_sure(models: Models) -> None:
    shown = card("孙佳羴", seed=6)
    assert recognise(models, [rectify.cut(shown.card, NAME)])[0].confidence >= fields.sure("name")
    assert likelier(models, shown, {"name": Raw("孙佳义", 0.5, NAME)})["name"].text == "孙佳羴"


def test_no_name_is_not_looked_for(models: Models) -> None:
    assert likelier(models, card("孙佳羴"), {}) == {}


@pytest.mark.parametrize("name", ["王伟", "欧阳秀英", "阿依古丽·买买提"])
def test_names_of_common_signs_stay_as_they_are(models: Models, name: str) -> None:
    assert likelier(models, card(name), {"name": Raw(name, 0.5, NAME)})["name"].text == name


def test_a_sign_that_no_font_draws_stays(models: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = glyphs.opened()
    less = replace(whole, signs=whole.signs.replace("义", "\0"))
    monkeypatch.setattr(glyphs, "opened", lambda: less)
    assert likelier(models, card("孙佳羴"), {"name": Raw("孙佳义", 0.5, NAME)})["name"].text == "孙佳义"


def card(name: str, seed: int = 9) -> Upright:
    """A straight card of somebody of that name."""
    shown = specimen(seed, who=replace(person(random.Random(seed)), name=name))
    image = cv2.imdecode(np.frombuffer(shown.jpeg, np.uint8), cv2.IMREAD_COLOR)
    corners = np.asarray(shown.corners, np.float32)
    straight = rectify.upright(np.asarray(image, np.uint8), corners)[0]
    return Upright(straight, ink.contrast(straight), corners)
