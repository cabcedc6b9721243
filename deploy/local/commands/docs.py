"""`./baokao docs`: reference documents made from the code."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import typer
from rich.console import Console

from deploy import ROOT
from deploy.local import settings_reference
from deploy.local.settings import platform
from shared.events import asyncapi
from shared.settings import SERVICES

REFERENCE = ROOT / "docs" / "reference"

app = typer.Typer(help="Write reference documents from the code.", no_args_is_help=True)
console = Console(stderr=True, highlight=False)


@app.command("events")
def _events() -> None:
    """Write docs/reference/events.json: AsyncAPI 3, every event that services publish."""
    _write("events.json", asyncapi.describe())


@app.command("openapi")
def _openapi() -> None:
    """Write docs/reference/openapi-SERVICE.json of each service; baokao must be up."""
    for service in SERVICES:
        try:
            address = f"{platform().url_of(service)}/openapi.json"
            with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 - our own address
                _write(f"openapi-{service}.json", json.load(answer))
        except urllib.error.HTTPError:
            console.print(f"– {service} has no HTTP interface for other services")
        except urllib.error.URLError as error:
            console.print("✗ baokao is not up. Fix: ./baokao up --detach")
            raise typer.Exit(1) from error


@app.command("settings")
def _settings() -> None:
    """Write .env.example: every setting with its default."""
    (ROOT / ".env.example").write_text(settings_reference.render())
    console.print("✓ .env.example")


def _write(name: str, document: dict[str, Any]) -> None:
    REFERENCE.mkdir(parents=True, exist_ok=True)
    path = REFERENCE / name
    path.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
    console.print(f"✓ {path.relative_to(ROOT)}")
