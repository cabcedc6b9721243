"""Cards drawn by another hand, on a printed page, askew, turned: read like our own, or nothing said."""

from __future__ import annotations

import pytest

from services.vision.card import fields
from services.vision.card.back import read_back
from services.vision.card.front import read_front
from services.vision.decode import Picture
from services.vision.models import Models
from tests.support.second_hand import second_specimen


@pytest.mark.parametrize("level", ["flat", "desk", "phone"])
def test_the_portrait_side(models: Models, level: str) -> None:
    for seed in (2001, 2002):
        shown = second_specimen(seed, level)
        read = read_front(models, Picture(shown.jpeg)).report.fields
        assert read["id_number"].text == shown.truth["id_number"]
        sure = {name: field.text for name, field in read.items() if field.confidence >= fields.sure(name)}
        assert sure == {name: shown.truth[name] for name in sure}


@pytest.mark.parametrize(
    ("seed", "where"),
    [
        (3003, "turned on a chequered cloth"),
        (3007, "upside down on a page"),
        (10003, "small and askew on a page, on its head"),
        (10104, "small and across on a page, not quite at a right angle"),
    ],
)
def test_a_card_whose_outline_is_lost_and_whose_print_stands_on_its_head(models: Models, seed: int, where: str) -> None:
    shown = second_specimen(seed, "desk")
    read = read_front(models, Picture(shown.jpeg)).report.fields
    assert {name: field.text for name, field in read.items()} == shown.truth, where


def test_a_long_name_that_runs_on_under_the_portrait(models: Models) -> None:
    shown = second_specimen(5058, "desk")
    assert read_front(models, Picture(shown.jpeg)).report.fields["name"].text == shown.truth["name"]


@pytest.mark.parametrize(
    ("seed", "level", "what"),
    [
        (7107, "flat", "a region's name decides between 门 and 内; a permit names no group"),
        (7115, "flat", "the pattern made an outline with the number in it"),
        (7203, "desk", "lines of a page made an outline with the number in it"),
        (7279, "desk", "a page's word stands left of the address"),
    ],
)
def test_what_once_was_read_wrongly(models: Models, seed: int, level: str, what: str) -> None:
    shown = second_specimen(seed, level)
    read = read_front(models, Picture(shown.jpeg)).report.fields
    assert {name: field.text or "" for name, field in read.items()} == shown.truth, what


def test_a_name_whose_last_sign_is_under_the_portrait_is_not_sure(models: Models) -> None:
    read = read_front(models, Picture(second_specimen(7075).jpeg)).report.fields
    assert read["name"].confidence < fields.sure("name")


def test_the_emblem_side(models: Models) -> None:
    for seed in (2000, 2001):
        shown = second_specimen(seed, "desk", "back")
        read = read_back(models, Picture(shown.jpeg)).report.fields
        assert {name: field.text for name, field in read.items()} == shown.truth


@pytest.mark.parametrize(
    ("seed", "what"),
    [
        (30706, "small and askew on a page"),
        (30715, "a page's lines run into its own"),
        (30754, "an authority of two lines"),
    ],
)
def test_the_emblem_side_where_something_is_in_the_way(models: Models, seed: int, what: str) -> None:
    shown = second_specimen(seed, "desk", "back")
    read = read_back(models, Picture(shown.jpeg)).report.fields
    assert {name: field.text for name, field in read.items()} == shown.truth, what
