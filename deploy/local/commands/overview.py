"""What a person needs to know once everything is up."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from shared.settings import Platform


def show(platform: Platform, console: Console) -> None:
    """Print addresses and, in a demo, the warning."""
    table = Table(show_header=False, box=None, padding=(0, 2))
    for name, address in addresses(platform):
        table.add_row(name, address)
    console.print(table)
    if platform.environment == "demo":
        console.print("演示数据 · NOT FOR PRODUCTION: invented people, simulated payment.", style="bold red")


def addresses(platform: Platform) -> list[tuple[str, str]]:
    """Where things are, most wanted first."""
    site = platform.site
    rows = [("Candidates 考生", site), ("Staff 工作人员", f"{site}/staff")]
    if platform.environment == "demo":
        rows.append(("WeChat Pay, simulated", platform.simulator))
    return rows
