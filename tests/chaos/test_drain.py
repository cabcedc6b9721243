"""SIGTERM again and again while vision works through its bulk lane, on a real RabbitMQ: 0 lost, 0 double.

lost = requested and confirmed, never answered; double = answered by two different events (the same event twice is
harmless, its readers know its id). 300 jobs; with `BAOKAO_CHAOS` of 10 there are 5,000.
"""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import cv2
import numpy as np

from tests.support.specimen import specimen
from tests.support.vision import LANE, largest_worker, office, vision

ROUNDS = int(os.environ.get("BAOKAO_CHAOS", "1"))
JOBS = 300 if ROUNDS == 1 else 500 * ROUNDS
ANSWERS_BETWEEN_SIGNALS = 150
A_CARD_EVERY = 25
WORKER_BYTES = 512 << 20


async def test_sigterm_amid_thousands_of_checks_loses_none_and_doubles_none(tmp_path: Path, amqp_url: str) -> None:
    cards, peaks = [specimen(seed).jpeg for seed in range(4)], [0]
    async with office(tmp_path, amqp_url) as desk:
        while len(desk.answers) < JOBS:
            with vision(desk.platform) as service:
                await desk.ready()
                for number in range(JOBS if len(peaks) == 1 else 0):
                    await desk.ask(f"check-{number}", picture(cards, number))
                await desk.answered(min(JOBS, len(desk.answers) + ANSWERS_BETWEEN_SIGNALS))
                peaks.append(largest_worker(service))
                assert exit_code(service, desk.platform.grace_s) == 0
        assert await desk.bus.depth(LANE) == 0
        assert await desk.bus.dead_letters(LANE) == []
        lost = {f"check-{number}" for number in range(JOBS)} - desk.answers.keys()
        doubled = {check for check, events in desk.answers.items() if len(events) > 1}
    assert (lost, doubled) == (set(), set())
    assert len(peaks) > 2
    assert max(peaks) <= WORKER_BYTES


def picture(cards: list[bytes], number: int) -> bytes:
    """A small plain one, every so often a card; no two alike, because bytes after a JPEG's end are not read."""
    plain = bytes(cv2.imencode(".jpg", np.full((64, 64, 3), number % 256, np.uint8))[1])
    shown = plain if number % A_CARD_EVERY else cards[number % len(cards)]
    return shown + number.to_bytes(4, "big")


def exit_code(service: subprocess.Popen[bytes], grace_s: float) -> int:
    """Of the service after SIGTERM; raises when it does not end within its grace."""
    service.send_signal(signal.SIGTERM)
    return service.wait(timeout=grace_s)
