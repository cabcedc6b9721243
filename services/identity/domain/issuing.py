"""Accounts that an office opens: activation codes, issued numbers, the order of the first login (001.1, 003.1-5)."""

from __future__ import annotations

import secrets
import unicodedata
from datetime import datetime, timedelta

from services.identity.domain.account import Account, Activation
from shared.errors import DomainError, Kind
from shared.programme.account import Account as AccountRules

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Nothing that is read for something else on paper: no 0 and O, no 1 and I."""
GROUPS, GROUP = 3, 4


def new_code() -> str:
    """Twelve characters, sixty random bits, as they are printed: `K7QF-2MXD-9RTA`."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(GROUP)) for _ in range(GROUPS))


def plain(code: str) -> str:
    """A code as it is compared: however its case, spaces, dashes and width were typed."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", code).upper() if sign.isalnum())


def legacy_code(id_number: str) -> str:
    """Manual 003.2's own first password, `xs` and the last eight of the ID number; anybody can guess it."""
    return "xs" + id_number[-8:]


def new_number(rules: AccountRules) -> str:
    """A 考生号 by the programme's rule; not counted on, so that one's own does not tell the next."""
    return rules.number_prefix + "".join(secrets.choice("0123456789") for _ in range(rules.number_digits))


def activate(account: Account, code_hash: str, days: int, now: datetime) -> None:
    """Let a code take the place of the password, until a new one is chosen with it or `days` are over."""
    account.activation = Activation(code_hash, now + timedelta(days=days))
    account.password_hash = ""
    if "password" not in account.todo:
        # After the comparison with the roll, before the phone (003.4-6).
        account.todo.insert(account.todo.index("roll") + 1 if "roll" in account.todo else 0, "password")


def require_code(account: Account, code: str) -> None:
    """Refuse a session (`Session.code`) that was opened before the code that is open now (`session.expired`)."""
    if account.code != code:
        raise DomainError("session.expired", Kind.UNAUTHENTICATED)


def require_step(account: Account, step: str) -> None:
    """Refuse a step of the first login that is not the next one (`first.order`)."""
    if account.todo[:1] != [step]:
        raise DomainError("first.order", Kind.CONFLICT)
