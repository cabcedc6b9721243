"""The virtual environment: every package from the hashed lock, again only when the lock changes."""

from __future__ import annotations

import ast
import hashlib
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from deploy import ROOT
from deploy.setup.progress import StepFailed, say, step

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "baokao.stamp"
INSTALLER_LOCK = ROOT / "requirements" / "uv.txt"
LOCK = ROOT / "requirements" / "all.txt"

# pip's setting → uv's variable, so that whoever has set pip up for a mirror has set up uv too.
UV_NAMES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "cert": "SSL_CERT_FILE",
    "trusted-host": "UV_INSECURE_HOST",
}


def digest(files: Iterable[Path], *more: str) -> str:
    """SHA-256 over files and texts: what a stamp is compared with."""
    sums = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]
    return hashlib.sha256("\n".join([*sums, *more]).encode()).hexdigest()


def current() -> bool:
    """Whether the environment was made from these locks by this Python."""
    return STAMP.exists() and STAMP.read_text() == _wanted() and PYTHON.exists()


def install() -> None:
    """Make or renew the environment."""
    if current():
        return
    if not PYTHON.exists():
        step("Python environment", [sys.executable, "-m", "venv", "--clear", str(VENV)])
    hashed = ("install", "--no-deps", "--require-hashes", "-r")
    pip = [str(PYTHON), "-m", "pip", *hashed]
    step("Package installer", [*pip, str(INSTALLER_LOCK)])
    try:
        uv = [str(PYTHON), "-m", "uv", "pip", *hashed, str(LOCK), "--python", str(PYTHON)]
        step("Python packages (half a minute, 1.1 GB)", uv, index_settings())
    except StepFailed as failure:
        say(f"{failure}\n  Trying again with pip, which takes longer.")
        step("Python packages (two minutes, 1.1 GB)", [*pip, str(LOCK)])
    STAMP.write_text(_wanted())


def variables(given: Mapping[str, str]) -> dict[str, str]:
    """What every process of the project starts with. Compiled modules are kept inside the environment, also where
    caches in source trees are not wanted: a service that compiles all it imports takes twice as long to start."""
    wanted = {name: value for name, value in given.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**wanted, "PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": str(VENV / "compiled")}


def index_settings() -> dict[str, str]:
    """pip's configuration in uv's variables; hashes make every index equally safe."""
    command = [str(PYTHON), "-m", "pip", "config", "list"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return {**as_uv_settings(listed), "UV_INDEX_STRATEGY": "unsafe-best-match"}


def as_uv_settings(listed: str) -> dict[str, str]:
    """Translate the lines of `pip config list`; a variable of the environment wins over a file."""
    settings: dict[str, str] = {}
    for line in sorted(listed.splitlines(), key=lambda text: text.startswith(":env:")):
        name, _, value = line.partition("=")
        key = name.rpartition(".")[2]
        if key in UV_NAMES:
            settings[UV_NAMES[key]] = " ".join(str(ast.literal_eval(value)).split())
    return settings


def _wanted() -> str:
    return digest([LOCK, INSTALLER_LOCK], sys.version)
