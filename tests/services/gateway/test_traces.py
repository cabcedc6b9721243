"""One trace from the browser's request to the handler of the event it caused, as a collector sees it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from deploy.local.make_secrets import make_all
from shared.settings import Platform
from tests.services.gateway.conftest import ID_NUMBER, NAME, PHONE, SERVICES, Person
from tests.services.gateway.walks import register
from tests.support.otlp import Collector, collector
from tests.support.platform import platform_in_thread
from tests.support.waiting import settles

TRACE = "c" * 32


@pytest.fixture(scope="module")
def collected() -> Iterator[Collector]:
    with collector() as receiving:
        yield receiving


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory, collected: Collector) -> Iterator[Platform]:
    folder = tmp_path_factory.mktemp("traces")
    make_all(folder / "secrets", "demo")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("BAOKAO_OTEL_ENDPOINT", collected.endpoint)
        environment.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
        with platform_in_thread(folder, SERVICES) as running:
            yield running


async def test_one_trace_leads_from_a_page_through_a_service_and_an_event_to_its_handler(
    person: Person, platform: Platform, collected: Collector
) -> None:
    async def handled() -> bool:
        return bool(collected.named("notify", "process identity.account_registered.v1"))

    await register(person, platform)
    await settles(handled)
    process = collected.named("notify", "process identity.account_registered.v1")[0]
    send = collected.parent(process)
    served = collected.parent(send)
    called = collected.parent(served)
    page = collected.parent(called)
    assert [(span.service, span.kind) for span in (page, called, served, send, process)] == [
        ("gateway", "server"),
        ("gateway", "client"),
        ("identity", "server"),
        ("identity", "producer"),
        ("notify", "consumer"),
    ]
    assert (page.name, page.attributes["http.route"]) == ("POST /form", "/form")
    assert {span.trace for span in (page, called, served, send, process)} == {page.trace}
    everything = str(collected.spans)
    for personal in (ID_NUMBER, NAME, PHONE, person.cookie):
        assert personal not in everything


async def test_routes_are_templates_and_the_trace_is_the_one_that_people_are_shown(
    person: Person, platform: Platform, collected: Collector
) -> None:
    def mine() -> list[str]:
        return [str(span.attributes["http.route"]) for span in collected.spans if span.trace == TRACE]

    async def arrived() -> bool:
        return bool(mine())

    headers = {"traceparent": f"00-{TRACE}-{'d' * 16}-01", "Accept": "application/json"}
    address = f"{platform.url_of('documents')}/uploads/{PHONE}"
    async with person.session.get(address, headers=headers) as answer:
        assert (await answer.json())["trace_id"] == TRACE
    await settles(arrived)
    assert all("{" in route for route in mine())
    assert PHONE not in str(collected.spans)
