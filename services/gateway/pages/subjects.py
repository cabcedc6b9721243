"""选择报考科目: what must, may and may not be chosen, each with its reason."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from services.gateway.forms import Fault, faults, key_of
from services.gateway.journey import Journey, ask, journey, onward, show
from shared.errors import DomainError, Kind
from shared.events.base import new_id


async def subjects_page(
    request: web.Request,
    way: Journey,
    errors: Sequence[Fault] = (),
    selected: Sequence[str] | None = None,
    key: str = "",
    *,
    status: int = 200,
) -> web.Response:
    """The list; compulsory subjects come ticked for somebody who has not chosen yet."""
    if selected is None:
        required = [option["id"] for option in way.application["subject_options"] if option["required"]]
        selected = way.application["subjects"] or required
    return show(
        request,
        way,
        "candidate/subjects.html",
        stage=way.of_type("subjects"),
        errors=errors,
        selected=selected,
        key=key or new_id(),
        status=status,
    )


async def choose(request: web.Request) -> web.StreamResponse:
    """提交信息: submit the selection; the order follows."""
    way = await journey(request)
    form = await request.post()
    selected = [str(value) for value in form.getall("subjects", [])]
    try:
        view = await ask(request, way, "PUT", "/subjects", {"subjects": selected}, key=key_of(form))
    except DomainError as error:
        if error.kind in {Kind.UNAVAILABLE, Kind.NOT_FOUND}:
            raise
        # Another selection is another request, so it gets a key of its own.
        return await subjects_page(request, way, faults(error), selected, status=400)
    return onward(view)


ROUTES = [web.post("/subjects", choose)]
