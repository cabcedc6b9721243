"""Plain cards: numbers set narrow, addresses up to the portrait, silhouettes, marks across the print."""

from __future__ import annotations

import pytest

from services.vision.card import fields
from services.vision.card.front import read_front
from services.vision.decode import Picture
from services.vision.models import Models
from tests.support.plain_hand import plain_specimen


@pytest.mark.parametrize("level", ["flat", "desk", "phone"])
def test_every_field_is_right_or_doubted(models: Models, level: str) -> None:
    for seed in (8000, 8001, 8002):
        shown = plain_specimen(seed, level)
        read = read_front(models, Picture(shown.jpeg)).report.fields
        assert read["id_number"].text == shown.truth["id_number"]
        sure = {name: field.text for name, field in read.items() if field.confidence >= fields.sure(name)}
        assert sure == {name: shown.truth[name] for name in sure}


def test_a_line_that_runs_over_the_edge_of_a_guessed_outline_is_looked_for_again(models: Models) -> None:
    shown = plain_specimen(65040, "desk")
    assert read_front(models, Picture(shown.jpeg)).report.fields["name"].text == shown.truth["name"]


def test_the_emblem_side_is_not_drawn() -> None:
    with pytest.raises(ValueError, match="portrait side"):
        plain_specimen(1, side="back")
