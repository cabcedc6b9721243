"""Gathering what several jobs give to one network: a batch is released when it is full or its oldest job has waited."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np

from services.vision.together import Tensor

Run = Callable[[Tensor], Sequence[Tensor]]
Answer = tuple[list[Tensor], int]
"""The outputs for the rows of one job, and how many rows the batch had."""


@dataclass
class _Job:
    rows: Tensor
    answer: Future[Answer] = field(default_factory=Future)


@dataclass
class _Batch:
    due: float
    jobs: list[_Job] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return sum(len(job.rows) for job in self.jobs)


class Batcher:
    """`run` on rows of many jobs at once, `most` of them. Only rows of one form go together: the recogniser looks at
    the whole of a crop, so a wider one with more padding is read with other certainty. The number of rows is rounded
    up to a power of two, so that a GPU meets few shapes.
    """

    def __init__(self, run: Run, most: int, wait_s: float) -> None:
        self._run, self._most, self._wait_s = run, most, wait_s
        self._jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        self._waiting: dict[tuple[int, ...], _Batch] = {}
        threading.Thread(target=self._work, daemon=True).start()

    def submit(self, rows: Tensor) -> Future[Answer]:
        """Have these rows done with others of their form."""
        job = _Job(rows)
        self._jobs.put(job)
        return job.answer

    def _work(self) -> None:
        while True:
            soonest = min((batch.due for batch in self._waiting.values()), default=None)
            with suppress(queue.Empty):
                self._add(self._jobs.get(timeout=None if soonest is None else max(0.0, soonest - time.monotonic())))
            now = time.monotonic()
            for form in [form for form, batch in self._waiting.items() if batch.due <= now or batch.rows >= self._most]:
                self._release(self._waiting.pop(form))

    def _add(self, job: _Job) -> None:
        form = job.rows.shape[1:]
        batch = self._waiting.get(form)
        if batch is not None and batch.rows + len(job.rows) > self._most:
            self._release(self._waiting.pop(form))
            batch = None
        if batch is None:
            batch = self._waiting[form] = _Batch(time.monotonic() + self._wait_s)
        batch.jobs.append(job)

    def _release(self, batch: _Batch) -> None:
        try:
            outputs = self._run(_padded(np.concatenate([job.rows for job in batch.jobs])))
        except Exception as error:
            for job in batch.jobs:
                job.answer.set_exception(error)
            return
        at = 0
        for job in batch.jobs:
            end = at + len(job.rows)
            job.answer.set_result(([output[at:end] for output in outputs], batch.rows))
            at = end


def _padded(rows: Tensor) -> Tensor:
    wanted = 1 << (len(rows) - 1).bit_length()
    return np.concatenate([rows, np.zeros((wanted - len(rows), *rows.shape[1:]), rows.dtype)])
