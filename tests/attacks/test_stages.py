"""What is over stays over, whoever sends the form of an earlier stage."""

from __future__ import annotations

from typing import Literal

import pytest

from services.registration.domain import identity
from shared.errors import DomainError
from tests.services.registration.examples import NOW, PROGRAMME, checked, filled, with_pictures


@pytest.mark.parametrize("state", ["approved", "withdrawn"])
def test_no_person_is_asked_about_a_file_that_is_decided(state: Literal["approved", "withdrawn"]) -> None:
    application = checked(with_pictures(filled(), portrait="c"), "unreadable")
    checked(with_pictures(application, portrait="d"), "unreadable")
    assert identity.may_ask_person(application, PROGRAMME)
    application.state = state
    told = len(application.timeline)
    with pytest.raises(DomainError, match=r"identity\.person_not_offered"):
        identity.ask_person(application, PROGRAMME, NOW)
    assert len(application.timeline) == told
