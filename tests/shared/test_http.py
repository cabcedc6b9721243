"""Routes become HTTP: authorisation, validation, problems, idempotency, retries on conflict, OpenAPI."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from pydantic import BaseModel, Field

from shared.errors import Conflict, DomainError, FieldError, Kind
from shared.http import Call, Route, ServiceClient, application
from shared.idempotency import Idempotency
from shared.store.sqlite import SqliteStore
from shared.tokens import Actor, Tokens

TOKENS = Tokens(b"k" * 32)
CANDIDATE = Actor("candidate", "c1")
REVIEWER = Actor("staff", "s1", roles=("reviewer",))


class Order(BaseModel):
    amount: int = Field(gt=0)


class Done(BaseModel):
    total: int


class Counter:
    """What the operations of the tests change."""

    def __init__(self) -> None:
        self.total = 0
        self.conflicts_left = 0
        self.entered = asyncio.Event()
        self.leave = asyncio.Event()
        self.leave.set()


async def add(call: Call, *, counter: Counter) -> Done:
    """Add an amount"""
    counter.entered.set()
    await counter.leave.wait()
    if counter.conflicts_left:
        counter.conflicts_left -= 1
        raise Conflict
    counter.total += call.body(Order).amount
    return Done(total=counter.total)


async def refuse(_call: Call) -> Done:
    """Always refuse"""
    errors = [FieldError("/subjects/0", "subject.barred", {"times": 2})]
    raise DomainError("subjects.wrong", Kind.UNPROCESSABLE, errors=errors)


async def fail(_call: Call) -> Done:
    """Always fail"""
    raise RuntimeError("张三 110101199003070011")


@asynccontextmanager
async def served(counter: Counter) -> AsyncIterator[tuple[ServiceClient, str]]:
    """The routes above behind a real socket."""
    adder = partial(add, counter=counter)
    routes = [
        Route("POST", "/add", adder, ("candidate",), body=Order, returns=Done, idempotent=True),
        Route("POST", "/plain", adder, ("candidate",), body=Order, returns=Done),
        Route("GET", "/refuse/{id}", refuse, ("candidate",), returns=Done),
        Route("GET", "/fail", fail, ("candidate",), returns=Done),
        Route("GET", "/staff", refuse, ("staff",), roles=("finance",), returns=Done),
    ]
    async with SqliteStore.open(":memory:") as store:
        app = application("probe", routes, tokens=TOKENS, idempotency=Idempotency(store))
        async with TestServer(app) as server, ClientSession() as session:
            base = str(server.make_url("")).rstrip("/")
            yield ServiceClient(session, base, "probe", TOKENS), base


async def refusal(client: ServiceClient, method: str, path: str, actor: Actor = CANDIDATE, **more: Any) -> DomainError:
    """The refusal that a call must end with."""
    with pytest.raises(DomainError) as caught:
        await client.json(method, path, actor, **more)
    return caught.value


async def test_a_valid_call_is_answered() -> None:
    async with served(Counter()) as (client, _):
        assert await client.json("POST", "/plain", CANDIDATE, body={"amount": 3}) == {"total": 3}


async def test_a_wrong_field_is_named_by_pointer_and_rule() -> None:
    async with served(Counter()) as (client, _):
        error = await refusal(client, "POST", "/plain", body={"amount": 0})
    assert (error.code, error.kind) == ("request.invalid", Kind.INVALID)
    assert [(e.pointer, e.code) for e in error.errors] == [("/amount", "field.greater_than")]


async def test_a_refusal_keeps_code_kind_errors_and_parameters_across_services() -> None:
    async with served(Counter()) as (client, _):
        error = await refusal(client, "GET", "/refuse/7")
    assert (error.code, error.kind) == ("subjects.wrong", Kind.UNPROCESSABLE)
    assert error.errors == (FieldError("/subjects/0", "subject.barred", {"times": 2}),)


async def test_an_unexpected_error_says_nothing_of_its_cause() -> None:
    async with served(Counter()) as (_, base), ClientSession() as session:
        headers = {"Authorization": f"Bearer {TOKENS.mint(CANDIDATE, 'probe')}"}
        async with session.get(base + "/fail", headers=headers) as answer:
            text = await answer.text()
    assert answer.status == 500
    assert answer.content_type == "application/problem+json"
    assert "张三" not in text and "110101199003070011" not in text


@pytest.mark.parametrize(
    ("actor", "path", "kind"),
    [
        (REVIEWER, "/refuse/1", Kind.FORBIDDEN),
        (REVIEWER, "/staff", Kind.FORBIDDEN),
        (CANDIDATE, "/nowhere", Kind.NOT_FOUND),
    ],
)
async def test_wrong_kind_role_or_path_is_refused(actor: Actor, path: str, kind: Kind) -> None:
    async with served(Counter()) as (client, _):
        assert (await refusal(client, "GET", path, actor)).kind == kind


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer ",
        "Bearer nonsense",
        f"Bearer {TOKENS.mint(CANDIDATE, 'another service')}",
        f"Bearer {Tokens(b'x' * 32).mint(CANDIDATE, 'probe')}",
        f"Bearer {TOKENS.mint(CANDIDATE, 'probe', datetime.now(UTC) - timedelta(minutes=2))}",
        f"Bearer {TOKENS.grant('upload:1')}",
    ],
)
async def test_a_missing_foreign_or_old_token_is_refused(header: str) -> None:
    async with served(Counter()) as (_, base), ClientSession() as session:
        async with session.get(base + "/refuse/1", headers={"Authorization": header}) as answer:
            assert answer.status == 401


async def test_an_idempotent_operation_demands_a_key() -> None:
    async with served(Counter()) as (client, _):
        error = await refusal(client, "POST", "/add", body={"amount": 1})
    assert error.code == "idempotency.key_missing"


async def test_the_same_key_acts_once_and_answers_the_same() -> None:
    counter = Counter()
    async with served(counter) as (client, _):
        answers = [await client.json("POST", "/add", CANDIDATE, body={"amount": 5}, key="k1") for _ in range(3)]
    assert answers == [{"total": 5}] * 3
    assert counter.total == 5


async def test_the_same_key_with_another_body_is_refused() -> None:
    async with served(Counter()) as (client, _):
        await client.json("POST", "/add", CANDIDATE, body={"amount": 5}, key="k1")
        error = await refusal(client, "POST", "/add", body={"amount": 6}, key="k1")
    assert error.kind == Kind.UNPROCESSABLE


async def test_a_second_request_while_the_first_runs_is_refused() -> None:
    counter = Counter()
    counter.leave.clear()
    async with served(counter) as (client, _):
        first = asyncio.create_task(client.json("POST", "/add", CANDIDATE, body={"amount": 5}, key="k1"))
        await counter.entered.wait()
        error = await refusal(client, "POST", "/add", body={"amount": 5}, key="k1")
        counter.leave.set()
        assert await first == {"total": 5}
    assert error.kind == Kind.CONFLICT


async def test_the_keys_of_two_people_do_not_meet() -> None:
    counter = Counter()
    async with served(counter) as (client, _):
        await client.json("POST", "/add", CANDIDATE, body={"amount": 5}, key="k1")
        await client.json("POST", "/add", Actor("candidate", "c2"), body={"amount": 5}, key="k1")
    assert counter.total == 10


async def test_a_conflict_runs_the_use_case_again() -> None:
    counter = Counter()
    counter.conflicts_left = 3
    async with served(counter) as (client, _):
        assert await client.json("POST", "/plain", CANDIDATE, body={"amount": 1}) == {"total": 1}


async def test_a_peer_that_is_away_is_unavailable() -> None:
    async with ClientSession() as session:
        client = ServiceClient(session, "http://127.0.0.1:1", "probe", TOKENS)
        assert (await refusal(client, "GET", "/x")).code == "service.unavailable"


async def test_openapi_names_every_operation_its_models_and_its_key() -> None:
    async with served(Counter()) as (_, base), ClientSession() as session:
        async with session.get(base + "/openapi.json") as answer:
            document = await answer.json()
    add_operation = document["paths"]["/add"]["post"]
    assert add_operation["summary"] == "Add an amount"
    assert add_operation["parameters"][0]["name"] == "Idempotency-Key"
    assert document["paths"]["/refuse/{id}"]["get"]["parameters"][0]["name"] == "id"
    assert document["components"]["schemas"]["Order"]["properties"]["amount"]["exclusiveMinimum"] == 0
