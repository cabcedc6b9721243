"""Fixtures for every test, and which tests share a process."""

import os

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from tests.support.servers import amqp_url, mongo_url

# Tests that start the product want it empty and its vision service idle; what fills the demo has a test of its own.
os.environ.setdefault("BAOKAO_DEMO__PEOPLE", "false")
# The suite keeps all cores busy, and on such a machine workers that yield come to nothing.
os.environ.setdefault("BAOKAO_VISION__YIELDS", "false")

__all__ = ["amqp_url", "mongo_url"]

JOURNEYS = "tests/e2e"


class ByFile(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
    """A file's tests share a process, and all journeys do: each process would start the product anew for them."""

    def _split_scope(self, nodeid: str) -> str:
        return JOURNEYS if nodeid.startswith(f"{JOURNEYS}/") else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile:
    """Whichever `--dist` was asked for."""
    return ByFile(config, log)
