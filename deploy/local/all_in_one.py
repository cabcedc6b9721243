"""Every service in one process: what `./baokao up` runs when nothing is configured."""

from __future__ import annotations

from importlib import import_module

from shared import runtime
from shared.settings import SERVICES

if __name__ == "__main__":
    runtime.main(*(import_module(f"services.{name}.main").service for name in SERVICES))
