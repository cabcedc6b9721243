"""The demo's staff accounts, with passwords made for this installation, so that no two demos share one."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

STAFF = (
    ("admin", "演示管理员", ("admin", "reviewer", "finance")),
    ("reviewer", "演示审核员", ("reviewer",)),
    ("finance", "演示财务", ("finance",)),
)


@dataclass(frozen=True)
class Account:
    """One staff account of the demo."""

    login: str
    name: str
    roles: tuple[str, ...]
    password: str


def make_accounts(data: Path) -> list[Account]:
    """The accounts of this data folder, made up at the first call and the same ever after."""
    file = data / "demo" / "accounts.json"
    if file.exists():
        return [Account(**{**entry, "roles": tuple(entry["roles"])}) for entry in json.loads(file.read_text())]
    accounts = [Account(login, name, roles, f"demo-{secrets.token_hex(4)}") for login, name, roles in STAFF]
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as opened:
        json.dump([asdict(account) for account in accounts], opened, ensure_ascii=False)
    fresh.replace(file)
    return accounts
