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


def candidate_password(data: Path) -> str:
    """The password of all demo candidates here: eight letters and digits, as the programme's old policy wants."""
    return _kept(data / "demo" / "candidates.txt", f"demo{secrets.randbelow(10**4):04}")


def make_accounts(data: Path) -> list[Account]:
    """The accounts of this data folder, made up at the first call and the same ever after."""
    made = [Account(login, name, roles, f"demo-{secrets.token_hex(4)}") for login, name, roles in STAFF]
    text = json.dumps([asdict(account) for account in made], ensure_ascii=False)
    kept = json.loads(_kept(data / "demo" / "accounts.json", text))
    return [Account(**{**entry, "roles": tuple(entry["roles"])}) for entry in kept]


def _kept(file: Path, first: str) -> str:
    """What was written to the file at the first call, readable by its owner only."""
    if not file.exists():
        keep(file, first)
    return file.read_text()


def keep(file: Path, text: str) -> None:
    """Write a file of secrets, whole or not at all, readable by its owner only."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as opened:
        opened.write(text)
    fresh.replace(file)
