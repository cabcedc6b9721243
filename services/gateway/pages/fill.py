"""填写信息: the form. Every field is saved as typed when it is left; all is checked on submission."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from aiohttp import web
from markupsafe import Markup

from services.gateway import choices, dependents, pictures
from services.gateway.addresses import client_of
from services.gateway.bodies import form_of
from services.gateway.forms import Fault, fault, faults, faults_of, note, typed
from services.gateway.journey import Journey, ask, journey, onward, show
from services.gateway.pages.account import new_captcha
from services.gateway.pages.lookups import roll_of
from services.gateway.peers import PEERS
from services.gateway.rendering import page, redirect
from services.gateway.visitors import GATEWAY, of_view, remember, require
from shared.errors import DomainError, FieldError, Kind


async def form_page(
    request: web.Request, way: Journey, errors: Sequence[Fault] = (), *, status: int = 200
) -> web.Response:
    """The whole form. `?check=1` shows at once what is still missing."""
    if request.query.get("check") and not errors:
        errors = faults_of(way.application["missing"])
    options, captcha = await asyncio.gather(choices.options(request, way), new_captcha(request))
    roll = Markup(await roll_of(request, way, {})) if request.query.get("roll") else ""  # noqa: S704
    return show(
        request,
        way,
        "candidate/form.html",
        stage=way.of_type("form"),
        status=status,
        errors=errors,
        options=options,
        captcha=captcha,
        done=note(request),
        roll=roll,
        account=way.who.kind == "candidate",
    )


async def save_fields(request: web.Request) -> web.StreamResponse:
    """One field was left: keep it as typed and answer with every verdict it may have changed."""
    who, peers = require(request, "anonymous", "candidate"), request.app[PEERS]
    values, programme = await typed(request), await peers.programme(who.programme)
    known = {field["id"]: values[field["id"]] for field in programme["fields"] if field["id"] in values}
    kept = {"programme": who.programme, "values": known}
    # Not asked for first: of all that a candidate does this is done most often.
    way = Journey(who, programme, await peers.registration.json("PATCH", "/applications", who.actor, body=kept))
    fields, materials = dependents.after(programme, values)
    return page(
        request,
        "candidate/form_changes.html",
        programme=programme,
        application=way.application,
        stage=way.of_type("form"),
        options=await choices.options(request, way) if any(field.get("parent") for field in fields) else {},
        fields=fields,
        materials=materials,
    )


def _fields_of(way: Journey, values: dict[str, str]) -> dict[str, str]:
    """What was typed into the form's open fields."""
    known = {field["id"] for field in way.programme["fields"]} - set(way.application["locked_fields"])
    return {name: text for name, text in values.items() if name in known}


async def post_form(request: web.Request) -> web.StreamResponse:
    """The form as one request, with or without JavaScript: keep everything, then do what the button says."""
    way = await journey(request)
    if way.application["state"] in {"approved", "withdrawn"}:
        raise DomainError("application.locked", Kind.CONFLICT)
    form = form_of(request)
    values = await typed(request)
    kept = way.application["values"]
    # With scripts each field was kept as it was left: nothing is new then.
    if new := {name: text for name, text in _fields_of(way, values).items() if text != kept.get(name, "")}:
        way = replace(way, application=await ask(request, way, "PATCH", "/fields", {"values": new}))
    wrong: list[Fault] = []
    for name, file in form.items():
        if isinstance(file, web.FileField) and name.startswith("picture-") and file.filename:
            way = await _attach(request, way, name.removeprefix("picture-"), file, wrong)
    if wrong:
        return await form_page(request, way, wrong, status=400)
    if values.get("action") == "roll":
        return redirect(f"{way.form_path}?roll=1#roll")
    if values.get("action") != "submit":
        return redirect(f"{way.form_path}?done=saved")
    if way.application["registered_at"]:
        # What was typed is kept already.
        if way.application["state"] in {"draft", "returned"}:
            return redirect("/answers")
        return redirect(way.subjects_path if way.subjects_due else "/mine?done=saved")
    return await _submit(request, way, values)


async def _attach(request: web.Request, way: Journey, kind: str, file: web.FileField, wrong: list[Fault]) -> Journey:
    try:
        return replace(way, application=await pictures.attach(request, way, kind, file.file.read()))
    except DomainError as error:
        wrong += [Fault(f"picture-{kind}", one.text) for one in faults(error)]
    return way


async def _submit(request: web.Request, way: Journey, values: dict[str, str]) -> web.StreamResponse:
    if way.who.kind == "anonymous":
        return await _submit_first(request, way, values)
    try:
        return await _onward(request, way)
    except DomainError as error:
        if error.kind is Kind.UNAVAILABLE:
            raise
        return await form_page(request, way, faults(error), status=400)


async def _onward(request: web.Request, way: Journey) -> web.Response:
    """Registered, and on to the subjects. Where there are none registering submits: everything is shown before."""
    if not way.of_type("subjects"):
        return redirect("/answers")
    return onward(await ask(request, way, "POST", "/register"))


async def _submit_first(request: web.Request, way: Journey, values: dict[str, str]) -> web.StreamResponse:
    """Without an account yet: it is made once nothing is missing, and the application registered in its name."""
    wrong = faults_of(way.application["missing"]) + _secret_faults(values)
    try:
        if not wrong:
            way, token = await _open_account(request, way, values)
    except DomainError as error:
        if error.kind is Kind.UNAVAILABLE:
            raise
        wrong = faults(error)
    if wrong:
        return await form_page(request, way, wrong, status=400)
    try:
        response = await _onward(request, way)
    except DomainError:
        # The session is a new one: a page of the old one could not be sent again, and without the cookie nobody could.
        response = redirect(f"{way.form_path}?check=1")
    remember(response, token)
    return response


def _secret_faults(values: dict[str, str]) -> list[Fault]:
    found = []
    if not values.get("password"):
        found.append(fault(FieldError("/password", "field.missing")))
    elif values["password"] != values.get("password_again"):
        found.append(fault(FieldError("/password_again", "password.differs")))
    if not values.get("captcha_text"):
        found.append(fault(FieldError("/captcha_text", "captcha.required")))
    return found


async def _open_account(request: web.Request, way: Journey, values: dict[str, str]) -> tuple[Journey, str]:
    """Make the account just before registering: same person, new session."""
    typed_values = way.application["values"]
    body = {
        "token": way.who.token,
        "programme": way.who.programme,
        "password": values["password"],
        "captcha_id": values.get("captcha_id", ""),
        "captcha_text": values["captcha_text"],
        **{name: typed_values.get(name, "") for name in ("id_number", "name", "phone")},
        **client_of(request),
    }
    opened = await request.app[PEERS].identity.json("POST", "/accounts", way.who.actor, body=body)
    who = replace(of_view(opened["token"], opened), source=way.who.source)
    return Journey(who, way.programme, way.application), opened["token"]


async def check_password(request: web.Request) -> web.StreamResponse:
    """Whether the programme's policy takes the password just typed; nothing is kept."""
    way = await journey(request)
    values = await typed(request)
    verdicts: dict[str, dict[str, Any]] = {}
    if "password" in values:
        question = {"programme": way.who.programme, "value": values["password"]}
        question |= {name: way.application["values"].get(name, "") for name in ("id_number", "phone")}
        verdicts["password"] = await request.app[PEERS].identity.json(
            "POST", "/accounts/password-check", GATEWAY, body=question
        )
    if values.get("password_again"):
        same = values["password_again"] == values.get("password")
        verdicts["password_again"] = {"ok": same, "code": "" if same else "password.differs"}
    return page(request, "candidate/verdicts.html", verdicts=verdicts)


ROUTES = [
    web.post("/form", post_form),
    web.patch("/form/fields", save_fields),
    web.post("/form/password", check_password),
]
