"""Which classes of the recogniser are one sign on a card: cards are printed in simplified characters, and the network
shares its certainty out between 强 and 強.

A rare sign that has no other form (翀, 皞) keeps all of its own: it is what a name is printed with.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

Classes = npt.NDArray[np.intp]

BLANK = "\0"
"""Class 0: no sign."""

FILE = "forms-1.json"
"""Where the forms are kept beside the weights; raise the 1 when the rule changes."""

# Dots between the parts of a name, and two ethnic groups in forms that OpenCC leaves alone.
_OTHERS = dict.fromkeys("•・‧∙⋅･●．", "·") | {"彞": "彝", "畬": "畲"}

# The Table of General Standard Chinese Characters (2013) has these beside 升, for names.
_STANDARD = frozenset("昇陞")


def forms(alphabet: str) -> dict[str, str]:
    """Other form → the one that cards have, both in the alphabet: dots, and traditional characters whose simplified one
    is in GB 2312. By OpenCC's table, sign by sign."""
    # Here, because it is for the set-up: workers, who read the result, are kept small.
    import opencc

    known, to_simplified = frozenset(alphabet), opencc.OpenCC("t2s").convert
    traditional = {sign: to_simplified(sign) for sign in known if _may_be_traditional(sign)}
    found = _OTHERS | {sign: simple for sign, simple in traditional.items() if sign != simple and _in_gb2312(simple)}
    return {sign: simple for sign, simple in found.items() if {sign, simple} <= known}


def classes(forms: Mapping[str, str], alphabet: str) -> tuple[Classes, Classes]:
    """The classes of the other forms, and for each the one that it is added to."""
    place = {sign: number for number, sign in enumerate(alphabet)}
    others, signs = ([place[sign] for sign in side] for side in (forms.keys(), forms.values()))
    return np.array(others, np.intp), np.array(signs, np.intp)


def _may_be_traditional(sign: str) -> bool:
    return sign not in _STANDARD and not _in_gb2312(sign)


def _in_gb2312(sign: str) -> bool:
    return bool(sign.encode("gb2312", "ignore"))
