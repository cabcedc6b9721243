"""`./baokao status`: each process, whether it is ready, and its memory."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table

from deploy.local.child import Child, connects
from deploy.local.commands import overview
from deploy.local.rabbitmq import RabbitMQ
from deploy.local.services import plan
from deploy.local.state import StateFile
from shared.settings import Platform

console = Console(highlight=False)


def run(platform: Platform) -> int:
    """Print the table; 0 when everything is ready."""
    state = StateFile(platform.data).read()
    if state is None:
        console.print("baokao is not up. Start it with ./baokao up")
        return 1
    platform = platform.model_copy(update={"port": state.port})
    processes = plan(platform, full=state.full)
    table = Table("process", "id", "ready", "memory")
    all_ready = True
    for child in (*processes.servers, *processes.services):
        pid = _pid(child)
        ready = pid is not None and _ready(child)
        all_ready &= ready
        verdict = "[green]ready[/]" if ready else "[red]no[/]"
        table.add_row(child.name, str(pid or "–"), verdict, f"{_memory_mb(pid):.0f} MB" if pid else "–")
    console.print(table)
    overview.show(platform, console)
    return 0 if all_ready else 1


def _pid(child: Child) -> int | None:
    if not child.pid_file.exists():
        return None
    pid = int(child.pid_file.read_text())
    return pid if Path(f"/proc/{pid}").exists() else None


def _ready(child: Child) -> bool:
    # RabbitMQ's own `ready` reads what it wrote since its start, which only its starter knows.
    return all(map(connects, child.ports)) if isinstance(child, RabbitMQ) else child.ready()


def _memory_mb(pid: int) -> float:
    """Resident memory of the process and its descendants."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    below = children.read_text().split() if children.exists() else []
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096 / 1e6 + sum(_memory_mb(int(child)) for child in below)
