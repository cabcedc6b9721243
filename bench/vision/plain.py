"""What a first version would be: a process that takes a candidate from the broker and gives the pictures, as they are,
to PaddleOCR and face_recognition, at their defaults or at their best settings.
`python -m bench.vision.plain AMQP_URL FOLDER default|best` is that process.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from uuid import uuid4

import numpy as np

from bench.face import TOLERANCE, default_encoding, tuned_encoding
from bench.vision.readers import emblem_side, paddleocr
from shared.bus import Message, Queue
from shared.bus.rabbitmq import RabbitBus
from shared.files import Files, open_files

ASKED, ANSWERED = "bench.candidate_asked.v1", "bench.candidate_answered.v1"
QUEUE = Queue("bench.plain", (ASKED,), prefetch=1)


async def answer(message: Message, *, tuned: bool, bus: RabbitBus, files: Files) -> None:
    """Look at one candidate and tell."""
    keys = json.loads(message.body)
    card, back, portrait = [await files.get(keys[name]) for name in ("card", "card_back", "portrait")]
    # In a thread: seconds of silence cost the connection, and the candidate would come again.
    found = json.dumps(await asyncio.to_thread(look, tuned, card, back, portrait)).encode()
    told = replace(message, id=uuid4().hex, type=ANSWERED, body=found)
    assert await bus.publish([told]) == [True]


def look(tuned: bool, card: bytes, back: bytes, portrait: bytes) -> dict[str, object]:
    """Fields of both sides, and whether the faces are alike (None when one has none)."""
    fields = {**paddleocr(tuned, card), **paddleocr(tuned, back, emblem_side)}
    encode = tuned_encoding if tuned else default_encoding
    one, other = encode(card), encode(portrait)
    alike = None if one is None or other is None else bool(np.linalg.norm(one - other) <= TOLERANCE)
    return {"fields": fields, "alike": alike}


async def serve(url: str, folder: Path, tuned: bool) -> None:
    """Work until somebody ends the process."""
    async with RabbitBus.open(url) as bus:
        await bus.subscribe(QUEUE, partial(answer, tuned=tuned, bus=bus, files=open_files("", folder)))
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], Path(sys.argv[2]), sys.argv[3] == "best"))
