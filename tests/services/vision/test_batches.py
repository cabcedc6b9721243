"""Rows of several jobs are done together and come back to whom they belong."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
import pytest

from services.vision.batches import Batcher
from services.vision.together import Tensor

LONG_S = 3600.0


class Doubling:
    """A network that doubles, and the forms it was given."""

    def __init__(self) -> None:
        self.forms: list[tuple[int, ...]] = []

    def __call__(self, rows: Tensor) -> Sequence[Tensor]:
        self.forms.append(rows.shape)
        return [rows * 2, rows.sum(axis=1)]


def rows(*values: int, wide: int = 2) -> Tensor:
    return np.repeat(np.array(values, np.float32)[:, None], wide, axis=1)


def test_a_full_batch_is_released_at_once_and_everybody_gets_their_own() -> None:
    network = Doubling()
    batcher = Batcher(network, 4, LONG_S)
    answers = [batcher.submit(rows(1)), batcher.submit(rows(2, 3)), batcher.submit(rows(4))]
    (one, first), (two, _), (three, last) = [answer.result() for answer in answers]
    assert (one[0].tolist(), two[0].tolist(), three[1].tolist()) == ([[2, 2]], [[4, 4], [6, 6]], [8])
    assert (first, last, network.forms) == (4, 4, [(4, 2)])


def test_a_batch_that_would_be_too_full_goes_first() -> None:
    network = Doubling()
    batcher = Batcher(network, 4, LONG_S)
    early, late = batcher.submit(rows(1, 2, 3)), batcher.submit(rows(4, 5, 6, 7))
    assert (early.result()[1], late.result()[1]) == (3, 4)
    assert network.forms == [(4, 2), (4, 2)]


def test_a_lone_job_waits_no_longer_than_the_deadline() -> None:
    network = Doubling()
    outputs, size = Batcher(network, 64, 0.001).submit(rows(1, 2, 3)).result()
    assert (outputs[0].tolist(), size) == ([[2, 2], [4, 4], [6, 6]], 3)
    assert network.forms == [(4, 2)]


def test_only_what_has_one_form_goes_together() -> None:
    network = Doubling()
    batcher = Batcher(network, 2, LONG_S)
    wide, narrow = batcher.submit(rows(1, wide=3)), batcher.submit(rows(2))
    assert batcher.submit(rows(3)).result()[1] == 2
    assert narrow.result()[0][0].tolist() == [[4, 4]]
    assert not wide.done()


def test_a_network_that_fails_fails_its_batch_and_not_the_next() -> None:
    broken = threading.Event()
    broken.set()

    def network(given: Tensor) -> Sequence[Tensor]:
        if broken.is_set():
            raise MemoryError("no room on the device")
        return [given]

    batcher = Batcher(network, 1, LONG_S)
    with pytest.raises(MemoryError):
        batcher.submit(rows(1)).result()
    broken.clear()
    assert batcher.submit(rows(1)).result()[1] == 1
