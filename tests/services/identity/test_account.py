"""What an account shows of its owner."""

from __future__ import annotations

from typing import Literal

import pytest

from services.identity.domain.account import Account
from tests.services.identity.conftest import NOW, PROGRAMME


@pytest.mark.parametrize(("kind", "shown"), [("candidate", "李**"), ("staff", "李老师")])
def test_a_candidates_name_is_covered_and_a_member_of_staff_sees_her_own(
    kind: Literal["candidate", "staff"], shown: str
) -> None:
    account = Account("1", PROGRAMME, kind, "", "legacy_8_alnum", NOW, name="李老师")
    assert account.display == shown
