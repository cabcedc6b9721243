"""The hostile files are the same for the same seed, of every kind, and small enough to be sent."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.hostile import KINDS, hostile


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 100_000))
def test_a_seed_gives_one_file(seed: int) -> None:
    name, content = hostile(seed)
    assert hostile(seed) == (name, content)
    assert len(content) <= 3_000_000
    assert "/" not in name
    assert name.isascii()


def test_every_kind_takes_its_turn() -> None:
    names = [hostile(seed)[0] for seed in range(len(KINDS))]
    assert all(kind in name for (kind, _, _), name in zip(KINDS, names, strict=True))
    assert len(set(names)) == len(KINDS)


def test_the_seeds_of_a_kind_differ() -> None:
    for number, (kind, _, _) in enumerate(KINDS):
        assert len({hostile(number + turn * len(KINDS))[1] for turn in range(12)}) > 1, kind
