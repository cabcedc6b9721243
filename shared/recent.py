"""Answers that are the same for everybody, remembered for a moment, so that a crowd costs one call."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

REMEMBERED_S = 30.0
MOST = 1000


class Recent:
    """Answers by key. Those who ask at once share one call; a call that fails is not remembered."""

    def __init__(self, seconds: float = REMEMBERED_S) -> None:
        self._seconds = seconds
        self._answers: dict[str, tuple[float, asyncio.Future[Any]]] = {}

    def __len__(self) -> int:
        return len(self._answers)

    async def get(self, key: str, ask: Callable[[], Awaitable[Any]]) -> Any:
        """The answer under `key`, not older than the time given. It is shared: do not change it."""
        now = asyncio.get_running_loop().time()
        ends, answer = self._answers.get(key, (0.0, None))
        if answer is None or now >= ends:
            self._forget(now)
            answer = asyncio.ensure_future(ask())
            self._answers[key] = (now + self._seconds, answer)
        try:
            # Shielded: when the first asker goes away, the others still wait for the same call.
            return await asyncio.shield(answer)
        except Exception:
            self._answers.pop(key, None)
            raise

    def _forget(self, now: float) -> None:
        """Part of a key is what people type, so old answers must not pile up."""
        if len(self._answers) >= MOST:
            self._answers = {key: kept for key, kept in self._answers.items() if now < kept[0]}
        while len(self._answers) >= MOST:
            del self._answers[next(iter(self._answers))]
