"""`./baokao vision check | batch | faces`: the same reading the service does, from files."""

from __future__ import annotations

import json
import os
import resource
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated, Any

import psutil
import typer
from rich.console import Console
from rich.progress import track

from services.vision.check import CheckSettings, check_identity, compare_pictures
from services.vision.report import as_json, face_json
from services.vision.worker import warm
from shared.clock import utc_now

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Read ID cards and compare faces.")


@app.command()
def check(
    card: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="Portrait side of the card")],
    back: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="Emblem side")] = None,
    portrait: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="Uploaded portrait")] = None,
    as_object: Annotated[bool, typer.Option("--json", help="One JSON object on standard output")] = False,
) -> None:
    """Check one candidate's pictures."""
    report = as_json(check_identity(card.read_bytes(), _bytes(back), _bytes(portrait), settings()))
    typer.echo(_dumps(report) if as_object else _lines(report))


@app.command()
def batch(
    manifest: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help='Lines {"card": …, "portrait": …}')],
    out: Annotated[Path, typer.Option(help="Where the objects go, one a line, in order")],
    workers: Annotated[int, typer.Option(help="Processes; one a core by default")] = 0,
) -> None:
    """Check many candidates' pictures."""
    jobs = _manifest(manifest)
    begun, count = time.perf_counter(), workers or len(os.sched_getaffinity(0))
    cpu, peak = 0.0, 0
    with _pool(count) as pool, out.open("w", encoding="utf-8") as lines:
        for report, memory in track(pool.map(_check, jobs), "checking", len(jobs), console=_stderr()):
            lines.write(_dumps(report) + "\n")
            cpu, peak = cpu + report["cpu_seconds"], max(peak, memory)
    spent, total = time.perf_counter() - begun, max(1, len(jobs))
    typer.echo(f"cards/s {len(jobs) / spent:.2f} cpu-seconds/card {cpu / total:.3f} peak RSS {peak / 2**20:.0f} MiB")


@app.command()
def faces(
    manifest: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help='Lines {"a": …, "b": …}')],
    out: Annotated[Path, typer.Option(help="Where the decisions go, one a line, in order")],
    workers: Annotated[int, typer.Option(help="Processes; one a core by default")] = 0,
) -> None:
    """Compare the faces of many pairs of pictures. There is no liveness detection."""
    jobs = _manifest(manifest)
    with _pool(workers or len(os.sched_getaffinity(0))) as pool, out.open("w", encoding="utf-8") as lines:
        for decision in track(pool.map(_compare, jobs), "comparing", len(jobs), console=_stderr()):
            lines.write(_dumps(decision) + "\n")


def settings() -> CheckSettings:
    """The networks are kept below the data folder (`BAOKAO_DATA`, `var` by default)."""
    folder = Path(os.environ.get("BAOKAO_DATA", "var")) / "models"
    return CheckSettings(models=folder, today=utc_now().date())


def _check(job: dict[str, str | None]) -> tuple[dict[str, Any], int]:
    """One line of a manifest; also the resident bytes of this worker."""
    pictures = [_read(job.get(key)) for key in ("card", "back", "portrait")]
    report = as_json(check_identity(pictures[0], pictures[1], pictures[2], settings()))
    return report, max(psutil.Process().memory_info().rss, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)


def _compare(job: dict[str, str]) -> dict[str, Any] | None:
    return face_json(compare_pictures(_read(job["a"]) or b"", _read(job["b"]) or b"", settings()))


def _pool(workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, get_context("spawn"), warm, (settings().models,))


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
