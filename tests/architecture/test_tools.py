"""The linter and the type checker pass, and the locks are what set-up relies on."""

import json
import re
import subprocess
import sys

import pytest

from deploy import ROOT

ADDRESS = re.compile(r"\b(https?|file|git)\+?://|\bregistry\.")


def test_lint() -> None:
    command = [sys.executable, "-m", "ruff", "check", "-q", "."]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stdout + finished.stderr


def test_types() -> None:
    folders = ("services", "shared", "deploy", "bench", "tests")
    finished = subprocess.run([sys.executable, "-m", "mypy", *folders], cwd=ROOT, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stdout + finished.stderr


@pytest.mark.parametrize("name", ["all", "base", "uv", "vision"])
def test_python_locks_carry_hashes_and_no_addresses(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    pins = re.findall(r"^[a-z0-9][\w.-]*==[^ ]+(?: ; [^\\\n]+)? \\\n    --hash=sha256:[0-9a-f]{64}", text, re.MULTILINE)
    assert len(pins) == len(re.findall(r"^[a-z0-9]", text, re.MULTILINE)) > 0
    assert not ADDRESS.search(text)


def test_browser_lock_carries_hashes_and_no_addresses() -> None:
    text = (ROOT / "package-lock.json").read_text()
    packages = json.loads(text)["packages"]
    assert all("integrity" in package for name, package in packages.items() if name)
    assert not ADDRESS.search(text)


def test_what_browsers_load_is_used_by_some_page_and_nothing_else_is_installed() -> None:
    files = json.loads((ROOT / "package.json").read_text())
    copied = re.findall(r"\$m/((?:@[\w-]+/)?[\w.-]+)/\S*?([\w.-]+\.(?:js|css))", files["scripts"]["vendor"])
    assert {package for package, _ in copied} == set(files["dependencies"])
    gateway = ROOT / "services/gateway"
    sources = [*gateway.glob("templates/**/*.html"), *gateway.glob("static/*.js")]
    loaded = "".join(source.read_text() for source in sources)
    assert [name for _, name in copied if f"vendor/{name}" not in loaded] == []


def test_scripts_run_in_the_oldest_browser_there_is() -> None:
    """Chromium 86 (000.1) knows ES2020 and none of what came later; es-check looks for syntax and features."""
    command = ["node_modules/.bin/es-check", "es2020", "services/gateway/static/**/*.js", "--module", "--checkFeatures"]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stdout + finished.stderr
