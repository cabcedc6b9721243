"""Settings of the vision service."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.settings import Platform


class Settings(BaseSettings):
    """`workers` processes of the bulk lane, one thread each (0: one for each core of this process but one, which is
    left to those who wait; where a pod may use less than its node has, say how many), and `interactive_workers` for
    them; bulk workers that `yield` run when nothing else on the machine wants the processor (on one that is always
    full they would never); `lanes` this replica serves (GPU nodes take the bulk lane alone). A check has `check_s`
    seconds, fewer than the grace in which SIGTERM has to be obeyed. `batch` above 0 gathers what the workers give to
    the networks in one process, up to so many at once, for `batch_ms` milliseconds at the longest: for a GPU; a
    processor gains nothing by it. `models`: the networks' folder, filled while the image is built; unset, it is below
    the data folder and filled at the start."""

    model_config = SettingsConfigDict(env_prefix="BAOKAO_VISION__", frozen=True)

    workers: int = 0
    interactive_workers: int = 1
    yields: bool = True
    lanes: tuple[str, ...] = ("signup", "interactive")
    check_s: float = 15
    batch: int = 0
    batch_ms: float = 4
    forget_after_hours: int = 24
    models: Path | None = None

    @property
    def bulk_workers(self) -> int:
        """Processes of the bulk lane, at least one."""
        return self.workers or max(1, len(os.sched_getaffinity(0)) - 1)

    def folder(self, platform: Platform) -> Path:
        """Where the networks are kept."""
        return self.models or platform.data / "models"
