"""Set-up: what is missing is named, pip's settings reach uv, and nothing is done twice."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from deploy import ROOT
from deploy.local.sms_secrets import make_sms_secrets
from deploy.setup import doctor, progress, shapes, system
from deploy.setup.doctor import Finding
from deploy.setup.environment import as_uv_settings, digest, variables
from deploy.setup.progress import StepFailed, step

RABBITMQ = system.Need("RabbitMQ", ("rabbitmq-server",), system.BROKER, lambda: False)
CHROMIUM = system.Need("Chromium", ("chromium",), system.BROWSER, lambda: False)
NODE = system.Need("Node.js with npm", ("nodejs", "npm"), system.ALWAYS, lambda: True)
NEEDS = (NODE, RABBITMQ, CHROMIUM)


def test_only_what_the_command_wants_is_missed() -> None:
    assert system.missing(["up"], NEEDS) == []
    assert system.missing(["up", "--full"], NEEDS) == [RABBITMQ]
    assert system.missing(["test"], NEEDS) == [RABBITMQ, CHROMIUM]


def test_without_root_the_missing_and_the_fix_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(SystemExit, match=r"Missing: Node.js with npm, Chromium(.|\n)*nodejs npm chromium"):
        system.install([NODE, CHROMIUM])


def test_pip_settings_become_those_of_uv() -> None:
    listed = (
        "global.index-url='https://a.example/simple'\n:env:.index-url='https://b.example/simple'\nglobal.timeout='9'"
    )
    several = "global.extra-index-url='\\nfile:///one\\nfile:///two'"
    assert as_uv_settings(listed) == {"UV_DEFAULT_INDEX": "https://b.example/simple"}
    assert as_uv_settings(several) == {"UV_INDEX": "file:///one file:///two"}


def test_compiled_modules_are_kept_also_where_none_may_lie_beside_the_sources() -> None:
    given = variables({"PYTHONDONTWRITEBYTECODE": "1", "HOME": "/home/a"})
    show = "import sys; print(sys.dont_write_bytecode, sys.pycache_prefix)"
    said = subprocess.run([sys.executable, "-c", show], env=given, check=True, capture_output=True, text=True).stdout
    assert said.split() == ["False", str(ROOT / ".venv" / "compiled")]
    assert given["HOME"] == "/home/a"


def test_a_stamp_changes_with_every_file(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    lock.write_text("one")
    first = digest([lock], "3.11")
    assert digest([lock], "3.11") == first
    assert digest([lock], "3.12") != first
    lock.write_text("two")
    assert digest([lock], "3.11") != first


def test_a_failed_step_tells_the_command_and_its_last_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "LOG", tmp_path / "log" / "setup.log")
    step("Works", ["true"])
    assert "✓ Works (0 s)" in capsys.readouterr().err
    with pytest.raises(StepFailed, match=r"✗ Breaks failed: sh -c(.|\n)*no space left"):
        step("Breaks", ["sh", "-c", "echo no space left; exit 1"])


def test_doctor_names_the_missing_and_the_fix(capsys: pytest.CaptureFixture[str]) -> None:
    fonts = Finding(False, "Chinese fonts", "apt-get install fonts-noto-cjk")
    assert doctor.report([fonts, Finding(True, "Disk"), Finding(False, "Chromium", "…", needed=False)]) == 1
    said = capsys.readouterr().out
    assert "✗ Chinese fonts\n    fix: apt-get install fonts-noto-cjk" in said
    assert said.endswith("1 missing\n")


def test_doctor_is_content_when_only_the_optional_is_missing() -> None:
    assert doctor.report([Finding(True, "Disk"), Finding(False, "Chromium", "…", needed=False)]) == 0


def test_shapes_are_drawn_again_when_their_rules_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = tmp_path / "draw.py"
    rules.write_text("one")
    monkeypatch.setattr(shapes, "STAMP", tmp_path / "shapes.stamp")
    monkeypatch.setattr(shapes, "SOURCES", (rules,))
    monkeypatch.setattr(shapes, "PYTHON", Path("/bin/true"))
    assert not shapes.current()
    shapes.install()
    assert shapes.current()
    rules.write_text("two")
    assert not shapes.current()


def test_doctor_looks_at_every_system_package() -> None:
    names = " ".join(finding.name for finding in doctor.findings())
    assert all(need.name in names for need in system.NEEDS)


def test_doctor_finds_a_secret_that_others_can_read(tmp_path: Path) -> None:
    (tmp_path / "field_keys.json").touch(mode=0o600)
    key = tmp_path / "service.key"
    key.touch()
    key.chmod(0o644)
    first, second = doctor.secrets(tmp_path)
    assert first.ok
    assert not second.ok
    assert second.fix == f"chmod 600 {key}"


def test_doctor_names_the_texts_that_a_provider_has_no_number_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make_sms_secrets(tmp_path)
    file = folder / "tencent.json"
    account = json.loads(file.read_text())
    del account["templates"]["wechat_unbound"]
    file.write_text(json.dumps(account))
    assert doctor.report(doctor.texts(folder)) == 0, "the other messages go"
    said = capsys.readouterr().out
    assert "✓ Every text of a message has its number in aliyun.json" in said
    lacking = (
        "– Every text of a message has its number in tencent.json\n    fix: have the provider approve wechat_unbound"
    )
    assert lacking in said and str(file) in said
    assert list(doctor.texts(tmp_path / "none")) == []


def test_the_launcher_names_the_python_it_needs(tmp_path: Path) -> None:
    for name in ("sh", "id", "readlink", "dirname"):
        (tmp_path / name).symlink_to(f"/usr/bin/{name}")
    (tmp_path / "id").unlink()
    (tmp_path / "id").write_text("#!/bin/sh\necho 1000\n")
    (tmp_path / "id").chmod(0o755)
    script = (ROOT / "baokao").read_text().replace("/usr/bin/python3.11", "")
    copy = tmp_path / "baokao"
    copy.write_text(script)
    refused = subprocess.run(["/bin/sh", str(copy), "up"], env={"PATH": str(tmp_path)}, capture_output=True, text=True)
    assert refused.returncode == 1
    assert "Missing: Python 3.11" in refused.stderr


def test_entry_points_are_executable() -> None:
    for name in ("baokao", ".ci/run"):
        assert (ROOT / name).stat().st_mode & stat.S_IXUSR
