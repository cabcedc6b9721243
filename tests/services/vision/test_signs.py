"""Rare signs of names keep their own certainty; other forms of one sign are added to the one that cards have."""

from __future__ import annotations

import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from services.vision import signs
from services.vision.check import CheckSettings, check_identity
from services.vision.models import Models
from tests.support.specimen import specimen
from tests.support.specimen.identity import person


def test_traditional_forms_and_dots_are_added_to_what_cards_have() -> None:
    forms = signs.forms("\0強强昇升堃翀•·龑䶮彞彝")
    assert forms == {"強": "强", "•": "·", "彞": "彝"}


def test_a_form_whose_simplified_sign_is_unknown_stays_itself() -> None:
    assert signs.forms("\0強") == {}


def test_classes_are_places_in_the_alphabet() -> None:
    others, kept = signs.classes({"強": "强"}, "\0强堃強")
    assert (others.tolist(), kept.tolist()) == ([3], [1])


def test_no_class_is_added_to_one_that_is_added_itself(models: Models) -> None:
    others, kept = models.same
    assert len(others) > 2000
    assert not np.isin(kept, others).any()


@pytest.mark.parametrize("sign", ["翀", "皞", "瑀", "燊", "旻"])
def test_a_name_with_a_rare_sign_is_read(models_folder: Path, sign: str) -> None:
    seed = 20_000 + ord(sign)
    who = replace(person(random.Random(seed)), name=f"王伟{sign}")
    report = check_identity(specimen(seed, "flat", who=who).jpeg, None, None, CheckSettings(models_folder))
    assert report.card is not None
    assert report.card.fields["name"].text == f"王伟{sign}"


def test_a_worker_does_without_what_only_the_set_up_needs() -> None:
    asked = (
        "import sys, services.vision.worker; print({'pydantic', 'typing_extensions', 'opencc'} & sys.modules.keys())"
    )
    ended = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True, timeout=60)
    assert ended.stdout.strip() == "set()"
