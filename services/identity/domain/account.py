"""One person's account: credential, what may be shown, what is left to do at the first login."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from services.identity.domain.totp import Second
from shared.errors import DomainError, Kind

Lock = Literal["", "school", "office", "admin"]
# By what somebody proved to be the owner: the password, a code to the phone, the face, an office's one-time code.
Way = Literal["password", "phone", "face", "code"]
# In the place of a programme, where an account is nobody's.
NOBODY = "nobody"


@dataclass
class Activation:
    """A one-time code that lets somebody into an account that an office opened; `hash` is keyed, one use."""

    hash: str
    expires_at: datetime


@dataclass
class Locking:
    """Who locked an account (the id of theirs), when, and why; without a reason: it was opened locked."""

    by: str
    at: datetime
    reason: str = ""


@dataclass
class Account:
    """One person's account in one programme (staff: programme ""); `policy` names the rules the password is under.

    Sealed at rest: `id_number`, `name`, `phone`, `number` (an issued 考生号, or the login name of staff), `second`
    (factor) and `locking`. `wechat` is the blind index of an openid, bound at `wechat_at` (None: before that was kept),
    `portrait_key` the object key of the portrait that was verified, told of at `portrait_at`. `school` and `class_name`
    are where an office put the account, `name_index` is how it finds it. `todo` are the steps of the first login that
    are left, in order (003.4); `lock` says who unlocks it: the `school` alone (003.7), the `office` it belongs to, or,
    for staff, an `admin`. `closed_at`: when a member of staff gave it up; `leaving`: the request that is about to.
    """

    id: str
    programme: str
    kind: Literal["candidate", "staff"]
    password_hash: str
    policy: str
    created_at: datetime
    id_number: str = ""
    name: str = ""
    phone: str = ""
    roles: list[str] = field(default_factory=list)
    scope: dict[str, list[str]] = field(default_factory=dict)
    number: str = ""
    school: str = ""
    lock: Lock = ""
    todo: list[str] = field(default_factory=list)
    activation: Activation | None = None
    wechat: str = ""
    second: Second | None = None
    class_name: str = ""
    name_index: str = ""
    portrait_key: str = ""
    portrait_at: datetime | None = None
    wechat_at: datetime | None = None
    locking: Locking | None = None
    closed_at: datetime | None = None
    leaving: str = ""

    @property
    def gone(self) -> bool:
        """Whether it holds no name any more: it is nobody's, or was given up."""
        return self.programme == NOBODY or self.closed_at is not None

    @property
    def in_office(self) -> bool:
        """Whether this is an administrator on whom the others can count."""
        return "admin" in self.roles and not self.lock and not self.leaving

    @property
    def code(self) -> str:
        """The keyed hash of the activation code that is to be used up, if there is one."""
        return self.activation.hash if self.activation else ""

    @property
    def by_password(self) -> bool:
        """Whether a password, or a code that stands for one, opens it; staff may have a provider's sign-on instead."""
        return bool(self.password_hash or self.activation)

    def check_lock(self) -> None:
        """Raises `login.locked_by_school`, `login.locked_by_office`, `login.locked_by_admin`."""
        if self.lock:
            raise DomainError(f"login.locked_by_{self.lock}", Kind.LOCKED)

    def put_lock(self, to: Lock, by: str, reason: str, now: datetime) -> None:
        """Lock it. Raises `account.locked_already`."""
        if self.lock:
            raise DomainError("account.locked_already", Kind.CONFLICT)
        self.lock, self.locking = to, Locking(by, now, reason)

    def take_lock(self) -> None:
        """Unlock it."""
        self.lock, self.locking = "", None

    def check_open(self) -> None:
        """Raises `staff.closed`."""
        if self.closed_at:
            raise DomainError("staff.closed", Kind.CONFLICT)

    def close(self, now: datetime) -> None:
        """Give it up: all that opened it and by which it was reached goes. The name stays, without which nobody could
        read in the audit log who it was."""
        self.closed_at, self.activation, self.second = now, None, None
        self.password_hash = self.number = self.id_number = self.phone = ""
        self.roles, self.scope, self.todo, self.leaving = [], {}, [], ""

    @property
    def display(self) -> str:
        """How a page greets this person: a candidate by the family name, the rest covered; staff by the whole name."""
        if self.kind == "staff":
            return self.name
        return self.name[:1] + "*" * (len(self.name) - 1)


@dataclass(frozen=True)
class Proven:
    """Somebody has proved to be the owner of an account, kept here as it then was; `source` is their network."""

    account: Account
    by: Way
    source: str = ""

    def check(self, current: Account) -> None:
        """Refuse when what was proved is the account's no longer: another may have taken it back since. Raises
        `account.changed_meanwhile`."""
        if _proof(self.account, self.by) != _proof(current, self.by):
            raise DomainError("account.changed_meanwhile", Kind.CONFLICT)


def _proof(account: Account, by: Way) -> tuple[str, ...]:
    proofs: dict[Way, tuple[str, ...]] = {
        "password": (account.password_hash,),
        "phone": (account.phone,),
        "face": (account.portrait_key, account.wechat),
        "code": (account.code,),
    }
    return proofs[by]


def vacant(account_id: str, now: datetime) -> Account:
    """Nobody's account: where it stands, no other can be written, and it opens to nothing."""
    return Account(account_id, NOBODY, "candidate", "", "", now)
