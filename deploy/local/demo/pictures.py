"""Specimen cards and a public-domain portrait for the demo's candidates. Drawn by the tests, which no image carries."""

from __future__ import annotations

import io
import random
from dataclasses import replace
from functools import cache

from PIL import Image

from deploy.local.demo.pupils import Pupil
from tests.support.portraits import portrait
from tests.support.specimen import specimen
from tests.support.specimen.identity import person


def card(pupil: Pupil) -> bytes:
    """A specimen card as JPEG, marked 样本."""
    born = f"{pupil.id_number[6:10]}-{pupil.id_number[10:12]}-{pupil.id_number[12:14]}"
    gender = "男" if int(pupil.id_number[16]) % 2 else "女"
    invented = person(random.Random(pupil.number))  # noqa: S311 - pictures, not secrets
    shown = replace(invented, name=pupil.name, gender=gender, birth_date=born, id_number=pupil.id_number)
    return specimen(pupil.number, "flat", who=shown).jpeg


@cache
def photo() -> bytes:
    """An ID photo of the person on every specimen card, as JPEG."""
    out = io.BytesIO()
    Image.fromarray(portrait()).save(out, "JPEG", quality=92)
    return out.getvalue()
