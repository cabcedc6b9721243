"""System packages: what is needed, whether it is there, and how it gets there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from ctypes.util import find_library
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from deploy.setup.progress import step

ALWAYS = frozenset({"always"})
BROKER = frozenset({"--full", "test", "bench"})
BROWSER = frozenset({"test"})


@dataclass(frozen=True)
class Need:
    """Something of the system: its name for people, its Debian packages, and the commands that want it."""

    name: str
    packages: tuple[str, ...]
    wanted_by: frozenset[str]
    present: Callable[[], bool]


def _program(*names: str) -> Callable[[], bool]:
    return lambda: any(shutil.which(name) for name in names)


def _file(path: str) -> Callable[[], bool]:
    return lambda: Path(path).exists()


def _fonts(*names: str) -> Callable[[], bool]:
    return lambda: all(Path("/usr/share/fonts", name).exists() for name in names)


def _libraries(*names: str) -> Callable[[], bool]:
    return lambda: all(find_library(name) for name in names)


NEEDS = (
    Need("Python's venv module", ("python3-venv",), ALWAYS, lambda: find_spec("ensurepip") is not None),
    Need("Node.js with npm", ("nodejs", "npm"), ALWAYS, _program("npm")),
    Need("Chinese fonts", ("fonts-noto-cjk",), ALWAYS, _fonts("opentype/noto/NotoSansCJK-Regular.ttc")),
    Need(
        "Fonts that doubted signs are compared with",
        ("fonts-wqy-zenhei", "fonts-hanazono"),
        ALWAYS,
        _fonts("truetype/wqy/wqy-zenhei.ttc", "truetype/hanazono/HanaMinA.ttf"),
    ),
    Need(
        "Fonts of the specimen cards' numbers",
        ("fonts-liberation", "fonts-dejavu-core"),
        ALWAYS,
        _fonts("truetype/liberation/LiberationMono-Bold.ttf", "truetype/dejavu/DejaVuSansMono.ttf"),
    ),
    Need(
        "Fonts of the second hand's specimen cards",
        ("fonts-wqy-microhei", "fonts-arphic-gkai00mp", "fonts-arphic-gbsn00lp", "fonts-ocr-b"),
        frozenset({"test", "bench"}),
        _fonts("truetype/wqy/wqy-microhei.ttc", "truetype/arphic-gkai00mp/gkai00mp.ttf", "opentype/ocr-b/OCRB.otf"),
    ),
    Need("Graphics libraries of OpenCV", ("libgl1", "libglib2.0-0"), ALWAYS, _libraries("GL", "gthread-2.0")),
    Need("RabbitMQ", ("rabbitmq-server",), BROKER, _file("/usr/lib/rabbitmq/bin/rabbitmq-server")),
    Need("Chromium without windows", ("chromium-headless-shell",), BROWSER, _program("chromium-headless-shell")),
)


def missing(arguments: Sequence[str], needs: Sequence[Need] = NEEDS) -> list[Need]:
    """What this command line needs and the machine lacks."""
    words = {"always", *arguments}
    return [need for need in needs if words & need.wanted_by and not need.present()]


def install(needs: Sequence[Need]) -> None:
    """Install what is missing with apt as root on Debian; elsewhere end with what to do."""
    if not needs:
        return
    packages = [package for need in needs for package in need.packages]
    if not can_install():
        names = ", ".join(need.name for need in needs)
        raise SystemExit(f"✗ Missing: {names}.\n  Fix: {fix(packages)}\n  Then run the same command again.")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    step("List of system packages", ["apt-get", "update", "-q"], quiet)
    step(
        f"System packages: {' '.join(packages)}",
        ["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages],
        quiet,
    )


def can_install() -> bool:
    """Whether apt may be run here."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def fix(packages: Sequence[str]) -> str:
    """The command a person runs to get these packages."""
    if shutil.which("apt-get"):
        return f"sudo apt-get install {' '.join(packages)}"
    return f"install what Debian calls {' '.join(packages)} with your system's package manager"
