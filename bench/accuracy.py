"""Exact match of every field on cards drawn afresh: `./baokao bench accuracy [--hand second] [--level phone] …`.

A field is right when it is the printed text to the sign. Beside it: the 95 % interval (Wilson), what was given
wrongly, and how much of that passed for sure, which is the worst thing a reader can do.
"""

from __future__ import annotations

import argparse
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from tempfile import gettempdir

import numpy as np

from services.vision.card import fields
from services.vision.check import CheckSettings, check_identity
from services.vision.domain import Field
from tests.support.plain_hand import plain_specimen
from tests.support.second_hand import second_specimen
from tests.support.specimen import Specimen, specimen

SETTINGS = CheckSettings(models=Path(gettempdir()) / "baokao-bench")
LEVELS = ("flat", "desk", "phone")
_Z = 1.96


@dataclass(frozen=True)
class Answer:
    """One field of one card: what is printed, what was read, and how sure the reader was."""

    seed: int
    name: str
    truth: str
    field: Field

    @property
    def right(self) -> bool:
        """To the sign; nothing printed means nothing read."""
        return (self.field.text or "") == self.truth

    @property
    def wrong(self) -> bool:
        """Something was given that is not printed; nothing given is not wrong, only missing."""
        return self.field.text is not None and not self.right

    @property
    def sure(self) -> bool:
        """Nobody would be asked to look at it."""
        return self.field.confidence >= fields.sure(self.name)


@dataclass(frozen=True)
class Reading:
    """One card: its fields, its cost in CPU-seconds, and whether detection had to help."""

    answers: tuple[Answer, ...]
    cpu_seconds: float
    fallbacks: int


def ours(seed: int, level: str, side: str) -> Specimen:
    """By the hand the reader was built with; every fifth upside down."""
    return specimen(seed, level, side, upside_down=seed % 5 == 0)


HANDS: dict[str, Callable[[int, str, str], Specimen]] = {
    "first": ours,
    "second": second_specimen,
    "plain": plain_specimen,
}


def read(shown: Specimen, seed: int, side: str) -> Reading:
    """What the service says of one picture."""
    front, back = (shown.jpeg, None) if side == "front" else (None, shown.jpeg)
    report = check_identity(front, back, None, SETTINGS)
    assert report.card is not None
    answers = [Answer(seed, name, text, report.card.fields[name]) for name, text in shown.truth.items()]
    return Reading(tuple(answers), report.cpu_seconds, report.card.fallbacks)


def interval(right: int, of: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share, in per cent."""
    share, bound = right / of, _Z**2 / of
    middle, half = share + bound / 2, _Z * sqrt(share * (1 - share) / of + bound / (4 * of))
    return 100 * (middle - half) / (1 + bound), 100 * (middle + half) / (1 + bound)


def table(title: str, readings: Sequence[Reading]) -> Iterator[str]:
    """A line for each field, one for whole cards, one for the cost."""
    yield f"\n{title}: {len(readings)} cards"
    for name in (answer.name for answer in readings[0].answers):
        yield _row(name, [answer for reading in readings for answer in reading.answers if answer.name == name])
    whole = [all(answer.right for answer in reading.answers) for reading in readings]
    yield f"{'all fields':18} {_share(sum(whole), len(whole))}"
    helped = sum(reading.fallbacks > 0 for reading in readings)
    spent = [1000 * reading.cpu_seconds for reading in readings]
    yield f"CPU {np.median(spent):.0f} ms median, {np.mean(spent):.0f} ms mean; detection helped {helped}"


def _row(name: str, answers: Sequence[Answer]) -> str:
    wrong = [answer for answer in answers if answer.wrong]
    sure = sum(answer.sure for answer in wrong)
    doubted = sum(answer.right and not answer.sure for answer in answers)
    share = _share(sum(answer.right for answer in answers), len(answers))
    return f"{name:18} {share}  wrong {len(wrong):3}, of these sure {sure:3}; right but doubted {doubted:3}"


def _share(right: int, of: int) -> str:
    low, high = interval(right, of)
    return f"{right:4}/{of:<4} {100 * right / of:6.2f} % ({low:.1f}-{high:.1f})"


def main() -> None:
    """Print a table for each level asked for; `--show` names what was not right (invented people only)."""
    asked = argparse.ArgumentParser(prog="baokao bench accuracy", description=main.__doc__)
    asked.add_argument("--hand", choices=tuple(HANDS), default="first", help="who draws the cards")
    asked.add_argument("--level", choices=LEVELS, action="append", help="again for more; all by default")
    asked.add_argument("--side", choices=("front", "back"), default="front")
    asked.add_argument("--cards", type=int, default=100, help="for each level")
    asked.add_argument("--seed", type=int, default=None, help="of the first card; fresh by default")
    asked.add_argument("--show", action="store_true", help="print every field that is not right")
    wanted = asked.parse_args()
    first = secrets.randbelow(10**8) if wanted.seed is None else wanted.seed
    for level in wanted.level or LEVELS:
        readings = []
        for seed in range(first, first + wanted.cards):
            readings.append(read(HANDS[wanted.hand](seed, level, wanted.side), seed, wanted.side))
            for answer in readings[-1].answers if wanted.show else ():
                if not answer.right:
                    told = f"{answer.field.text} ({answer.field.confidence:.2f})"
                    print(f"  {level} {answer.seed} {answer.name}: {answer.truth} read as {told}", flush=True)
        title = f"{wanted.hand} hand, {level}, {wanted.side}, seeds from {first}"
        print("\n".join(table(title, readings)), flush=True)


if __name__ == "__main__":
    main()
