"""Fill a demo whose services run elsewhere and print its accounts: `python -m deploy.local.demo`. May be run again."""

from __future__ import annotations

import sys

from rich.console import Console

from deploy.local.commands import overview
from deploy.local.demo.seed import seed
from shared.errors import DomainError
from shared.settings import Platform


def main() -> None:
    """Places, school roll, results, staff and issued accounts; candidates in every state need the tests' pictures."""
    platform = Platform()
    if platform.environment != "demo":
        sys.exit("a demo is filled, nothing else")
    try:
        seed(platform, mongo=bool(platform.mongo_url))
    except DomainError as failure:
        sys.exit(f"✗ The demo could not be filled: {failure.code}")
    overview.show(platform, Console(highlight=False))


if __name__ == "__main__":
    main()
