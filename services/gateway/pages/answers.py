"""核对信息: everything as it will be sent, seen once more before it is sent."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from aiohttp import web

from services.gateway import formats
from services.gateway.bodies import form_of
from services.gateway.forms import Fault, fault, faults
from services.gateway.journey import Journey, ask, journey, onward, show
from services.gateway.pages.subjects import refused_choice
from services.gateway.rendering import redirect
from shared.errors import DomainError, FieldError, Kind

MENDED_ELSEWHERE = frozenset({"subjects.refused", "application.incomplete"})
# A second press, where the first has sent it already; or given up, or paid, meanwhile.
SENT_ALREADY = frozenset({"application.not_returned", "stage.passed", "subjects.locked"})


async def answers_page(request: web.Request) -> web.StreamResponse:
    """What will be sent; where that would be refused, the page where it is mended."""
    way = await journey(request)
    if not _unsent(way):
        return redirect("/apply")
    whole = way.application["state"] == "returned" or _at_form(way)
    if whole and way.application["missing"]:
        return redirect(f"{way.form_path}?check=1")
    if chosen := _chosen(way):
        try:
            await ask(request, way, "PUT", "/choice", {"subjects": chosen})
        except DomainError as error:
            return await refused_choice(request, way, error, chosen)
    return _page(request, way)


def _unsent(way: Journey) -> bool:
    returned = way.application["state"] == "returned"
    return returned or _at_form(way) or bool(way.application["choice"] and _chosen(way))


def _at_form(way: Journey) -> bool:
    """Whether registering is what submits: the programme has no subjects, and there is an account already."""
    form = way.of_type("form")
    first = way.application["state"] == "draft" and way.who.kind == "candidate" and not way.of_type("subjects")
    return first and form is not None and way.here == form["id"]


def _untouched(way: Journey) -> bool:
    """Whether a returned file is still as it was when it was returned."""
    entries = reversed(way.application["timeline"])
    since = takewhile(lambda entry: entry["what"] != "returned", entries)
    return not (way.application["choice"] or any(entry["who"] == "candidate" for entry in since))


def _chosen(way: Journey) -> list[str]:
    """The subjects to be sent; none where there are none or they can no longer be changed."""
    if way.application["locked_subjects"]:
        return []
    chosen: list[str] = way.application["choice"] or way.application["subjects"]
    return chosen


def _page(request: web.Request, way: Journey, errors: Sequence[Fault] = ()) -> web.Response:
    stage = way.of_type("subjects") or way.of_type("form") or {}
    return show(
        request,
        way,
        "candidate/answers.html",
        errors=errors,
        chosen=_chosen(way),
        unsent=_unsent(way),
        untouched=_untouched(way),
        form_path=way.form_path,
        stage=stage,
        seen=_mark(way),
        status=400 if errors else 200,
    )


def _mark(way: Journey) -> str:
    """The same as long as the form's answers are the same."""
    uploads = [picture["upload_id"] for picture in way.application["attachments"].values()]
    return formats.mark([way.application["values"], sorted(uploads)])


async def send(request: web.Request) -> web.StreamResponse:
    """确认无误，提交: what was shown is sent; where the form says something else by now, that is shown first."""
    way = await journey(request)
    form = form_of(request)
    if form.get("seen") != _mark(way):
        return _page(request, way, [fault(FieldError("", "answers.changed"))]) if _unsent(way) else redirect("/apply")
    chosen = [str(value) for value in form.getall("subjects", [])]
    view, returned = way.application, way.application["state"] == "returned"
    try:
        if _at_form(way):
            view = await ask(request, way, "POST", "/register")
        elif chosen:
            view = await ask(request, way, "PUT", "/subjects", {"subjects": chosen})
        if returned:
            await ask(request, way, "POST", "/resubmit")
    except DomainError as error:
        if error.kind in {Kind.UNAVAILABLE, Kind.NOT_FOUND} or error.code in MENDED_ELSEWHERE:
            return await refused_choice(request, way, error, chosen)
        if error.code not in SENT_ALREADY:
            return _page(request, way, faults(error))
        return redirect("/mine")
    return redirect("/mine?done=resubmitted") if returned else onward(view)


ROUTES = [web.get("/answers", answers_page), web.post("/answers", send)]
