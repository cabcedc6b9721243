"""How the candidates of a programme get an account, sign in and get in again (000.22-24, 001.1-3, 003.1-8, 004.2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from shared.programme.passwords import POLICIES

FirstStep = Literal["roll", "password", "phone"]


class Account(BaseModel):
    """`kind`: what a candidate signs in with, the ID number or an issued 考生号. `opened_by`: candidates register
    themselves, or an office issues accounts with one-time activation codes (`initial_password` id_last_8 is manual
    003's own weak rule, opt-in). `first_login` comes before anything else, in this order. `captcha`, `lockout`:
    when a captcha is asked for, and whether failures make the wait grow or lock for thirty minutes (003.2).
    An activation code lasts `activation_days`; a table without 考生号 gets numbers of `number_prefix` and
    `number_digits` random digits, so that nobody guesses the next one's.
    `guardian_below`: years of age below which a guardian agrees to a face check.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["id_number", "issued"]
    opened_by: Literal["candidate", "office"] = "candidate"
    password_policy: str
    captcha: Literal["after_failure", "always"] = "after_failure"
    lockout: Literal["growing", "thirty_minutes"] = "growing"
    first_login: tuple[FirstStep, ...] = ()
    initial_password: Literal["activation_code", "id_last_8"] = "activation_code"  # noqa: S105 -- the name of a rule
    activation_days: Annotated[int, Field(ge=1, le=365)] = 30
    number_prefix: Annotated[str, Field(pattern=r"^[0-9]{0,8}$")] = ""
    number_digits: Annotated[int, Field(ge=6, le=12)] = 8
    reset_channels: tuple[Literal["sms", "face", "registration_point"], ...]
    idle_minutes: Annotated[int, Field(ge=3, le=24 * 60)]
    absolute_hours: Annotated[int, Field(ge=1, le=24 * 30)]
    guardian_below: Annotated[int, Field(ge=0, le=18)] = 14


def broken_rules(account: Account) -> Iterator[tuple[str, str]]:
    """What the section contradicts, as (key, what is wrong)."""
    if account.password_policy not in POLICIES:
        yield "password_policy", f"there is no such policy; there are {', '.join(sorted(POLICIES))}"
    order = [step for step in get_args(FirstStep) if step in account.first_login]
    if list(account.first_login) != order:
        yield "first_login", "each step once, in the order roll, password, phone"
    if account.opened_by == "office" and "password" not in account.first_login:
        yield "first_login", "whoever gets an account from an office has to choose a password"
    if account.opened_by == "candidate" and account.kind == "issued":
        yield "kind", "numbers are issued by an office (opened_by)"
    if account.opened_by == "candidate" and account.initial_password == "id_last_8":  # noqa: S105 -- the name of a rule
        yield "initial_password", "candidates who register choose their own password"
