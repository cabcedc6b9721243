"""Wait for a broker that may never answer."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

# What is still said to a broker when closing is a courtesy: a stalled one must not use up the grace period.
CLOSE_TIMEOUT_S = 2.0

T = TypeVar("T")


async def bounded(work: Coroutine[Any, Any, T], timeout_s: float) -> T:
    """Run in a task of its own; raises `TimeoutError` when there is no answer in time.

    A closing AMQP connection cancels whatever waits on it. In its own task that ends here as a `ConnectionError`
    and cannot be mistaken for somebody cancelling the caller.
    """
    task = asyncio.create_task(work)
    try:
        await asyncio.wait({task}, timeout=timeout_s)
    finally:
        in_time = task.done()
        task.cancel()
    if not in_time:
        raise TimeoutError("the broker does not answer")
    if task.cancelled():
        raise ConnectionError("the connection to the broker was closed")
    return task.result()
