"""Compare two ways of doing the same fairly: alternate A B B A, report medians and the ratio with its spread."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from statistics import mean, median

Work = Callable[[int], Awaitable[object]]


async def nothing(_count: int) -> None:
    """No preparation."""


@dataclass
class Side:
    """One way: `work` does `count` units per call. Rates are per second, CPU in microseconds per unit.

    `prepare` runs before each call and is not measured.
    """

    name: str
    work: Work
    count: int
    prepare: Work = nothing
    rates: list[float] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)

    async def once(self) -> float:
        """Do the work once; the rate."""
        await self.prepare(self.count)
        started, cpu = time.perf_counter(), time.process_time()
        await self.work(self.count)
        rate = self.count / (time.perf_counter() - started)
        self.cpu_us.append((time.process_time() - cpu) / self.count * 1e6)
        self.rates.append(rate)
        return rate


async def compare(plain: Side, ours: Side, rounds: int) -> list[float]:
    """Rounds of plain, ours, ours, plain after a warm-up of each that does not count; the ratio of each round."""
    for side in (plain, ours):
        await side.once()
        side.rates.clear()
        side.cpu_us.clear()
    ratios: list[float] = []
    for _ in range(rounds):
        rates = [await side.once() for side in (plain, ours, ours, plain)]
        ratios.append(mean(rates[1:3]) / mean((rates[0], rates[3])))
    return ratios


def report(title: str, plain: Side, ours: Side, ratios: list[float], goal: float) -> bool:
    """Print one comparison; whether the median ratio reaches the goal."""
    print(f"\n{title}")
    for side in (plain, ours):
        spread = f"{min(side.rates):,.0f} to {max(side.rates):,.0f}"
        print(f"  {side.name:<46} {median(side.rates):>8,.0f} /s ({spread}), {median(side.cpu_us):4.0f} us CPU each")
    reached = median(ratios) >= goal
    verdict = "reached" if reached else "missed"
    print(f"  ratio {median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}), goal {goal:g}: {verdict}")
    return reached
