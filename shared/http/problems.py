"""The one table from a refusal's kind to HTTP, and RFC 9457 problem+json."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from aiohttp import web
from pydantic import ValidationError

from shared import telemetry
from shared.errors import DomainError, FieldError, Kind

STATUS: Mapping[Kind, HTTPStatus] = {
    Kind.INVALID: HTTPStatus.BAD_REQUEST,
    Kind.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
    Kind.FORBIDDEN: HTTPStatus.FORBIDDEN,
    Kind.NOT_FOUND: HTTPStatus.NOT_FOUND,
    Kind.CONFLICT: HTTPStatus.CONFLICT,
    Kind.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Kind.UNSUPPORTED: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    Kind.UNPROCESSABLE: HTTPStatus.UNPROCESSABLE_ENTITY,
    Kind.LOCKED: HTTPStatus.LOCKED,
    Kind.TOO_MANY: HTTPStatus.TOO_MANY_REQUESTS,
    Kind.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
}


def problem(error: DomainError) -> web.Response:
    """The answer for a refusal."""
    return render(
        STATUS[error.kind],
        error.code,
        [{"pointer": e.pointer, "code": e.code, "params": dict(e.params)} for e in error.errors],
        error.params,
    )


def render(
    status: int,
    code: str,
    errors: list[dict[str, Any]] | None = None,
    params: Mapping[str, Any] | None = None,
) -> web.Response:
    """A problem document; `type` is a relative reference that names the code."""
    document = {
        "type": f"/problems/{code}",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "code": code,
        "params": dict(params or {}),
        "errors": errors or [],
        "trace_id": telemetry.trace_id(),
    }
    text = json.dumps(document, ensure_ascii=False)
    return web.Response(status=int(status), text=text, content_type="application/problem+json")


def invalid(error: ValidationError, where: str = "") -> DomainError:
    """A pydantic verdict as field errors: pointer to the field, code `field.<pydantic's type>`."""
    errors = [
        FieldError(where + "/" + "/".join(str(part) for part in item["loc"]), f"field.{item['type']}")
        for item in error.errors(include_url=False, include_input=False)
    ]
    return DomainError("request.invalid", Kind.INVALID, errors=errors)
