"""What operations see of vision on /metrics. Labels are codes of ours; nothing of a person is in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from prometheus_client import Counter, Histogram

from services.vision.domain import IdentityReport
from services.vision.selfie import FaceAnswer
from shared.events.vision import Outcome, PictureVerdict

STAGE_SECONDS = Histogram(
    "baokao_vision_stage_seconds",
    "Time of one check in one stage, without the stages inside it; total is the whole check",
    ["stage"],
    buckets=(0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10),
)
CPU_SECONDS = Counter("baokao_vision_cpu_seconds_total", "Processor time of the checks")
BATCH_SIZE = Histogram(
    "baokao_vision_batch_size", "Inputs that a network was given at once", ["network"], buckets=(1, 2, 4, 8, 16, 32, 64)
)
FALLBACKS = Counter("baokao_vision_fallbacks_total", "Sides of a card that needed text detection")
CHECKS = Counter("baokao_vision_checks_total", "Checks asked for, by how they were answered", ["how"])
OUTCOMES = Counter("baokao_vision_outcomes_total", "Checks by outcome", ["outcome"])
REASONS = Counter("baokao_vision_reasons_total", "Why checks ended as they did", ["reason"])
FACE_CHECKS = Counter("baokao_vision_face_checks_total", "Face checks of resets by decision", ["decision"])
VERDICTS = Counter("baokao_vision_verdicts_total", "Rules judged on pictures", ["picture", "rule", "ok"])


def looked(report: IdentityReport) -> None:
    """Count what a worker did."""
    CHECKS.labels("looked").inc()
    _spent(report.timings_ms, report.cpu_seconds)
    for network, size in report.batches:
        BATCH_SIZE.labels(network).observe(size)
    if report.card:
        FALLBACKS.inc(report.card.fallbacks)


def compared(answer: FaceAnswer) -> None:
    """Count what a worker did for a face reset, and what it said."""
    FACE_CHECKS.labels(answer.decision).inc()
    _spent(answer.timings_ms, answer.cpu_seconds)
    for reason in answer.reasons:
        REASONS.labels(reason).inc()


def remembered() -> None:
    """Count an answer that was known already."""
    CHECKS.labels("remembered").inc()


def crashed() -> None:
    """Count a job that ended its process."""
    CHECKS.labels("crashed").inc()


def told(outcome: Outcome, reasons: Iterable[str], verdicts: Iterable[PictureVerdict]) -> None:
    """Count what was concluded."""
    OUTCOMES.labels(outcome).inc()
    for reason in reasons:
        REASONS.labels(reason).inc()
    for verdict in verdicts:
        VERDICTS.labels(verdict.picture, verdict.rule, str(verdict.ok).lower()).inc()


def _spent(timings_ms: Mapping[str, float], cpu_seconds: float) -> None:
    CPU_SECONDS.inc(cpu_seconds)
    for stage, milliseconds in timings_ms.items():
        STAGE_SECONDS.labels(stage).observe(milliseconds / 1000)
