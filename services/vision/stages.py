"""What the time of a job goes into. A worker counts while it works and sends the sums home with its report; the
process that serves /metrics observes them there, because a worker has no port of its own.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")


@dataclass
class Spent:
    """Seconds by stage, each without the stages inside it, and the sizes of the batches that a network was given."""

    seconds: dict[str, float] = field(default_factory=dict)
    batches: list[tuple[str, int]] = field(default_factory=list)
    inner: float = 0.0
    """Seconds of the stages that ended inside the stage now running."""


_spent: ContextVar[Spent | None] = ContextVar("spent", default=None)


@contextmanager
def recorded() -> Iterator[Spent]:
    """Count what is done inside the block; outside of one nothing is counted."""
    spent = Spent()
    token = _spent.set(spent)
    try:
        yield spent
    finally:
        _spent.reset(token)


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Count the block, or the decorated function, under `name`. Decorate no generator: see `each`."""
    spent = _spent.get()
    if spent is None:
        yield
        return
    begun, outside, spent.inner = time.perf_counter(), spent.inner, 0.0
    try:
        yield
    finally:
        whole = time.perf_counter() - begun
        spent.seconds[name] = spent.seconds.get(name, 0.0) + whole - spent.inner
        spent.inner = outside + whole


def each(name: str, things: Iterable[T]) -> Iterator[T]:
    """The things, with the time that making the next one takes counted under `name`."""
    iterator = iter(things)
    while True:
        with stage(name):
            try:
                thing = next(iterator)
            except StopIteration:
                return
        yield thing


def batch(network: str, size: int) -> None:
    """Say how many crops or chips a network was given at once."""
    spent = _spent.get()
    if spent is not None:
        spent.batches.append((network, size))
