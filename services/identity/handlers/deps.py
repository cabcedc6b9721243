"""What the use cases of this service work with, and the small things they share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from services.identity.argon import Hasher
from services.identity.domain.account import Account
from services.identity.domain.attempts import Attempts
from services.identity.domain.captcha import Captcha
from services.identity.domain.session import Session
from shared.errors import NotFound
from shared.privacy import Vault
from shared.programme import id_number
from shared.programme.model import Programme
from shared.store.repository import Repository


@dataclass(frozen=True)
class Deps:
    """What every use case of this service works with."""

    accounts: Repository[Account]
    sessions: Repository[Session]
    captchas: Repository[Captcha]
    attempts: Repository[Attempts]
    hasher: Hasher
    vault: Vault
    programmes: Mapping[str, Programme]


STAFF_POLICY = "modern"


def login_key(deps: Deps, programme: str, name: str) -> str:
    """The claim under which a login name (ID number, 考生号, staff name) is held."""
    # ID numbers are typed with a small x as often as with a capital one (003.2), with spaces, in full width.
    return "login|" + deps.vault.blind("login", f"{programme}|{id_number.normalise(name)}")


def policy_of(deps: Deps, programme: str) -> str:
    """The password policy for candidates of a programme, or ("") for staff."""
    return programme_of(deps, programme).account.password_policy if programme else STAFF_POLICY


def programme_of(deps: Deps, programme: str) -> Programme:
    """The programme with this id. Raises `NotFound`."""
    if programme not in deps.programmes:
        raise NotFound("programme")
    return deps.programmes[programme]
