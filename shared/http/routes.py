"""What a service says of one operation, and what its function gets."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from aiohttp import web
from pydantic import BaseModel

from shared.tokens import Actor

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Call:
    """One request after authorisation and validation."""

    actor: Actor
    path: Mapping[str, str]
    request: web.Request
    body_model: BaseModel | None = None
    query_model: BaseModel | None = None

    def body(self, model: type[Model]) -> Model:
        """The validated body; `model` must be the one the route names."""
        return _expect(self.body_model, model)

    def query(self, model: type[Model]) -> Model:
        """The validated query; `model` must be the one the route names."""
        return _expect(self.query_model, model)


Answer = BaseModel | web.StreamResponse | None


@dataclass(frozen=True)
class Route:
    """One operation. The first line of the function's docstring is its summary in OpenAPI.

    `actors` are the kinds that may call it; an empty tuple makes it public. `roles`: staff need one of these.
    `idempotent` operations demand an `Idempotency-Key` header: 400 without, 409 in flight, 422 for another body.
    A route without `body` may still read a raw one from `call.request` (uploads, signed callbacks).
    """

    method: str
    path: str
    function: Callable[[Call], Awaitable[Answer]]
    actors: tuple[str, ...]
    roles: tuple[str, ...] = ()
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    returns: type[BaseModel] | None = None
    status: int = 200
    idempotent: bool = False

    @property
    def summary(self) -> str:
        """One line for OpenAPI."""
        function: Any = self.function
        return (getattr(function, "func", function).__doc__ or "").strip().split("\n")[0]


def _expect(value: BaseModel | None, model: type[Model]) -> Model:
    if not isinstance(value, model):
        raise TypeError(f"the route does not name {model.__name__}")
    return value
