"""Settings of the identity service."""

from __future__ import annotations

from pydantic_settings import BaseSettings, SettingsConfigDict

from services.identity.domain.budgets import Budgets
from services.identity.handlers.deps import Limits


class Settings(BaseSettings):
    """`hashers` bounds passwords hashed at once; `sweep_s` is the pause between removals of what has expired,
    `checkpoint_s` the one between signed checkpoints of the audit log, `faces_s` the one between two looks for face
    checks that nobody answers. `wechat_url` empty means the simulator in the demo and the real WeChat in production;
    the app's id and secret are the mounted secret `wechat_login.json`. `sign_on_url`: where the provider of staff
    sign-on is asked when that is not its issuer, which browsers go to. `codes_s`: between two looks for one-time codes
    that a crash left; `limits`: how many codes may go out. `second_roles`: staff with one of these roles need a
    second factor beside a password or a code to their phone; unset: all in production, nobody in the demo. `budgets`:
    what an address may do in an hour before anybody is signed in"""

    model_config = SettingsConfigDict(env_prefix="BAOKAO_IDENTITY__", frozen=True)

    hashers: int = 2
    sweep_s: float = 60
    checkpoint_s: float = 60
    faces_s: float = 5
    wechat_url: str = ""
    sign_on_url: str = ""
    codes_s: float = 5
    limits: Limits = Limits()
    second_roles: frozenset[str] | None = None
    budgets: Budgets = Budgets()
