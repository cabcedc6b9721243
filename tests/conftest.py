"""Fixtures for every test."""

import os

from tests.support.servers import amqp_url, mongo_url

# Tests that start the product want it empty and its vision service idle; what fills the demo has a test of its own.
os.environ.setdefault("BAOKAO_DEMO__PEOPLE", "false")

__all__ = ["amqp_url", "mongo_url"]
