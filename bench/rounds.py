"""Two ways of doing one thing, measured side by side: A B B A rounds, medians, the ratio with its spread."""

from __future__ import annotations

import inspect
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from statistics import median
from typing import Literal

Work = Callable[[], object]
By = Literal["cpu", "wall"]
ROUNDS = 5


async def nothing() -> None:
    """No preparation."""


@dataclass(frozen=True)
class Cost:
    """Seconds for one unit of work: of processor time (every thread) and of the clock."""

    cpu: float
    wall: float


@dataclass
class Side:
    """One way: `work`, a function or a coroutine function, does `count` units a call. `prepare` runs before each call
    and is not measured; `cpu` says what the work has cost so far, this process by default.
    """

    name: str
    work: Work
    count: int = 1
    prepare: Callable[[], Awaitable[object]] = nothing
    cpu: Callable[[], float] = time.process_time
    costs: list[Cost] = field(default_factory=list)

    async def once(self) -> Cost:
        """Do the work once; what a unit cost."""
        await self.prepare()
        wall, cpu = time.perf_counter(), self.cpu()
        done = self.work()
        if inspect.isawaitable(done):
            await done
        cost = Cost((self.cpu() - cpu) / self.count, (time.perf_counter() - wall) / self.count)
        self.costs.append(cost)
        return cost

    @property
    def typical(self) -> Cost:
        """The medians."""
        return Cost(median(cost.cpu for cost in self.costs), median(cost.wall for cost in self.costs))


@dataclass(frozen=True)
class Comparison:
    """Medians of both sides; `ratio` is peer by ours, the median of the rounds, between `lowest` and `highest`."""

    ours: Cost
    peer: Cost
    ratio: float
    lowest: float
    highest: float


async def compare(ours: Side, peer: Side, rounds: int = ROUNDS, by: By = "cpu") -> Comparison:
    """Run both once to warm up, then `rounds` times ours, peer, peer, ours; one ratio for each round."""
    for side in (ours, peer):
        await side.once()
        side.costs.clear()
    ratios: list[float] = []
    for _ in range(rounds):
        costs = [float(getattr(await side.once(), by)) for side in (ours, peer, peer, ours)]
        ratios.append((costs[1] + costs[2]) / (costs[0] + costs[3]))
    return Comparison(ours.typical, peer.typical, median(ratios), min(ratios), max(ratios))
