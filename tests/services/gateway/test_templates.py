"""Pieces that pages are made of, drawn by themselves."""

from __future__ import annotations

from typing import Any

import pytest
from jinja2 import Environment

from services.gateway import locales
from services.gateway.forms import Fault
from services.gateway.rendering import compile_all, environment
from services.gateway.settings import Settings

MATERIAL = {"id": "portrait", "picture": "portrait", "title": {"zh": "照片", "en": "Photo"}}


@pytest.fixture
def views() -> Environment:
    locales.use("zh-CN")
    return environment(Settings(), demo=True)


def seen(rule: str, *, ok: bool, picture: str = "portrait", region: list[float] | None = None) -> dict[str, Any]:
    return {"rule": rule, "ok": ok, "picture": picture, "region": region, "message": "", "value": None}


def drawn(views: Environment, source: str, **context: Any) -> str:
    return views.from_string(source).render(cspNonce="n", csrf="c", **context)


def test_what_failed_is_framed_on_the_picture_it_is_about(views: Environment) -> None:
    verdicts = [
        seen("background", ok=False, region=[0.1, 0.2, 0.3, 0.4]),
        seen("sharp", ok=True, region=[0.5, 0.5, 0.1, 0.1]),
        seen("card_sharp", ok=False, picture="card", region=[0.6, 0.6, 0.1, 0.1]),
    ]
    text = drawn(
        views,
        '{% import "components/pictures.html" as p with context %}{{ p.overlay(material, application) }}',
        material=MATERIAL,
        application={"identity": {"verdicts": verdicts}},
    )
    assert text.count("<rect") == 1
    assert 'x="10.0" y="20.0" width="30.0" height="40.0"' in text


def test_whose_face_it_is_is_framed_for_staff_alone(views: Environment) -> None:
    identity = {"verdicts": [seen("same_person", ok=False, region=[0.1, 0.2, 0.3, 0.4])]}
    macro = (
        '{% import "components/pictures.html" as p with context %}{{ p.overlay(material, application, staff=staff) }}'
    )
    frames = [
        drawn(views, macro, material=MATERIAL, application={"identity": identity}, staff=staff).count("<rect")
        for staff in (False, True)
    ]
    assert frames == [0, 1]


def test_two_unclear_fields_are_framed_each_and_told_once(views: Environment) -> None:
    unclear = [seen("card_legible", ok=False, picture="card", region=[at, 0.2, 0.1, 0.1]) for at in (0.1, 0.5)]
    card = {"id": "id_card", "picture": "card", "title": {"zh": "身份证", "en": "ID card"}}
    file = {
        "id": "7", "version": 1, "state": "submitted", "subjects": [], "subject_options": [], "verdicts": {},
        "identity": {"status": "read", "verdicts": unclear, "reasons": []},
        "attachments": {"id_card": {"upload_id": "9", "url_grant": "g", "width": 400, "height": 300}},
    }  # fmt: skip
    programme = {"materials": [card], "fields": []}
    text = drawn(views, '{% include "staff/file_seen.html" %}', programme=programme, file=file, rows=[])
    assert (text.count("<rect"), text.count("身份证上的字都看清了")) == (2, 1)
    text = drawn(views, '{% include "candidate/checks.html" %}', application=file)
    assert text.count("身份证上的字都看清了") == 1


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("requested", "正在检测照片"),
        ("matched", "1:1 比对，未做活体检测"),
        ("needs_review", "需要老师人工核对，不影响您继续报名"),
        ("unreadable", "请按提示重拍"),
        ("refused", "请上传本人的照片"),
        ("read", "请上传本人照片"),
    ],
)
def test_each_state_of_the_check_says_what_follows(views: Environment, status: str, words: str) -> None:
    identity = {"status": status, "verdicts": [], "reasons": [], "may_ask_person": False}
    text = drawn(views, '{% include "candidate/checks.html" %}', application={"identity": identity})
    assert words in text
    assert "请老师人工审核" not in text


def test_a_person_is_offered_when_the_service_says_so(views: Environment) -> None:
    identity = {"status": "unreadable", "verdicts": [], "reasons": ["vision.card.glare"], "may_ask_person": True}
    text = drawn(views, '{% include "candidate/checks.html" %}', application={"identity": identity})
    assert "请老师人工审核" in text
    assert "反光" in text


def test_stages_are_told_in_words_and_not_by_colour_alone(views: Environment) -> None:
    states = ["done", "needs_change", "current", "todo"]
    stages = [{"id": state, "title": {"zh": "步骤", "en": "Step"}, "state": state} for state in states]
    text = drawn(views, '{% import "components/ui.html" as ui with context %}{{ ui.stage_bar(stages) }}', stages=stages)
    for word in ("已通过", "需修改", "进行中", "未完成"):
        assert word in text
    assert text.count("<svg") == len(states)


def test_an_error_is_said_with_the_name_of_its_field_and_leads_to_it(views: Environment) -> None:
    text = drawn(
        views,
        '{% import "components/ui.html" as ui with context %}{{ ui.error_summary(errors, titles) }}',
        errors=[Fault("name", "请填写这一栏。"), Fault("", "请再试一次。")],
        titles={"name": {"zh": "姓名", "en": "Name"}},
    )
    assert 'href="#name">姓名：请填写这一栏。' in text
    assert "请再试一次。" in text


def test_text_of_people_is_never_markup(views: Environment) -> None:
    field: dict[str, Any] = {
        "id": "name",
        "kind": "text",
        "title": {"zh": "姓名", "en": "Name"},
        "hint": None,
        "required": True,
    }
    field |= {"fixed": False, "derived_from": None, "longest": 30, "options": [], "parent": None}
    application = {
        "values": {"name": '"><script>alert(1)</script>'},
        "verdicts": {},
        "asked_fields": ["name"],
        "asked_materials": [],
        "locked_fields": [],
    }
    text = drawn(
        views,
        '{% import "components/fields.html" as f with context %}{{ f.group(field, application) }}',
        field=field,
        application=application,
    )
    assert "<script" not in text
    assert "&lt;script" in text


def test_every_page_can_be_compiled_and_is_so_before_the_first_visitor(views: Environment) -> None:
    compile_all(views)
    assert views.cache is not None
    assert {name for name in views.list_templates(extensions=["html"])} <= {name for _, name in views.cache}
