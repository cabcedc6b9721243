"""`./baokao bench chaos`: the fault tests of tests/chaos with more trials, kills and ids."""

from __future__ import annotations

import argparse
import os

import pytest


def main() -> None:
    """Run them; the exit code is pytest's."""
    arguments = argparse.ArgumentParser(prog="./baokao bench chaos", description=__doc__)
    arguments.add_argument("--times", type=int, default=10, help="how many times the usual number (default 10)")
    os.environ["BAOKAO_CHAOS"] = str(arguments.parse_args().times)
    raise SystemExit(pytest.main(["tests/chaos", "-p", "no:cacheprovider", "--timeout", "3600", "-v"]))


if __name__ == "__main__":
    main()
