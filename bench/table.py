"""One line of the table of goals, and how it is printed (Markdown, so that bench/README.md can hold it as it is)."""

from __future__ import annotations

from dataclasses import dataclass

from bench.rounds import By, Comparison

HEADER = """\
| goal | work | ours | peer | ratio (spread) | wanted | accuracy |
|---|---|---|---|---|---|---|"""


@dataclass(frozen=True)
class Row:
    """`ours` and `peer` are figures with their units; `accuracy` says in words what was compared."""

    goal: str
    work: str
    ours: str
    peer: str
    ratio: str
    wanted: str
    reached: bool
    accuracy: str

    def __str__(self) -> str:
        ratio = f"**{self.ratio}**" if self.reached else f"{self.ratio} (missed)"
        return f"| {self.goal} | {self.work} | {self.ours} | {self.peer} | {ratio} | {self.wanted} | {self.accuracy} |"


def row(goal: str, work: str, peer: str, wanted: float, measured: Comparison, accuracy: str, *, by: By = "cpu") -> Row:
    """A comparison as a line: milliseconds of processor time, or of the clock."""
    unit = "ms CPU" if by == "cpu" else "ms"
    ours, theirs = (1000 * float(getattr(cost, by)) for cost in (measured.ours, measured.peer))
    ratio = f"{measured.ratio:.1f} ({measured.lowest:.1f}–{measured.highest:.1f})"
    reached = measured.ratio >= wanted
    return Row(
        goal,
        work,
        f"{_short(ours)} {unit}",
        f"{peer}, {_short(theirs)} {unit}",
        ratio,
        f"≥ {wanted:g}",
        reached,
        accuracy,
    )


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.3f}"
