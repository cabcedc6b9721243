"""A good portrait keeps every rule; each way of spoiling it breaks the rule meant for it, and says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from functools import cache
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.vision.domain import Check
from services.vision.face import messages
from services.vision.face.find import Image
from services.vision.face.portrait import check_portrait
from services.vision.face.tools import FaceTools
from shared.programme.thresholds import PortraitRules
from tests.support.portraits import portrait, sample, transformed

RULES = PortraitRules()
ALL = [
    *("one_face", "resolution", "aspect", "face_size", "centred", "eye_line"),
    *("frontal", "level", "sharp", "exposed", "background"),
]


@cache
def good() -> Image:
    return portrait()


def framed(left: int, top: int, right: int, bottom: int) -> Image:
    """White added around the good portrait, or cut off where negative, in pixels."""
    height, width = good().shape[:2]
    inner = good()[max(-top, 0) : height - max(-bottom, 0), max(-left, 0) : width - max(-right, 0)]
    grown = ((max(top, 0), max(bottom, 0)), (max(left, 0), max(right, 0)), (0, 0))
    return np.pad(inner, grown, constant_values=245)


def resized(image: Image, size: tuple[int, int]) -> Image:
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def brightened(factor: float, offset: float = 0) -> Image:
    return np.clip(good().astype(np.float64) * factor + offset, 0, 255).astype(np.uint8)


def two_people() -> Image:
    other = resized(good(), (351, 468))
    both = framed(0, 0, other.shape[1], 0)
    both[: other.shape[0], good().shape[1] :] = other
    return both


def turned() -> Image:
    """A narrower far cheek, as when the head turns: the picture is squeezed right of the nose."""
    width = good().shape[1]
    columns = np.arange(width, dtype=np.float32)
    nose, far = width * 0.49, 2.2
    source = np.where(columns > nose, nose + (columns - nose) * far, columns).astype(np.float32)
    rows = np.arange(good().shape[0], dtype=np.float32)
    return np.asarray(cv2.remap(good(), *np.meshgrid(source, rows), cv2.INTER_LINEAR, borderValue=(245, 245, 245)))


SPOILED: dict[str, tuple[str, Callable[[], Image]]] = {
    "no_face": ("one_face", lambda: resized(sample("coffee"), (390, 520))),
    "several_faces": ("one_face", two_people),
    "too_few_pixels": ("resolution", lambda: resized(good(), (210, 280))),
    "too_narrow": ("aspect", lambda: framed(0, 100, 0, 100)),
    "too_wide": ("aspect", lambda: framed(200, 0, 200, 0)),
    "face_too_small": ("face_size", lambda: framed(200, 300, 200, 200)),
    "face_too_large": ("face_size", lambda: framed(-80, -130, -80, -155)),
    "not_centred": ("centred", lambda: framed(100, 0, -30, 0)),
    "face_too_high": ("eye_line", lambda: framed(0, -110, 0, 20)),
    "face_too_low": ("eye_line", lambda: framed(50, 300, 50, -130)),
    "turned": ("frontal", turned),
    "tilted": ("level", lambda: transformed(good(), 1, -14)),
    "blurred": ("sharp", lambda: np.asarray(cv2.GaussianBlur(good(), (0, 0), 3), np.uint8)),
    "too_dark": ("exposed", lambda: brightened(0.2)),
    "too_bright": ("exposed", lambda: brightened(1, 90)),
    "background_not_white": ("background", lambda: portrait((67, 142, 219))),
    "background_wrong_colour": ("background", good),
}


def judged(tools: FaceTools, image: Image, rules: PortraitRules = RULES) -> dict[str, Check]:
    return {check.rule: check for check in check_portrait(image, rules, tools.finder)}


def test_a_good_portrait_keeps_every_rule(tools: FaceTools) -> None:
    checks = judged(tools, good())
    assert list(checks) == ALL
    assert [check for check in checks.values() if not check.ok or check.message] == []


@pytest.mark.parametrize("code", SPOILED)
def test_a_spoiled_portrait_breaks_its_rule(tools: FaceTools, code: str) -> None:
    rule, spoil = SPOILED[code]
    rules = PortraitRules(background=(67, 142, 219)) if code == "background_wrong_colour" else RULES
    check = judged(tools, spoil(), rules)[rule]
    assert not check.ok
    assert check.message == f"vision.portrait.{code}"


def test_every_sentence_on_portraits_is_reached() -> None:
    written = {code for code in messages.CODES if code.startswith("vision.portrait.")}
    assert {f"vision.portrait.{code}" for code in SPOILED} == written


def test_without_one_face_only_the_frame_is_judged(tools: FaceTools) -> None:
    assert list(judged(tools, SPOILED["no_face"][1]())) == ["one_face", "resolution", "aspect"]


def test_resolution_is_that_of_the_file(tools: FaceTools) -> None:
    small = resized(good(), (195, 260))
    checks = {check.rule: check for check in check_portrait(small, RULES, tools.finder, original=(780, 1040))}
    assert checks["resolution"].ok
    assert checks["resolution"].value == 3.25


@pytest.mark.parametrize("colour", [(255, 255, 255), (248, 246, 242), (205, 205, 205)])
def test_white_in_the_shade_is_white(tools: FaceTools, colour: tuple[int, int, int]) -> None:
    assert judged(tools, portrait(colour))["background"].ok


@pytest.mark.parametrize("colour", [(160, 160, 160), (210, 230, 250), (235, 222, 195), (200, 30, 40)])
def test_other_colours_are_not_white(tools: FaceTools, colour: tuple[int, int, int]) -> None:
    assert not judged(tools, portrait(colour))["background"].ok


def test_a_programme_may_ask_for_blue(tools: FaceTools) -> None:
    blue = PortraitRules(background=(67, 142, 219))
    assert judged(tools, portrait((75, 150, 225)), blue)["background"].ok


def test_a_dark_thing_beside_the_head_is_shown(tools: FaceTools) -> None:
    image = good().copy()
    image[20:200, :60] = (60, 40, 30)
    check = judged(tools, image)["background"]
    assert not check.ok
    assert check.region is not None
    assert check.region[0] == 0
    assert check.region[2] < 0.5


@settings(max_examples=20, deadline=None)
@given(scale=st.floats(0.8, 3))
def test_verdicts_do_not_depend_on_the_size(tools: FaceTools, scale: float) -> None:
    assert all(check.ok for check in judged(tools, resized(good(), (round(390 * scale), round(520 * scale)))).values())


IMPOSSIBLE: dict[str, Any] = {
    **dict.fromkeys(("width", "height"), 9999),
    **dict.fromkeys(("aspect", "eye_line", "face_height"), (0.9, 1.0)),
    **dict.fromkeys(("off_centre", "turn", "tilt", "background_tolerance"), 0),
    **{"sharpness": 99, "brightness": (99, 100), "glare": -1, "background": (1, 2, 3), "background_share": 1.1},
}


@pytest.mark.parametrize("field", [each.name for each in fields(PortraitRules)])
def test_every_threshold_of_the_programme_counts(tools: FaceTools, field: str) -> None:
    rules = replace(RULES, **{field: IMPOSSIBLE[field]})
    assert len([check for check in judged(tools, good(), rules).values() if not check.ok]) == 1
