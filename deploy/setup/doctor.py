"""`./baokao doctor`: what is missing on this machine, and the fix."""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from deploy import ROOT
from deploy.local.sms_secrets import TEMPLATES
from deploy.setup import browser, environment, shapes, system

DISK_GB = 4
MEMORY_GB = 4
PORTS = 8


@dataclass(frozen=True)
class Finding:
    """One line of the report. `needed` tells what fails; without it baokao still runs."""

    ok: bool
    name: str
    fix: str = ""
    needed: bool = True


def findings() -> Iterator[Finding]:
    """Everything that is looked at, in the order in which it would be missed."""
    for need in system.NEEDS:
        wanted_by = "" if need.wanted_by == system.ALWAYS else f" (for {', '.join(sorted(need.wanted_by))})"
        fix = system.fix(need.packages)
        yield Finding(need.present(), need.name + wanted_by, fix, need.wanted_by == system.ALWAYS)
    yield Finding(environment.current(), "Python packages as locked", "./baokao up installs them")
    yield Finding(shapes.current(), "Shapes of signs as drawn by these rules", "./baokao up draws them")
    yield Finding(browser.current(), "Browser files as locked", "./baokao up fetches them")
    yield _disk()
    yield _memory()
    yield _processor()
    data = Path(os.environ.get("BAOKAO_DATA", ROOT / "var"))
    folder = Path(os.environ.get("BAOKAO_SECRETS", data / "secrets"))
    yield from secrets(folder)
    yield from texts(folder / "sms")
    yield from _ports()


def report(findings: Iterable[Finding]) -> int:
    """Print the findings; 1 when something needed is missing."""
    found = list(findings)
    for finding in found:
        mark = "✓" if finding.ok else "✗" if finding.needed else "–"
        print(f"{mark} {finding.name}" + ("" if finding.ok else f"\n    fix: {finding.fix}"))
    lacking = [finding for finding in found if finding.needed and not finding.ok]
    print(f"\n{len(lacking)} missing" if lacking else "\nEverything needed is here.")
    return 1 if lacking else 0


def _disk() -> Finding:
    free = shutil.disk_usage(ROOT).free / 1e9
    return Finding(free >= DISK_GB, f"Disk: {free:.0f} GB free", f"free at least {DISK_GB} GB")


def _memory() -> Finding:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    fix = f"{MEMORY_GB} GB or more are needed with the vision service"
    return Finding(total >= MEMORY_GB, f"Memory: {total:.0f} GB", fix)


def _processor() -> Finding:
    flags = Path("/proc/cpuinfo")
    fast = flags.exists() and " avx2" in flags.read_text()
    return Finding(fast, "Processor with AVX2", "without it, pictures are read several times slower", needed=False)


def secrets(folder: Path) -> Iterator[Finding]:
    """Whether each secret is its owner's alone."""
    for file in sorted(folder.glob("*")):
        private = file.stat().st_mode & 0o077 == 0
        yield Finding(private, f"Secret {file.name} is readable by its owner only", f"chmod 600 {file}")


def texts(folder: Path) -> Iterator[Finding]:
    """Whether every text that is sent has a number at each provider; messages without one are not sent by it."""
    for file in sorted(folder.glob("*.json")):
        missing = ", ".join(name for name in TEMPLATES if name not in json.loads(file.read_text()).get("templates", {}))
        fix = (
            f"have the provider approve {missing} (services/notify/templates.py) and write the numbers into "
            f"`templates` of {file}; in a demo, remove {folder} and start again: it is made anew"
        )
        yield Finding(not missing, f"Every text of a message has its number in {file.name}", fix, needed=False)


def _ports() -> Iterator[Finding]:
    first = int(os.environ.get("BAOKAO_PORT", "8080"))
    for port in range(first, first + PORTS):
        with socket.socket() as probe:
            free = probe.connect_ex(("127.0.0.1", port)) != 0
        if not free:
            fix = "fine when baokao is up (./baokao status); else choose others: BAOKAO_PORT=9080 ./baokao up"
            yield Finding(free, f"Port {port} is free", fix, needed=False)
