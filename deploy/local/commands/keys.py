"""`./baokao keys`: new keys for sealed fields, and taking old ones away once nothing needs them."""

from __future__ import annotations

import base64
import json
import os
import urllib.error
import urllib.request
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from deploy.local.settings import platform
from deploy.local.state import StateFile
from shared.settings import PRIVATE_PORT_OFFSET, SERVICES, Platform

KEY_BYTES = 32
ANSWER_S = 3600  # a pass over every document of a service
RESTART = "Processes read it when they start: ./baokao down, then ./baokao up"

app = typer.Typer(help="Rotate the keys of personal fields.", no_args_is_help=True)
console = Console(stderr=True, highlight=False)


@app.command("rotate")
def _rotate(
    prepare: Annotated[bool, typer.Option(help="Only add the key: for processes that restart one by one.")] = False,
) -> None:
    """Seal under a new key from the next start on; the older ones still open."""
    file = platform().secrets_dir / "field_keys.json"
    described = json.loads(file.read_text())
    newest = max(described["keys"], key=_number)
    if prepare or newest == described["current"]:
        newest = f"k{_number(newest) + 1}"
        described["keys"][newest] = base64.b64encode(os.urandom(KEY_BYTES)).decode()
    if not prepare:
        described["current"] = newest
    _write(file, described)
    console.print(f"✓ {newest} {'opens' if prepare else 'seals'} from the next start on. {RESTART}")


@app.command("status")
def _status() -> None:
    """How many documents and dead letters of each service need an older key."""
    table = Table("service", "seals under", "still needed")
    for service, keys in _asked(platform()).items():
        needed = ", ".join(f"{key}: {count}" for key, count in keys["left"].items())
        table.add_row(service, keys["current"], needed or "–")
    console.print(table)


@app.command("reseal")
def _reseal() -> None:
    """Seal everything under the newest key; may be ended and begun again."""
    running = platform()
    for service in _asked(running):
        done = _ask(running, service, "/keys/reseal", "POST")
        console.print(f"✓ {service}: {(done or {})['resealed']} documents")


@app.command("remove")
def _remove(key: Annotated[str, typer.Argument(help="Its name in status, such as k1.")]) -> None:
    """Take an older key away, once no service needs it."""
    file = platform().secrets_dir / "field_keys.json"
    described = json.loads(file.read_text())
    asked = _asked(platform())
    needing = [service for service, keys in asked.items() if keys["current"] == key or keys["left"].get(key)]
    if key == described["current"] or key not in described["keys"] or needing:
        console.print(f"✗ {key} is unknown or in use: {', '.join(needing) or file.name}. See ./baokao keys status")
        raise typer.Exit(1)
    del described["keys"][key]
    _write(file, described)
    console.print(f"✓ {key} is gone. {RESTART}")


def _number(key: str) -> int:
    return int(key.removeprefix("k"))


def _write(file: Path, described: dict[str, Any]) -> None:
    # Beside and then renamed: a crash leaves the old file or the new one, and never half a key.
    beside = file.with_suffix(".new")
    beside.touch(mode=0o600)
    beside.write_text(json.dumps(described))
    with beside.open() as written:
        os.fsync(written.fileno())
    beside.replace(file)


def _asked(running: Platform) -> dict[str, dict[str, Any]]:
    answers = {service: _ask(running, service, "/keys", "GET") for service in SERVICES}
    return {service: keys for service, keys in answers.items() if keys is not None}


def _ask(running: Platform, service: str, path: str, method: str) -> dict[str, Any] | None:
    """The answer of a service's private port; None when it keeps nothing sealed. Ends when it is away."""
    state = StateFile(running.data).read()
    port = (state.port if state else running.port) + SERVICES.index(service) + PRIVATE_PORT_OFFSET
    request = urllib.request.Request(f"http://{running.host}:{port}{path}", method=method)
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_S) as answer:  # noqa: S310 - our own address
            found: dict[str, Any] = json.load(answer)
            return found
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return None
        raise
    except urllib.error.URLError as error:
        console.print(f"✗ {service} does not answer: only running services know. Fix: ./baokao up --detach")
        raise typer.Exit(1) from error
