"""`./baokao vision check | batch | faces`: the same reading the service does, from files."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.progress import track

from services.vision.check import CheckSettings
from services.vision.domain import FaceReport, IdentityReport
from services.vision.pool import Pool
from services.vision.report import as_json, face_json
from services.vision.settings import Settings
from services.vision.worker import look
from shared.clock import utc_now
from shared.programme.days import day_of
from shared.settings import Platform

Job = dict[str, Any]
T = TypeVar("T")

JOB_S = 60
"""Seconds after which a picture is given up."""

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Read ID cards and compare faces.")


@app.command()
def check(
    card: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="Portrait side of the card")],
    back: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="Emblem side")] = None,
    portrait: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="Uploaded portrait")] = None,
    as_object: Annotated[bool, typer.Option("--json", help="One JSON object on standard output")] = False,
) -> None:
    """Check one candidate's pictures."""
    report = as_json(look(card.read_bytes(), _bytes(back), _bytes(portrait), settings()))
    typer.echo(_dumps(report) if as_object else _lines(report))


@app.command()
def batch(
    manifest: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help='Lines {"card": …, "portrait": …}')],
    out: Annotated[Path, typer.Option(help="Where the objects go, one a line, in order")],
    workers: Annotated[int, typer.Option(help="Processes; one a core by default")] = 0,
) -> None:
    """Check many candidates' pictures."""
    jobs = _manifest(manifest)
    begun = time.perf_counter()
    cpu, peak = asyncio.run(_batch(jobs, out, workers or _cores()))
    spent, total = time.perf_counter() - begun, max(1, len(jobs))
    typer.echo(f"cards/s {len(jobs) / spent:.2f} cpu-seconds/card {cpu / total:.3f} peak RSS {peak:.0f} MiB")


@app.command()
def faces(
    manifest: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help='Lines {"a": …, "b": …}')],
    out: Annotated[Path, typer.Option(help="Where the decisions go, one a line, in order")],
    workers: Annotated[int, typer.Option(help="Processes; one a core by default")] = 0,
) -> None:
    """Compare the faces of many pairs of pictures. There is no liveness detection."""
    asyncio.run(_faces(_manifest(manifest), out, workers or _cores()))


def settings() -> CheckSettings:
    """The networks are kept where the service keeps them (`BAOKAO_DATA`/models by default)."""
    return CheckSettings(models=Settings().folder(Platform()), today=day_of(utc_now()))


async def _batch(jobs: list[Job], out: Path, workers: int) -> tuple[float, float]:
    """Check them all, and write the objects; the CPU-seconds of all together, and the most a worker held, in MiB."""
    demands, cpu = settings(), 0.0

    async def check(job: Job) -> IdentityReport:
        card, back, portrait = (_read(job.get(key)) for key in ("card", "back", "portrait"))
        return await pool.check(card, back, portrait, demands)

    async with _pool(workers) as pool:
        with out.open("w", encoding="utf-8") as lines:
            async with aclosing(_in_order(check, jobs, workers, "checking")) as reports:
                async for report in reports:
                    lines.write(_dumps(as_json(report)) + "\n")
                    cpu += report.cpu_seconds
        return cpu, await pool.peak_mebibytes()


async def _faces(jobs: list[Job], out: Path, workers: int) -> None:
    demands = settings()

    async def compare(job: Job) -> FaceReport:
        return await pool.pair(_read(job.get("a")) or b"", _read(job.get("b")) or b"", demands)

    async with _pool(workers) as pool:
        with out.open("w", encoding="utf-8") as lines:
            async with aclosing(_in_order(compare, jobs, workers, "comparing")) as decisions:
                async for decision in decisions:
                    lines.write(_dumps(face_json(decision)) + "\n")


async def _in_order(
    work: Callable[[Job], Awaitable[T]], jobs: list[Job], workers: int, doing: str
) -> AsyncGenerator[T, None]:
    """The answers in the jobs' order, with progress; twice as many jobs as workers are in hand, no more in memory."""
    waiting: deque[asyncio.Future[T]] = deque()
    for job in track(jobs, doing, console=_stderr()):
        waiting.append(asyncio.ensure_future(work(job)))
        if len(waiting) == 2 * workers:
            yield await waiting.popleft()
    while waiting:
        yield await waiting.popleft()


def _pool(workers: int) -> Pool:
    """The service's own limited workers: no picture ends the run."""
    return Pool(workers, settings().models, seconds=JOB_S, remembered=0)


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def _read(path: str | None) -> bytes | None:
    """The bytes; a file that is not there is read as an empty one, which is refused with a reason."""
    if path is None:
        return None
    try:
        return Path(path).read_bytes()
    except OSError:
        return b""


def _bytes(path: Path | None) -> bytes | None:
    return path.read_bytes() if path else None


def _manifest(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in _filled(lines)]


def _filled(lines: Iterable[str]) -> Iterator[str]:
    return (line for line in lines if line.strip())


def _stderr() -> Console:
    return Console(stderr=True)


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _lines(report: dict[str, Any]) -> str:
    fields = report["card"]["fields"]
    read = [f"{name:18} {field['text'] or '—'}  ({field['confidence']:.2f})" for name, field in fields.items()]
    face = report["face"]
    decided = f"face {face['decision']} at {face['distance']} (no liveness detection)" if face else "face not compared"
    return "\n".join([*read, decided, f"{report['cpu_seconds']} CPU-seconds"])


if __name__ == "__main__":
    app(prog_name="baokao vision")
