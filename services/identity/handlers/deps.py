"""What the use cases of this service work with, and the small things they share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from services.identity.argon import Hasher
from services.identity.domain import issuing
from services.identity.domain.account import Account
from services.identity.domain.attempts import Attempts
from services.identity.domain.budgets import Budgets
from services.identity.domain.captcha import Captcha
from services.identity.domain.codes import Code, Count
from services.identity.domain.resets import Reset
from services.identity.domain.session import Session
from services.identity.handlers.places import Atlas
from shared.errors import NotFound
from shared.privacy import Vault
from shared.programme import id_number, names
from shared.programme.model import Programme
from shared.store.repository import Repository


class Courier(Protocol):
    """Who brings one-time codes to phones."""

    async def send(self, message_id: str, phone: str, digits: str) -> None:
        """Send a code; the same id again is the same message. Raises `DomainError`."""


@dataclass(frozen=True)
class Limits:
    """Codes a day per number and account, per hour and day and network address, and per hour in all. `asker_day` and
    `unproved_day`: per day those that one person may have sent to numbers that may be anybody's, and those that such a
    number may get; twice that, at the turn of a day, leaves some of the number's ten to its owner."""

    number_day: int = 10
    asker_day: int = 3
    unproved_day: int = 4
    address_hour: int = 60
    address_day: int = 300
    total_hour: int = 20_000


@dataclass(frozen=True)
class Deps:
    """What every use case of this service works with. `ring` is told the id of a code that waits to be handed over;
    `atlas` knows the places that staff may be given; `second_roles` need a second factor beside a password."""

    accounts: Repository[Account]
    sessions: Repository[Session]
    captchas: Repository[Captcha]
    attempts: Repository[Attempts]
    hasher: Hasher
    vault: Vault
    programmes: Mapping[str, Programme]
    codes: Repository[Code]
    counts: Repository[Count]
    resets: Repository[Reset]
    courier: Courier
    limits: Limits
    ring: Callable[[str], None]
    atlas: Atlas
    second_roles: frozenset[str] = frozenset()
    budgets: Budgets = field(default_factory=Budgets)


STAFF_POLICY = "modern"


def login_key(deps: Deps, programme: str, name: str) -> str:
    """The claim under which a login name (ID number, 考生号, staff name) is held."""
    # ID numbers are typed with a small x as often as with a capital one (003.2), with spaces, in full width.
    return "login|" + deps.vault.blind("login", f"{programme}|{id_number.normalise(name)}")


def person_key(deps: Deps, programme: str, number: str) -> str:
    """The claim under which an ID number is held where people sign in with an issued 考生号."""
    return "person|" + deps.vault.blind("person", f"{programme}|{id_number.normalise(number)}")


def activation_hash(account_id: str, code: str, *, deps: Deps) -> str:
    """What is stored of an activation code. Sixty random bits need no slow hash, a keyed one is enough."""
    return deps.vault.blind("activation", f"{account_id}|{issuing.plain(code)}")


def name_index(name: str, *, deps: Deps) -> str:
    """The blind index by which staff find an account by name."""
    return deps.vault.blind("account_name", names.normalise(name))


def policy_of(deps: Deps, programme: str) -> str:
    """The password policy for candidates of a programme, or ("") for staff."""
    return programme_of(deps, programme).account.password_policy if programme else STAFF_POLICY


def programme_of(deps: Deps, programme: str) -> Programme:
    """The programme with this id. Raises `NotFound`."""
    if programme not in deps.programmes:
        raise NotFound("programme")
    return deps.programmes[programme]
