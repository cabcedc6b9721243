"""Sliders and sums: one use, in time, and nothing told of the answer."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import random
from datetime import timedelta

import pytest
from PIL import Image, ImageChops

from services.identity import slider
from services.identity.domain.captcha import BEFORE_A_MESSAGE, TOLERANCE, WORK_AT_MOST, Work
from services.identity.handlers import captchas
from services.identity.handlers.captchas import Proof
from services.identity.handlers.deps import Deps
from shared.errors import DomainError, NotFound
from tests.services.identity.conftest import NOW, solved
from tests.services.identity.test_accounts import refused, register, sign_in
from tests.services.identity.test_login import under

X = 150


def picture(url: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))


async def accepted(deps: Deps, answer: str, seconds: int = 0) -> bool:
    captcha_id = await captchas.new_slider(X, deps=deps, now=NOW)
    try:
        await captchas.spend_captcha(
            Proof(captcha_id, answer), BEFORE_A_MESSAGE, deps=deps, now=NOW + timedelta(seconds=seconds)
        )
    except DomainError as error:
        assert error.code == "captcha.wrong"
        return False
    return True


@pytest.mark.parametrize("off", range(-8, 9))
async def test_a_few_pixels_off_are_right(off: int, deps: Deps) -> None:
    assert await accepted(deps, str(X + off)) == (abs(off) <= TOLERANCE)


@pytest.mark.parametrize("answer", ["x", "-150", "150.0", "1" * 60, "１５０", "150-160"])
async def test_anything_but_a_number_is_wrong(answer: str, deps: Deps) -> None:
    assert not await accepted(deps, answer)


async def test_a_slider_lives_two_minutes_and_is_tried_once(deps: Deps) -> None:
    assert await accepted(deps, str(X), 119)
    assert not await accepted(deps, str(X), 120)
    captcha_id = await captchas.new_slider(X, deps=deps, now=NOW)
    for answer in ("10", str(X)):
        with pytest.raises(DomainError, match=r"captcha\.wrong"):
            await captchas.spend_captcha(Proof(captcha_id, answer), BEFORE_A_MESSAGE, deps=deps, now=NOW)


async def test_a_slider_is_not_read_aloud(deps: Deps) -> None:
    captcha_id = await captchas.new_slider(X, deps=deps, now=NOW)
    with pytest.raises(NotFound):
        await captchas.captcha_text(captcha_id, deps=deps)


def solution(work: Work) -> int:
    """By trying."""
    return next(
        number
        for number in range(WORK_AT_MOST + 1)
        if hashlib.sha256(f"{work.salt}{number}".encode()).hexdigest() == work.challenge
    )


@pytest.mark.parametrize("kind", ["slider", "work"])
async def test_where_a_picture_is_asked_for_nothing_that_a_program_solves_stands_for_it(deps: Deps, kind: str) -> None:
    """Registering and signing in take digits (000.13, 001.1, 003.3, 004.2); other proofs come before a message."""
    await register(deps)
    always = under(deps, captcha="always")
    if kind == "slider":
        proof = Proof(await captchas.new_slider(X, deps=deps, now=NOW), str(X))
    else:
        captcha_id, work = await captchas.new_work(deps=deps, now=NOW)
        proof = Proof(captcha_id, str(solution(work)))
    assert await refused(sign_in(always, "abcd1234", proof=proof)) == "captcha.wrong"
    with pytest.raises(DomainError, match=r"captcha\.wrong"):
        await captchas.spend_captcha(proof, BEFORE_A_MESSAGE, deps=deps, now=NOW)
    assert await sign_in(always, "abcd1234", proof=await solved(deps))


async def test_the_sum_is_found_by_trying_and_is_right_once(deps: Deps) -> None:
    captcha_id, work = await captchas.new_work(deps=deps, now=NOW)
    found = solution(work)
    await captchas.spend_captcha(Proof(captcha_id, str(found)), BEFORE_A_MESSAGE, deps=deps, now=NOW)
    with pytest.raises(DomainError):
        await captchas.spend_captcha(Proof(captcha_id, str(found)), BEFORE_A_MESSAGE, deps=deps, now=NOW)


async def test_an_answer_given_many_times_at_once_is_right_once(deps: Deps) -> None:
    captcha_id, text = await captchas.new_captcha(deps=deps, now=NOW)
    answers = (captchas.spend_captcha(Proof(captcha_id, text), deps=deps, now=NOW) for _ in range(20))
    told = await asyncio.gather(*answers, return_exceptions=True)
    assert [type(each) for each in told].count(DomainError) == 19


def test_every_puzzle_has_the_same_measures_and_its_hole_where_the_piece_belongs() -> None:
    for seed in range(20):
        puzzle = slider.draw_puzzle(random.Random(seed))
        scene, piece = picture(puzzle.scene), picture(puzzle.piece)
        assert scene.size == (slider.WIDTH, slider.HEIGHT)
        assert piece.size == (slider.PIECE, slider.PIECE)
        assert slider.FIRST <= puzzle.x <= slider.LAST
        place = scene.crop((puzzle.x, puzzle.y, puzzle.x + slider.PIECE, puzzle.y + slider.PIECE))
        middle = (8, 8, 32, 32)
        hole, cut = (
            each.convert("L").crop(middle).resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
            for each in (place, piece)
        )
        assert isinstance(hole, int)
        assert isinstance(cut, int)
        assert abs(hole - cut) > 25


def test_two_puzzles_are_never_alike() -> None:
    first, second = (picture(slider.draw_puzzle(random.SystemRandom()).scene).convert("RGB") for _ in range(2))
    assert ImageChops.difference(first, second).getbbox() is not None


async def test_blind_guesses_pass_about_once_in_twenty(deps: Deps) -> None:
    rng = random.Random(7)
    answers = [slider.draw_puzzle(random.Random(seed)).x for seed in range(60)]
    best = max(
        sum(abs(guess - x) <= TOLERANCE for x in answers * 1) / len(answers)
        for guess in range(slider.FIRST, slider.LAST, 5)
    )
    blind = sum(abs(rng.randint(slider.FIRST, slider.LAST) - x) <= TOLERANCE for x in answers * 200) / 12_000
    assert blind < 0.08
    assert best < 0.2


async def test_the_spoken_captcha_is_the_drawn_one(deps: Deps) -> None:
    captcha_id, text = await captchas.new_captcha(deps=deps, now=NOW)
    assert await captchas.captcha_text(captcha_id, deps=deps) == text
