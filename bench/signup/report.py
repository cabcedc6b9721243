"""Tables of a run."""

from __future__ import annotations

from collections.abc import Sequence

from bench.signup.candidate import Timings
from bench.signup.load import Process

JUDGED = ("register", "subjects", "submit", "pay")


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the values lie (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def judged(timings: Timings) -> list[float]:
    """All requests of the registration and payment steps (G6)."""
    return [second for step in JUDGED for second in timings.seconds.get(step, [])]


def steps(title: str, timings: Timings, seconds: float) -> list[str]:
    """Milliseconds per step."""
    lines = [
        f"## {title}: {timings.registered} registered, {timings.registered / seconds:.2f}/s, "
        f"{sum(map(len, timings.seconds.values())) / seconds:.1f} requests/s, {len(timings.failures)} failed",
        "| step | requests | p50 ms | p95 ms | p99 ms |",
        "|---|---|---|---|---|",
    ]
    for step, values in timings.seconds.items():
        p50, p95, p99 = (1000 * percentile(values, share) for share in (0.5, 0.95, 0.99))
        lines.append(f"| {step} | {len(values)} | {p50:.0f} | {p95:.0f} | {p99:.0f} |")
    return [*lines, *(f"failure: {text}" for text in sorted(set(timings.failures))[:5]), ""]


def costs(before: Sequence[Process], after: Sequence[Process], registered: int) -> list[str]:
    """CPU-seconds per registration and memory, per process."""
    spent = {process.name: process.cpu for process in before}
    lines = ["| process | CPU-s per registration | MiB |", "|---|---|---|"]
    for process in after:
        cpu = (process.cpu - spent.get(process.name, 0.0)) / max(1, registered)
        lines.append(f"| {process.name} | {cpu:.3f} | {process.mebibytes:.0f} |")
    services = sum(p.mebibytes for p in after if p.name.startswith("services.") and p.name != "services.vision")
    return [*lines, "", f"All services but vision: {services:.0f} MiB", ""]
