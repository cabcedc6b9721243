"""What a person needs to know once everything is up."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from deploy.local.demo.accounts import make_accounts
from shared.settings import Platform


def show(platform: Platform, console: Console) -> None:
    """Print addresses and, in a demo, the accounts and the warning."""
    console.print(_grid(addresses(platform)))
    if platform.environment == "demo":
        accounts = [(account.name, f"{account.login} / {account.password}") for account in make_accounts(platform.data)]
        console.print(_grid(accounts))
        console.print("演示数据 · NOT FOR PRODUCTION: invented people, simulated payment.", style="bold red")


def addresses(platform: Platform) -> list[tuple[str, str]]:
    """Where things are, most wanted first."""
    site = platform.site
    rows = [("Candidates 考生", site), ("Staff 工作人员", f"{site}/staff/login")]
    if platform.environment == "demo":
        rows += [
            ("SMS sent 短信", f"{site}/dev/outbox"),
            ("WeChat Pay, simulated", platform.simulator),
        ]
    return rows


def _grid(rows: list[tuple[str, str]]) -> Table:
    table = Table(show_header=False, box=None, padding=(0, 2))
    for row in rows:
        table.add_row(*row)
    return table
