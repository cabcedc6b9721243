"""What forms have in common: refusals as texts beside their fields, the typed values, notes after a redirect."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from services.gateway.bodies import form_of
from services.gateway.locales import by_code
from shared.errors import DomainError, FieldError, Kind

LONGEST_NUMBER = 9


@dataclass(frozen=True)
class Fault:
    """One line of the error summary; `field` is the id of the input it links to, or empty."""

    field: str
    text: str


def faults(error: DomainError) -> list[Fault]:
    """A refusal as error summary: one line per field, or one for the whole."""
    if error.errors:
        return [fault(one) for one in error.errors]
    return [Fault("", by_code("errors", error.code, error.params))]


def told(error: DomainError) -> list[Fault]:
    """A refusal beside the form; what is away is an error page."""
    if error.kind is Kind.UNAVAILABLE:
        raise error
    return faults(error)


def fault(error: FieldError) -> Fault:
    """One field's refusal; `/values/name` belongs to the input `name`, `/attachments/portrait` to its picture."""
    place, _, name = error.pointer.rpartition("/")
    return Fault(f"picture-{name}" if place == "/attachments" else name, by_code("errors", error.code, error.params))


def faults_of(items: Iterable[Mapping[str, Any]]) -> list[Fault]:
    """The same for the `errors` list of an answer."""
    return [fault(FieldError(item["pointer"], item["code"], item.get("params") or {})) for item in items]


async def typed(request: web.Request) -> dict[str, str]:
    """The text fields of a form as typed, without surrounding spaces."""
    return {key: value.strip() for key, value in form_of(request).items() if isinstance(value, str)}


def whole(text: str) -> int:
    """A number as a hidden field holds it; 0 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER else 0


def note(request: web.Request) -> str:
    """The sentence for what has just been done (`?done=saved`), empty for anything unknown."""
    code = request.query.get("done", "")
    return by_code("done", code) if code.isidentifier() else ""


def local_path(target: str, otherwise: str) -> str:
    """`target` if it stays on this site, so that a link cannot send people elsewhere."""
    good = target.startswith("/") and not target.startswith("//") and "\\" not in target and target.isprintable()
    return target if good else otherwise
