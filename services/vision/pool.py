"""Many checks at once: a limited worker process for each core, and answers remembered by what was asked.

A picture that crashes its worker, runs past its time or eats its memory is refused; the other jobs go on.
"""

from __future__ import annotations

import resource
from pathlib import Path
from types import TracebackType

import structlog

from services.vision import metrics
from services.vision.answers import Answers, fingerprint
from services.vision.check import CheckSettings
from services.vision.domain import FaceReport, IdentityReport
from services.vision.selfie import FaceAnswer, crashed_face
from services.vision.worker import compare_faces, compare_pair, crashed, crashed_pair, is_crashed, look, warm
from shared.workers import WorkerDied, Workers

MEMORY_BYTES = 2 * 1024**3
"""Address space of a worker; what it really holds stays far below (docs/why/vision.md), shared libraries included."""

PRELOADED = "services.vision.preloaded"
WORKER_DIED = "WorkerDied"

log = structlog.get_logger(__name__)


class Pool:
    """`check_identity` in `workers` processes with a memory of the last `remembered` answers. Where vision shares a
    machine with the other services, workers that `yield` let whoever clicks go before whoever is being looked at."""

    def __init__(
        self,
        workers: int,
        folder: Path,
        *,
        networks: str = "",
        seconds: float = 60,
        remembered: int = 512,
        yields: bool = False,
    ) -> None:
        self._workers = Workers(
            workers,
            memory_bytes=MEMORY_BYTES,
            seconds=seconds,
            yields=yields,
            initialise=warm,
            arguments=(folder, networks),
            preload=PRELOADED,
        )
        self.workers = workers
        self._answers = Answers(remembered)

    async def check(
        self, card: bytes | None, back: bytes | None, portrait: bytes | None, settings: CheckSettings
    ) -> IdentityReport:
        """The report; the same pictures under the same settings and networks are not looked at twice."""
        question = fingerprint((card, back, portrait), settings)
        if known := self._answers.get(question):
            metrics.remembered()
            return known
        try:
            report = await self._workers.run(look, card, back, portrait, settings)
        except WorkerDied:
            report = crashed(WORKER_DIED)
        if is_crashed(report):
            _tell(report.failure)
        else:
            metrics.looked(report)
            self._answers.put(question, report)
        return report

    async def compare(self, portrait: bytes | None, photo: bytes, minor: bool, settings: CheckSettings) -> FaceAnswer:
        """A fresh photo against a verified portrait; the answer is not remembered."""
        try:
            answer = await self._workers.run(compare_faces, portrait, photo, minor, settings)
        except WorkerDied:
            answer = crashed_face(WORKER_DIED)
        if answer.failure:
            _tell(answer.failure)
        else:
            metrics.compared(answer)
        return answer

    async def pair(self, one: bytes, other: bytes, settings: CheckSettings) -> FaceReport:
        """The faces of any two pictures (`compare_pictures`)."""
        try:
            return await self._workers.run(compare_pair, one, other, settings)
        except WorkerDied:
            return crashed_pair()

    async def peak_mebibytes(self) -> float:
        """What the worker that ever held most has held; to be asked when all work is done."""
        return max(await self._workers.everywhere(_peak)) / 1024

    async def __aenter__(self) -> Pool:
        await self._workers.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._workers.__aexit__(kind, error, trace)


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _tell(failure: str) -> None:
    """A picture that broke a library or its process is counted, and logged so that the rule it broke can be mended."""
    metrics.crashed()
    log.error("picture_crashed", failure=failure)
