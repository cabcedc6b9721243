"""Every operation of every service against its own OpenAPI document: no 5xx, no ignored authorisation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error, response_schema_conformance
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok

from services.documents.main import service as documents
from services.identity.main import service as identity
from services.notify.main import service as notify
from services.payment.main import service as payment
from services.registration.main import service as registration
from shared.settings import Platform
from shared.telemetry import set_up_logging
from shared.tokens import Actor, load_tokens
from tests.support.platform import platform_in_thread

FACTORIES = {
    "identity": identity,
    "registration": registration,
    "payment": payment,
    "documents": documents,
    "notify": notify,
}
ACTORS = (
    Actor("candidate", "c1", programme="qualification-2024"),
    Actor("staff", "s1", roles=("reviewer", "finance", "admin")),
    Actor("service", "gateway"),
    Actor("anonymous", "a1", programme="qualification-2024"),
)
EXAMPLES = 12


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    set_up_logging("CRITICAL")
    with platform_in_thread(tmp_path_factory.mktemp("api"), list(FACTORIES.values())) as running:
        yield running


def document(platform: Platform, service: str) -> dict[str, Any]:
    """The service's OpenAPI document."""
    found: dict[str, Any] = requests.get(platform.url_of(service) + "/openapi.json", timeout=5).json()
    return found


@pytest.mark.parametrize("service", FACTORIES)
def test_no_protected_operation_answers_without_or_with_a_foreign_token(platform: Platform, service: str) -> None:
    foreign = load_tokens(platform.secrets_dir).mint(Actor("service", "x"), "another service")
    for path, operations in document(platform, service)["paths"].items():
        for method, operation in operations.items():
            if "security" not in operation:
                continue
            url = platform.url_of(service) + path.replace("{", "").replace("}", "")
            for headers in ({}, {"Authorization": f"Bearer {foreign}"}):
                answer = requests.request(method, url, headers=headers, json={}, timeout=5)
                assert answer.status_code == 401, f"{method} {path}"


@pytest.mark.parametrize("service", FACTORIES)
def test_whatever_is_sent_by_whomever_nothing_breaks(platform: Platform, service: str) -> None:
    schema = schemathesis.openapi.from_url(platform.url_of(service) + "/openapi.json")
    tokens = load_tokens(platform.secrets_dir)
    faults = []
    for result in schema.get_all_operations():
        assert isinstance(result, Ok)
        operation = result.ok()

        # Making a case costs more than sending it: each is sent by everybody.
        @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def one(case: schemathesis.Case[Any]) -> None:
            for actor in ACTORS:
                headers = {"Authorization": f"Bearer {tokens.mint(actor, service)}"}
                case.call_and_validate(headers=headers, checks=[not_a_server_error, response_schema_conformance])

        try:
            one()
        except FailureGroup as group:
            faults.append(f"{operation.method} {operation.path}: {group.exceptions}")
    assert not faults
