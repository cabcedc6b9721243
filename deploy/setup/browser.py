"""What the pages load in the browser: from npm by lock file, built files copied beside our own."""

from __future__ import annotations

from deploy import ROOT
from deploy.setup.environment import digest
from deploy.setup.progress import step

VENDOR = ROOT / "services" / "gateway" / "static" / "vendor"
STAMP = VENDOR / ".stamp"
SOURCES = (ROOT / "package.json", ROOT / "package-lock.json")


def current() -> bool:
    """Whether the files were copied from these locks."""
    return STAMP.exists() and STAMP.read_text() == digest(SOURCES)


def install() -> None:
    """Fetch and copy, when the lock has changed."""
    if current():
        return
    quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier")
    step("Browser files", ["npm", "ci", *quiet])
    step("Browser files in place", ["npm", "run", "vendor"])
    STAMP.write_text(digest(SOURCES))
