"""`./baokao vision check | batch | faces`: the same reading the service does, from files."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from services.vision.check import CheckSettings, check_identity
from services.vision.report import as_json

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Read ID cards and compare faces.")


@app.callback()
def main() -> None:
    """Read ID cards and compare faces."""


@app.command()
def check(
    card: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="Portrait side of the card")],
    back: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="Emblem side")] = None,
    portrait: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="Uploaded portrait")] = None,
    as_object: Annotated[bool, typer.Option("--json", help="One JSON object on standard output")] = False,
) -> None:
    """Check one candidate's pictures."""
    report = as_json(check_identity(card.read_bytes(), _bytes(back), _bytes(portrait), settings()))
    typer.echo(json.dumps(report, ensure_ascii=False) if as_object else _lines(report))


def settings() -> CheckSettings:
    """The networks are kept below the data folder (`BAOKAO_DATA`, `var` by default)."""
    return CheckSettings(models=Path(os.environ.get("BAOKAO_DATA", "var")) / "models")


def _bytes(path: Path | None) -> bytes | None:
    return path.read_bytes() if path else None


def _lines(report: dict[str, Any]) -> str:
    fields = report["card"]["fields"]
    read = [f"{name:18} {field['text'] or '—'}  ({field['confidence']:.2f})" for name, field in fields.items()]
    return "\n".join([*read, f"face {report['face']}", f"{report['cpu_seconds']} CPU-seconds"])


if __name__ == "__main__":
    app()
