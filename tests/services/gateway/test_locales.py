"""Texts: complete in both languages, for every page and for every code that a service can answer."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract_python
from jinja2.ext import babel_extract

from services.gateway import locales
from services.gateway.staff.audit import ACTIONS

ROOT = Path(__file__).parents[3]
GATEWAY = ROOT / "services" / "gateway"
JINJA = {"extensions": "jinja2.ext.do", "trim_blocks": "true", "lstrip_blocks": "true"}
REFUSALS = {"DomainError": 0, "FieldError": 1, "RowError": 1, "Verdict": 1, "refused": 0, "fault": 0}
# Where what tells the log is given the action.
TELLERS = {"recorded": 1, "entry": 2, "judged": 2, "_told": 1}
RULES = re.compile(r"(password|id_number|phone|name|field|region|school|roll|subject)\.[a-z_0-9]+")
RETAKES = re.compile(r"vision\.(card|picture|portrait|face)\.[a-z_]+|card\.[a-z_]+")


def texts() -> set[str]:
    """Every msgid of the templates and of the Python files."""
    found: set[object] = set()
    for template in GATEWAY.rglob("templates/**/*.html"):
        with template.open("rb") as file:
            found |= {message for _, _, message, _ in babel_extract(file, ("_", "gettext"), [], JINJA)}
    for module in GATEWAY.glob("*.py"):
        with module.open("rb") as file:
            found |= {message for _, _, message, _ in extract_python(file, {"text": None}, (), {})}
    return {message for message in found if isinstance(message, str)}


def families() -> set[str]:
    """The families of codes that pages ask for."""
    sources = [*GATEWAY.rglob("templates/**/*.html"), *GATEWAY.glob("*.py")]
    return {name for path in sources for name in re.findall(r'by_code\(\s*"(\w+)"', path.read_text())}


def constants(*folders: str) -> Iterator[tuple[ast.AST, str]]:
    """Every text constant of the Python files in these folders, with the call it is an argument of, if any."""
    for folder in folders:
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node, node.value


def refusals() -> set[str]:
    """Every code given literally to something that refuses, in all services and in shared."""
    found = set()
    for folder in ("services", "shared"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                found |= set(_code(node))
    return found


def _code(node: ast.AST) -> Iterator[str]:
    if not isinstance(node, ast.Call):
        return
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    first = node.args[0] if node.args else None
    if name == "NotFound" and isinstance(first, ast.Constant) and isinstance(first.value, str):
        yield f"{first.value}.not_found"
    place = REFUSALS.get(name)
    if place is not None and len(node.args) > place:
        given = node.args[place]
        if isinstance(given, ast.Constant) and isinstance(given.value, str) and "." in given.value:
            yield given.value


@pytest.mark.parametrize("message", sorted(texts()))
def test_every_text_has_its_english(message: str) -> None:
    translated = locales.CATALOGUES["en"].get(message, "")
    assert translated
    assert set(re.findall(r"%\((\w+)\)s", message)) == set(re.findall(r"%\((\w+)\)s", translated))
    assert not re.search(r"[\u4e00-\u9fff]", translated)


def test_both_catalogues_word_the_same_codes_with_the_same_placeholders() -> None:
    chinese, english = locales.CATALOGUES["zh-CN"], locales.CATALOGUES["en"]
    assert set(chinese) <= set(english)
    for code, sentence in chinese.items():
        assert placeholders(sentence) == placeholders(english[code]), code


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


@pytest.mark.parametrize("family", sorted(families()))
def test_every_family_has_a_sentence_for_codes_nobody_worded(family: str) -> None:
    assert f"{family}.other" in locales.CATALOGUES["zh-CN"]


@pytest.mark.parametrize("code", sorted(refusals()))
def test_every_refusal_of_the_services_has_a_sentence(code: str) -> None:
    assert f"errors.{code}" in locales.CATALOGUES["zh-CN"]


@pytest.mark.parametrize("code", sorted({t for _, t in constants("shared/programme") if RULES.fullmatch(t)}))
def test_every_rule_of_a_programme_has_a_sentence(code: str) -> None:
    assert f"errors.{code}" in locales.CATALOGUES["zh-CN"]


@pytest.mark.parametrize("code", sorted({t for _, t in constants("services/vision") if RETAKES.fullmatch(t)}))
def test_every_reason_to_take_a_picture_again_has_a_sentence(code: str) -> None:
    assert f"retake.{code}" in locales.CATALOGUES["zh-CN"]


def actions() -> set[str]:
    """Every action given literally to what tells the log, in all services."""
    found: set[str] = set()
    for path in (ROOT / "services").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            place = (
                TELLERS.get(node.func.id, 99) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else 99
            )
            given = [*node.args[place : place + 1]] if isinstance(node, ast.Call) else []
            found |= {each.value for each in given if isinstance(each, ast.Constant) and isinstance(each.value, str)}
    return found


def test_the_log_is_filtered_by_everything_that_is_told_and_has_words_for_it() -> None:
    worded = {code.removeprefix("action.") for code in locales.CATALOGUES["zh-CN"] if code.startswith("action.")}
    assert len(ACTIONS) == len(set(ACTIONS))
    assert worded - {"other"} == set(ACTIONS)
    assert actions() <= set(ACTIONS)


@pytest.mark.parametrize("status", ["none", "requested", "read", "unreadable", "needs_review", "matched", "confirmed"])
def test_every_identity_status_has_a_word(status: str) -> None:
    assert f"identity.{status}" in locales.CATALOGUES["zh-CN"]


def test_a_code_is_said_in_the_language_of_the_request() -> None:
    locales.use("en")
    assert locales.by_code("errors", "login.locked_time", {"seconds": 61}).endswith("in 2 minutes.")
    locales.use("zh-CN")
    assert "2 分钟" in locales.by_code("errors", "login.locked_time", {"seconds": 61})


def test_an_unknown_code_is_named_and_an_unfilled_place_stays_readable() -> None:
    locales.use("zh-CN")
    assert "new.code" in locales.by_code("errors", "new.code")
    assert "…" in locales.by_code("errors", "upload.bytes")


def test_an_unknown_language_is_the_default() -> None:
    locales.use("tlh")
    assert locales.language() == "zh-CN"


def test_a_programme_text_is_chosen_by_language() -> None:
    locales.use("en")
    assert locales.chosen({"zh": "数学", "en": "Mathematics"}) == "Mathematics"
    locales.use("zh-CN")
    assert locales.chosen({"zh": "数学", "en": "Mathematics"}) == "数学"
