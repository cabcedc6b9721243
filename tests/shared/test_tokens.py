"""Tokens between services: for whom, for which service, for how long; also when they have been seen before."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.errors import DomainError
from shared.tokens import GRANT_LIFE, STEP_S, TOKEN_LIFE, Actor, Tokens

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
REVIEWER = Actor("staff", "s-1", roles=("reviewer",), scope={"schools": ["1"]}, session="s", source="10.0.0.0/24")
TOKENS = Tokens(b"k" * 32)


@pytest.mark.parametrize("moment", [NOW, NOW + timedelta(seconds=STEP_S - 1), NOW + timedelta(seconds=7.5)])
def test_a_token_says_for_whom_and_ends_within_its_life_however_often_it_is_read(moment: datetime) -> None:
    token = TOKENS.mint(REVIEWER, "registration", moment)
    shortest = TOKEN_LIFE - timedelta(seconds=STEP_S)
    for at in (moment, moment + shortest):
        assert TOKENS.verify(token, "registration", at) == REVIEWER
    with pytest.raises(DomainError, match=r"token\.invalid"):
        TOKENS.verify(token, "registration", moment + TOKEN_LIFE + timedelta(seconds=1))
    with pytest.raises(DomainError, match=r"token\.invalid"):
        TOKENS.verify(token, "payment", moment)


def test_nobody_gets_the_token_of_another() -> None:
    others = [replace(REVIEWER, id="s-2"), replace(REVIEWER, session="t"), replace(REVIEWER, scope={"schools": ["2"]})]
    minted = {TOKENS.mint(each, "registration", NOW) for each in (REVIEWER, *others)}
    assert len(minted) == 4
    assert {TOKENS.verify(each, "registration", NOW).id for each in minted} == {"s-1", "s-2"}


def test_what_is_done_with_an_actor_changes_no_other() -> None:
    token = TOKENS.mint(REVIEWER, "registration", NOW)
    TOKENS.verify(token, "registration", NOW).scope["schools"].append("2")
    assert TOKENS.verify(token, "registration", NOW).scope == {"schools": ["1"]}


def test_a_token_that_was_touched_is_refused_also_after_the_right_one() -> None:
    token = TOKENS.mint(REVIEWER, "registration", NOW)
    TOKENS.verify(token, "registration", NOW)
    head, claims, signature = token.split(".")
    forged = TOKENS.mint(replace(REVIEWER, roles=("admin",)), "registration", NOW).split(".")[1]
    for wrong in (f"{head}.{forged}.{signature}", f"{head}.{claims}.", token[:-2]):
        with pytest.raises(DomainError, match=r"token\.invalid"):
            TOKENS.verify(wrong, "registration", NOW)


def test_a_grant_is_for_one_thing_and_a_while() -> None:
    grant = TOKENS.grant("upload:1", NOW)
    TOKENS.check_grant(grant, "upload:1", NOW + GRANT_LIFE - timedelta(seconds=STEP_S))
    for resource, at in (("upload:2", NOW), ("upload:1", NOW + GRANT_LIFE + timedelta(seconds=1))):
        with pytest.raises(DomainError, match=r"token\.invalid"):
            TOKENS.check_grant(grant, resource, at)
