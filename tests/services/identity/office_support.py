"""A school with a roll, for tests of accounts that an office opens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from services.identity.domain.corrections import Correction
from services.identity.handlers import issuing, login
from services.identity.handlers.deps import Deps
from services.identity.handlers.issuing import Slip
from services.identity.handlers.login import Name
from services.identity.handlers.office import Office
from services.identity.handlers.sessions import Client, Opened
from services.identity.store import CORRECTION_SEALED
from shared.programme import names
from shared.store.repository import Repository
from shared.tokens import Actor
from tests.services.identity.conftest import NOW, solved

SCHOOL, OTHER = "140106002", "140106003"
FIRST_NUMBER, SECOND_NUMBER = "140213200706189846", "11010519491231002X"
PUPIL = ("胡思欣", FIRST_NUMBER)
TEACHER = Actor("staff", "teacher", roles=("school",), scope={"schools": [SCHOOL]})
STRANGER = Actor("staff", "stranger", roles=("school",), scope={"schools": [OTHER]})
ADMIN = Actor("staff", "admin", roles=("admin",))


@dataclass
class Roll:
    """A registry of two schools; `pupils` are (ID number, name, school)."""

    pupils: set[tuple[str, str, str]] = field(default_factory=lambda: {(FIRST_NUMBER, "胡思欣", SCHOOL)})
    asked: int = 0
    applying: dict[str, str] = field(default_factory=dict)

    async def names(self, schools: Sequence[str]) -> dict[str, str]:
        """The two there are."""
        return {code: "中学" for code in schools if code in (SCHOOL, OTHER)}

    async def inside(self, regions: Sequence[str]) -> set[str]:
        """Both are in region 140106."""
        return {SCHOOL, OTHER} if "140106" in regions else set()

    async def applied_at(self, accounts: Sequence[str]) -> dict[str, str]:
        """As far as a test has said so."""
        return {account: self.applying[account] for account in accounts if account in self.applying}

    async def on_roll(self, id_number: str, name: str, school: str) -> bool:
        """Whether the three belong together."""
        self.asked += 1
        return (id_number, names.normalise(name), school) in self.pupils


def office_of(deps: Deps) -> Office:
    """An office with that registry."""
    corrections = Repository(deps.accounts.store, "corrections", Correction, vault=deps.vault, sealed=CORRECTION_SEALED)
    return Office(deps, Roll(), corrections)


def table(*people: tuple[str, str], school: str = SCHOOL, class_name: str = "3") -> bytes:
    """A CSV as a school sends it."""
    lines = [f"{name},{number},{school},{class_name}" for name, number in people]
    return "\n".join(["姓名,身份证号,学校代码,班级", *lines]).encode()


async def issued(office: Office, programme: str = "quality-evaluation", content: bytes = b"") -> Slip:
    """The slip of the one person of a table."""
    _, (slip,) = await issuing.issue(content or table(PUPIL), programme, ADMIN, dry_run=False, office=office, now=NOW)
    return slip


async def entered(office: Office, slip: Slip, programme: str = "quality-evaluation", secret: str = "") -> Opened:
    """Sign in with the code, or with `secret`."""
    proof = await solved(office.deps)
    name = Name(programme, slip.login)
    return await login.login(name, secret or slip.code, proof, Client("192.0.2.1"), deps=office.deps, now=NOW)
