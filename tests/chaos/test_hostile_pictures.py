"""Hostile pictures through vision's bulk lane: each is answered with a reason, the service and its memory stay.

Two of each kind; with `BAOKAO_CHAOS` of 10 fifty, 2,050 in all.
"""

from __future__ import annotations

import os
from pathlib import Path

from tests.support.hostile import KINDS, hostile
from tests.support.specimen import specimen
from tests.support.vision import LANE, largest_worker, office, vision

ROUNDS = int(os.environ.get("BAOKAO_CHAOS", "1"))
PICTURES = len(KINDS) * (2 if ROUNDS == 1 else 5 * ROUNDS)
WORKER_BYTES = 512 << 20


async def test_hostile_pictures_are_refused_and_a_card_after_them_is_read(tmp_path: Path, amqp_url: str) -> None:
    async with office(tmp_path, amqp_url) as desk:
        with vision(desk.platform) as service:
            await desk.ready()
            for seed in range(PICTURES):
                content = hostile(seed)[1]
                await desk.ask(f"hostile-{seed}", content, content)
            await desk.ask("card", specimen(76).jpeg)
            await desk.answered(PICTURES + 1)
            assert service.poll() is None
            assert largest_worker(service) <= WORKER_BYTES
            metrics = (await desk.operations("/metrics"))[1]
        assert await desk.bus.dead_letters(LANE) == []
    (card,) = desk.answers.pop("card").values()
    assert card.outcome == "read"
    for name, events in desk.answers.items():
        (answer,) = events.values()
        # Noise may be taken for a face (one of 2,050 is) and is like itself then; this must follow all the same.
        assert answer.outcome == "unreadable", name
        assert answer.reasons, name
    assert 'baokao_vision_checks_total{how="crashed"}' not in metrics
