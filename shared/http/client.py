"""Calling another service over HTTP with a signed token; its refusals come back as `DomainError`."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import aiohttp

from shared import spans, telemetry
from shared.errors import DomainError, FieldError, Kind
from shared.http.problems import STATUS
from shared.tokens import Actor, Tokens

TIMEOUT = aiohttp.ClientTimeout(total=10, connect=2)
# For a whole table, which is taken in row by row.
TABLE_TIMEOUT = aiohttp.ClientTimeout(total=300, connect=2)
KIND_OF = {status: kind for kind, status in STATUS.items()}


class ServiceClient:
    """One peer. Time-outs and refused connections become `service.unavailable` (503)."""

    def __init__(self, session: aiohttp.ClientSession, base_url: str, audience: str, tokens: Tokens) -> None:
        self._session = session
        self._base = base_url
        self._audience = audience
        self._tokens = tokens

    async def json(
        self,
        method: str,
        path: str,
        actor: Actor,
        *,
        body: Any = None,
        query: Mapping[str, str] | None = None,
        key: str | None = None,
    ) -> Any:
        """Call an operation and return its JSON (None for 204). `key` is the Idempotency-Key. Raises `DomainError`."""
        headers = {"Idempotency-Key": key} if key else {}
        _, content = await self.raw(method, path, actor, json=body, params=query, headers=headers)
        return content

    async def raw(
        self,
        method: str,
        path: str,
        actor: Actor,
        *,
        headers: Mapping[str, str] | None = None,
        patience: aiohttp.ClientTimeout = TIMEOUT,
        **options: Any,
    ) -> tuple[Mapping[str, str], Any]:
        """Call with any body; returns the headers and the JSON or bytes of the answer. Raises `DomainError`."""
        about = {"http.request.method": method, "server.address": self._audience}
        with spans.span("client", f"{method} {self._audience}", about) as note:
            signed = {
                "Authorization": f"Bearer {self._tokens.mint(actor, self._audience)}",
                "traceparent": telemetry.traceparent(),
                **(headers or {}),
            }
            try:
                async with self._session.request(
                    method, self._base + path, headers=signed, timeout=patience, **options
                ) as answer:
                    note({"http.response.status_code": answer.status})
                    if answer.status >= HTTPStatus.BAD_REQUEST:
                        raise await _refusal(answer)
                    return answer.headers, await _content(answer)
            except (aiohttp.ClientError, TimeoutError) as error:
                raise DomainError("service.unavailable", Kind.UNAVAILABLE) from error


async def _content(answer: aiohttp.ClientResponse) -> Any:
    if answer.status == HTTPStatus.NO_CONTENT:
        return None
    if answer.content_type == "application/json":
        return await answer.json()
    return await answer.read()


async def _refusal(answer: aiohttp.ClientResponse) -> DomainError:
    if answer.content_type != "application/problem+json":
        return DomainError("service.unavailable", Kind.UNAVAILABLE)
    told = await answer.json(content_type=None)
    errors = [FieldError(e["pointer"], e["code"], e.get("params", {})) for e in told["errors"]]
    kind = KIND_OF.get(HTTPStatus(answer.status), Kind.UNAVAILABLE)
    return DomainError(told["code"], kind, errors=errors, params=told.get("params", {}))
