"""`./baokao import`: a table of an office into the running platform, with a dry run and a file of the failed rows."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

from deploy.local.peers import LAUNCHER, peer
from shared.errors import DomainError
from shared.settings import Platform

MOST_SHOWN = 20
console = Console(stderr=True, highlight=False)


def run(platform: Platform, kind: str, file: Path, programme: str, *, check: bool) -> None:
    """Import `file`; with `check` only say what would happen. Ends with 1 when rows failed."""
    try:
        report = asyncio.run(_send(platform, kind, file.read_bytes(), programme, check=check))
    except DomainError as error:
        console.print(f"✗ {error.code}. Is baokao up (./baokao status), and are kind and programme right?")
        raise typer.Exit(1) from error
    console.print(f"{report['ok']} of {report['rows']} rows {'would be' if check else 'were'} imported.")
    if report["errors"]:
        _show(report["errors"])
        failed = file.with_name(f"{file.stem}.failed.csv")
        failed.write_text(report["failed_csv"], encoding="utf-8")
        console.print(f"The failed rows alone, with reasons: {failed}")
        raise typer.Exit(1)


async def _send(platform: Platform, kind: str, content: bytes, programme: str, *, check: bool) -> dict[str, Any]:
    query = {"programme": programme, "dry_run": "true" if check else "false"}
    async with peer(platform, "registration") as registration:
        _, report = await registration.raw("POST", f"/imports/{kind}", LAUNCHER, data=content, params=query)
    found: dict[str, Any] = report
    return found


def _show(errors: list[dict[str, Any]]) -> None:
    table = Table("row", "column", "reason")
    for error in errors[:MOST_SHOWN]:
        table.add_row(str(error["row"]), error["column"], error["code"])
    console.print(table)
    if len(errors) > MOST_SHOWN:
        console.print(f"… and {len(errors) - MOST_SHOWN} more")
