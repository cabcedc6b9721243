"""Refusals of the domain: a stable code, a kind, and the field they concern.

Texts for people come from the message catalogue by code; HTTP status comes from the kind (shared/http).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What sort of refusal it is; the only thing HTTP knows of it."""

    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    TOO_LARGE = "too_large"
    UNSUPPORTED = "unsupported"
    UNPROCESSABLE = "unprocessable"
    LOCKED = "locked"
    TOO_MANY = "too_many"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True)
class FieldError:
    """One field and the rule it breaks. `pointer` is a JSON pointer (RFC 6901) into the request."""

    pointer: str
    code: str
    params: Mapping[str, str | int] = field(default_factory=dict)


class DomainError(Exception):
    """An expected refusal. `code` is a stable slug such as `order.already_paid`."""

    def __init__(
        self,
        code: str,
        kind: Kind = Kind.INVALID,
        pointer: str | None = None,
        *,
        errors: Sequence[FieldError] = (),
        params: Mapping[str, str | int] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.kind = kind
        self.params = dict(params or {})
        self.errors = tuple(errors) or ((FieldError(pointer, code, self.params),) if pointer else ())


class Conflict(DomainError):
    """Another write came first; the caller re-runs its use case on the new state."""

    def __init__(self) -> None:
        super().__init__("store.conflict", Kind.CONFLICT)


class Duplicate(DomainError):
    """A document or claim with this id exists already."""

    def __init__(self, what: str) -> None:
        super().__init__("store.duplicate", Kind.CONFLICT)
        self.what = what


class NotFound(DomainError):
    """No document with this id (or not one this person may see: the answer is the same)."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}.not_found", Kind.NOT_FOUND)


class AlreadyHandled(Exception):
    """This event has left its mark on the aggregate before; acknowledge and go on."""
