"""Two ways of doing one thing, measured side by side: A B B A rounds, medians, the ratio with its spread.

CPU-seconds of the whole process (every thread) come first; the wall clock is beside them (anchors of performance).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

Work = Callable[[], object]
ROUNDS = 5


@dataclass(frozen=True)
class Cost:
    """Seconds for one run of the work."""

    cpu: float
    wall: float


@dataclass(frozen=True)
class Comparison:
    """Medians of one run each, in CPU-seconds and seconds; `ratio` is peer by ours in CPU-seconds."""

    ours: Cost
    peer: Cost
    ratio: float
    lowest: float
    highest: float


def compare(ours: Work, peer: Work, rounds: int = ROUNDS) -> Comparison:
    """Run both once to warm up, then `rounds` times ours, peer, peer, ours; one ratio for each round."""
    ours(), peer()
    measured = [[cost(work) for work in (ours, peer, peer, ours)] for _ in range(rounds)]
    ratios = [(first.cpu + second.cpu) / (one.cpu + other.cpu) for one, first, second, other in measured]
    return Comparison(
        ours=_median([costs[place] for costs in measured for place in (0, 3)]),
        peer=_median([costs[place] for costs in measured for place in (1, 2)]),
        ratio=median(ratios),
        lowest=min(ratios),
        highest=max(ratios),
    )


def cost(work: Work) -> Cost:
    """What one run costs this process."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Cost(time.process_time() - cpu, time.perf_counter() - wall)


def _median(costs: list[Cost]) -> Cost:
    return Cost(median(cost.cpu for cost in costs), median(cost.wall for cost in costs))
