"""选择报考科目: what must, may and may not be chosen, each with its reason."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from services.gateway.bodies import form_of
from services.gateway.forms import Fault, faults, faults_of
from services.gateway.journey import Journey, ask, journey, show
from services.gateway.rendering import redirect
from shared.errors import DomainError, Kind


async def subjects_page(
    request: web.Request,
    way: Journey,
    errors: Sequence[Fault] = (),
    selected: Sequence[str] | None = None,
    *,
    status: int = 200,
) -> web.Response:
    """The list; compulsory subjects come ticked for somebody who has not chosen yet. `?check=1` shows at once what is
    wrong with those that were submitted."""
    if request.query.get("check") and not errors:
        errors = faults_of(way.application["subjects_wrong"])
    if selected is None:
        required = [option["id"] for option in way.application["subject_options"] if option["required"]]
        selected = way.application["choice"] or way.application["subjects"] or required
    return show(
        request,
        way,
        "candidate/subjects.html",
        stage=way.of_type("subjects"),
        errors=errors,
        selected=selected,
        status=status,
    )


async def choose(request: web.Request) -> web.StreamResponse:
    """下一步，核对信息: the selection is kept if it may be submitted, and seen once more with everything else."""
    way = await journey(request)
    selected = [str(value) for value in form_of(request).getall("subjects", [])]
    try:
        await ask(request, way, "PUT", "/choice", {"subjects": selected})
    except DomainError as error:
        return await refused_choice(request, way, error, selected)
    return redirect("/answers")


async def refused_choice(
    request: web.Request, way: Journey, error: DomainError, selected: list[str]
) -> web.StreamResponse:
    """To where it is mended: the form when that is incomplete by now, else the subjects."""
    if error.kind in {Kind.UNAVAILABLE, Kind.NOT_FOUND}:
        raise error
    if error.code == "application.incomplete":
        return redirect(f"{way.form_path}?check=1")
    return await subjects_page(request, way, faults(error), selected, status=400)


ROUTES = [web.post("/subjects", choose)]
