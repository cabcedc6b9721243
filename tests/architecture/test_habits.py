"""Habits that reviews would otherwise have to look for."""

import ast
import re

from tests.architecture.source import sources
from tests.architecture.test_imports import domain_sources

LATER = re.compile(r"#\s*(TODO|FIXME|XXX|HACK)\b")
CLOCKS = {"now", "utcnow", "today"}
EXCUSES = {"skip", "skipif", "xfail", "importorskip"}


def test_domain_has_no_clock_and_no_async() -> None:
    broken = []
    for source in domain_sources():
        for node in ast.walk(source.tree):
            clock = isinstance(node, ast.Attribute) and node.attr in CLOCKS
            waits = isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncWith | ast.AsyncFor)
            if clock or waits:
                broken.append(f"{source.path}:{getattr(node, 'lineno', 0)}")
    assert broken == []


def test_one_place_reads_the_calendar() -> None:
    broken = [
        f"{source.path}:{node.lineno}"
        for source in sources()
        if source.path.startswith(("services/", "shared/")) and source.path != "shared/clock.py"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute) and node.attr in CLOCKS and ast.unparse(node.value) in ("datetime", "date")
    ]
    assert broken == [], "call shared.clock.utc_now, or be told the time"


def test_nothing_is_left_for_later() -> None:
    broken = [source.path for source in sources() if LATER.search(source.text)]
    assert broken == []


def test_services_log_and_never_print() -> None:
    broken = [
        f"{source.path}:{node.lineno}"
        for source in sources()
        if source.path.startswith(("services/", "shared/")) and not source.path.endswith("/cli.py")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert broken == []


def test_no_test_is_skipped() -> None:
    broken = [
        f"{source.path}:{node.lineno}"
        for source in sources()
        if source.path.startswith("tests/")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute) and node.attr in EXCUSES and _of_pytest(node)
    ]
    assert broken == []


def _of_pytest(node: ast.Attribute) -> bool:
    return ast.unparse(node).startswith("pytest.")
